"""A skip is told here and fails in CI."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SKIPPED = "import pytest\n\ndef test_it() -> None:\n    pytest.skip('install Chromium')\n"
SKIPPED_WHOLE = "import pytest\n\npytest.skip('install Chromium', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n\n@pytest.mark.xfail\ndef test_it() -> None:\n    assert False\n"


def pytest_on(text: str, folder: Path, ci: str) -> tuple[int, str]:
    file = folder / "test_it.py"
    file.write_text(text)
    command = [sys.executable, "-m", "pytest", "-rs", "-c", "/dev/null", "-p", "tests.no_skips"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", str(file)],
        cwd=ROOT,
        env={"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("text", [SKIPPED, SKIPPED_WHOLE])
def test_a_skip_fails_in_ci_and_says_what_to_install(text: str, tmp_path: Path) -> None:
    status, out = pytest_on(text, tmp_path, ci="true")
    assert status != 0
    assert "install Chromium" in out


def test_elsewhere_a_skip_is_a_skip(tmp_path: Path) -> None:
    status, out = pytest_on(SKIPPED, tmp_path, ci="")
    assert status == 0
    assert "install Chromium" in out


def test_an_expected_failure_is_no_skip(tmp_path: Path) -> None:
    assert pytest_on(EXPECTED_TO_FAIL, tmp_path, ci="true")[0] == 0
