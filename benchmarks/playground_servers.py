"""Runs the stand-ins of AWS, Kubernetes and Slack in separate processes."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.playground.kubernetes import ClusterAddress

MANIFEST = Path(__file__).parents[1] / "manifest.yml"


@contextmanager
def stand_in() -> Iterator[dict[str, str]]:
    """Yields the environment variables with which boto3 uses the stand-in."""
    with _running_stand_in("bot.playground.aws") as url:
        yield {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "eu-west-1",
            "AWS_DEFAULT_REGION": "eu-west-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }


@contextmanager
def cluster(name: str) -> Iterator[ClusterAddress]:
    with _running_stand_in("bot.playground.kubernetes", "--name", name) as address:
        yield ClusterAddress(**json.loads(address))


@contextmanager
def workspace() -> Iterator[dict[str, str]]:
    """Yields the environment variables with which the app uses the stand-in of Slack."""
    with _running_stand_in("bot.playground.slack", str(MANIFEST)) as environment:
        yield json.loads(environment)


@contextmanager
def _running_stand_in(*module: str) -> Iterator[str]:
    """Runs a stand-in until the end of the context. Yields the first line that it prints."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
