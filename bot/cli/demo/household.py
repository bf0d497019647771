"""What the bot lives on during the demo: an environment, a settings file, a folder of its own."""

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PROXIES = ("http_proxy", "https_proxy", "all_proxy")


@dataclass(frozen=True, slots=True)
class Household:
    """`folder` is gone with all that is in it once the demo ends."""

    folder: Path
    environment: Mapping[str, str]
    settings: Path

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"


@contextmanager
def open_household(environment: Mapping[str, str], settings: str) -> Iterator[Household]:
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as name:
        folder = Path(name)
        file = folder / "ecr-clean.yml"
        file.write_text(settings)
        state = {"XDG_STATE_HOME": name, "ECR_CLEAN_CONFIG": str(file)}
        yield Household(folder, {"XDG_CACHE_HOME": name, **environment, **state}, file)


def nothing_of_this_machines() -> dict[str, str]:
    """The environment without anything that leads to an account, a workspace or a database, so
    that no call can leave the machine, and nothing of what is remembered here is read."""
    files = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return {**_without("AWS_", *PROXIES), **files}


def only_this_machines_aws() -> dict[str, str]:
    """The environment with what boto3 reads in it, and nothing of Slack's or a database's."""
    return _without()


def _without(*prefixes: str) -> dict[str, str]:
    ours = ("SLACK_", "DATABASE_URL", "ECR_CLEAN_", "XDG_STATE_HOME")
    leave = tuple(prefix.lower() for prefix in (*ours, *prefixes))
    return {name: value for name, value in os.environ.items() if not name.lower().startswith(leave)}
