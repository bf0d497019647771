"""Signs of life of the processes of `serve`, for whoever watches over a container: files that are
touched again and again, in the folder that the environment names. Without one there are none."""

import time
from collections.abc import Iterator
from pathlib import Path

from bot.core.errors import RequestError, ServiceError
from bot.settings.environment import Environment

FRONT, WORKER = "serve", "worker"
"""`serve` itself, as long as Slack hears it if it is to; its worker, as long as it reads the store.
They beat every few seconds."""

MOST_SECONDS_OF_SILENCE = 60.0


def beat(process: str) -> None:
    """Raises ServiceError if the file cannot be touched."""
    folder = Environment().ecr_clean_heartbeat
    if folder is None:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / process).touch()
    except OSError as error:
        raise ServiceError(
            f"No sign of life can be left in {folder} ({error.strerror}): set ECR_CLEAN_HEARTBEAT "
            "to a folder that can be written, or leave it out"
        ) from error


def silent() -> Iterator[str]:
    """The processes that gave no sign of life lately. Raises RequestError if none ever do."""
    folder = Environment().ecr_clean_heartbeat
    if folder is None:
        raise RequestError(
            "ECR_CLEAN_HEARTBEAT is not set, so serve leaves no signs of life: set it to a folder, "
            "for serve as well as for this command"
        )
    return (each for each in (FRONT, WORKER) if not _beats(folder / each))


def _beats(file: Path) -> bool:
    try:
        return time.time() - file.stat().st_mtime <= MOST_SECONDS_OF_SILENCE
    except FileNotFoundError:
        return False
