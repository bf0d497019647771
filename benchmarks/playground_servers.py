"""The stand-ins in processes of their own, as a benchmark needs them."""

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
    """The environment that leads boto3 there."""
    with _told_by("bot.playground.aws") as url:
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
    with _told_by("bot.playground.kubernetes", "--name", name) as address:
        yield ClusterAddress(**json.loads(address))


@contextmanager
def workspace() -> Iterator[dict[str, str]]:
    """Slack's; the environment that leads the app there."""
    with _told_by("bot.playground.slack", str(MANIFEST)) as environment:
        yield json.loads(environment)


@contextmanager
def _told_by(*module: str) -> Iterator[str]:
    """The first line that a stand-in prints; it serves until the end of the context."""
    command = [sys.executable, "-m", *module]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()
