"""`ecr-clean demo`: on any machine, whatever AWS settings it has."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

HABITS = [
    {},
    {"AWS_SESSION_TOKEN": "token", "AWS_ACCESS_KEY_ID": "ASIA", "AWS_SECRET_ACCESS_KEY": "secret"},
    {"AWS_PROFILE": "work"},
    {"AWS_ENDPOINT_URL_ECR": "http://127.0.0.1:1"},
    {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    {"HTTP_PROXY": "http://127.0.0.1:1", "http_proxy": "http://127.0.0.1:1"},
    {"ECR_CLEAN_CONFIG": "none.yml"},
]


@pytest.mark.parametrize("habits", HABITS, ids=lambda habits: next(iter(habits), "none"))
def test_it_plans_on_its_own_aws_alone(habits: dict[str, str], tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "AWS_MAX_ATTEMPTS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "bot", "demo"],
        cwd=tmp_path,
        env=environment | habits,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "may go, which frees" in done.stdout
    assert list(tmp_path.iterdir()) == [], "it must leave nothing behind"
