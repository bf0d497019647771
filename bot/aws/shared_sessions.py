"""The sessions of a process, each opened once.

Where credentials need an MFA code, whoever runs a command types one; and a role is assumed once for
all registries, Regions and threads that need it.
"""

import os
from pathlib import Path
from threading import RLock
from typing import Any

import boto3
from botocore.config import Config

from bot.aws.core_session import CoreSession
from bot.aws.errors import has_expired
from bot.aws.local_errors import boto3_files, settings_in_words
from bot.aws.sessions import Role, open_session
from bot.core.errors import ExpiredCredentialsError


class SharedSessions:
    """May be used by several threads.

    What is open is forgotten once AWS takes the credentials for expired, or boto3's variables or
    files have changed: a process that runs for months must see new keys. Credentials for which a
    person typed a code stay until they end: a Region that does not know them asks nobody again.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._settings: object = None
        self._own: CoreSession | None = None
        self._open: dict[tuple[Role | None, str | None], boto3.Session] = {}

    def get(self, role: Role | None, region: str | None) -> boto3.Session:
        """`region`: where the role is assumed, if it is not open yet. Raises RequestError."""
        with self._lock, settings_in_words():
            own = self._open_own()
            key = (role, region if _is_global(own) else None)
            if key not in self._open:
                self._open[key] = self._watched(open_session(role, region, own=own))
            return self._open[key]

    def open_anew(self, role: Role, region: str | None, config: Config) -> boto3.Session:
        """On the role, assumed with the shared credentials, and for one caller alone."""
        with self._lock:
            return self._watched(open_session(role, region, config, self._open_own()))

    def _open_own(self) -> CoreSession:
        settings = _settings()
        if self._own is None or settings != self._settings:
            self._forget()
            self._own, self._settings = CoreSession(), settings
        return self._own

    def _watched(self, session: boto3.Session) -> boto3.Session:
        session.events.register("after-call", self._forget_if_refused, unique_id="expired")
        session.events.register("after-call-error", self._forget_if_ended, unique_id="ended")
        return session

    def _forget_if_refused(self, parsed: dict[str, Any], **_: Any) -> None:
        if has_expired(parsed.get("Error", {}).get("Code", "")):
            with self._lock:
                self._open.clear()
                if self._own and not self._own.has_asked_for_code:
                    self._own = None

    def _forget_if_ended(self, exception: Exception, **_: Any) -> None:
        if isinstance(exception, ExpiredCredentialsError):
            self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._own = None
            self._open.clear()


def _is_global(own: CoreSession) -> bool:
    """Whether roles may be assumed at the global endpoint of STS. Its tokens may be invalid in
    Regions that are opted into; those of a Region's own endpoint are valid in all: IAM user guide,
    Manage AWS STS in an AWS Region."""
    return bool(own.get_config_variable("sts_regional_endpoints") == "legacy")


def _settings() -> object:
    """Equal as long as boto3 would find the same."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return variables, [_state(file) for file in boto3_files()]


def _state(file: Path) -> tuple[int, int, int] | None:
    """Changes with what stands in the file; None if there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
