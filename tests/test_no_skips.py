"""A skipped test is reported, and fails in CI."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
SKIPPED = "import pytest\n\ndef test_it() -> None:\n    pytest.skip('install Chromium')\n"
SKIPPED_WHOLE = "import pytest\n\npytest.skip('install Chromium', allow_module_level=True)\n"
EXPECTED_TO_FAIL = "import pytest\n\n@pytest.mark.xfail\ndef test_it() -> None:\n    assert False\n"


def pytest_on(folder: Path, ci: str, **texts: str) -> tuple[int, str]:
    for name, text in texts.items():
        (folder / f"test_{name}.py").write_text(text)
    command = [sys.executable, "-m", "pytest", "-rA", "-c", "/dev/null", "-p", "tests.no_skips"]
    done = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--continue-on-collection-errors", str(folder)],
        cwd=ROOT,
        env={"CI": ci, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_a_skip_fails_in_ci_and_says_what_to_install(tmp_path: Path) -> None:
    """An expected failure is not a skip."""
    status, out = pytest_on(
        tmp_path, "true", one=SKIPPED, whole=SKIPPED_WHOLE, expected=EXPECTED_TO_FAIL
    )
    assert status != 0
    assert re.search("^FAILED .*test_one.py::test_it", out, re.MULTILINE)
    assert re.search("^ERROR .*test_whole.py", out, re.MULTILINE)
    assert re.search("^XFAIL .*test_expected.py::test_it", out, re.MULTILINE)
    assert out.count("skipped, which CI does not allow: ") >= 2
    assert out.count("install Chromium") >= 2


def test_without_ci_a_skipped_test_does_not_fail(tmp_path: Path) -> None:
    status, out = pytest_on(tmp_path, "", one=SKIPPED, expected=EXPECTED_TO_FAIL)
    assert status == 0
    assert re.search("^SKIPPED .*install Chromium", out, re.MULTILINE)
