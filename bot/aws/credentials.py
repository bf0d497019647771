"""Credentials that say in a sentence why there are none, and ask people and programs in bounds."""

import getpass
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Any

from botocore.credentials import (
    AssumeRoleProvider,
    CredentialResolver,
    Credentials,
    ProcessProvider,
    ReadOnlyCredentials,
)
from botocore.exceptions import RefreshWithMFAUnsupportedError
from botocore.session import Session

SECONDS_OF_PROCESS = 120.0
"""For a program that credential_process names: it may wait for somebody who logs in."""

_PROC = Path("/proc")


class ToldCredentials(Credentials):
    """Others' credentials, which may have to be read or renewed whenever somebody signs with
    them. May be used by several threads. `in_words` is around each reading."""

    def __init__(
        self, found: Credentials, in_words: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.method = found.method
        self._found = found
        self._in_words = in_words
        self._failure: Exception | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        with self._in_words():
            return self._read()

    def _read(self) -> ReadOnlyCredentials:
        """botocore asks for an MFA code once. If that was refused, it is what others are told."""
        try:
            read: ReadOnlyCredentials = self._found.get_frozen_credentials()
        except RefreshWithMFAUnsupportedError:
            if self._failure is None:
                raise
            raise self._failure from None
        except Exception as error:
            self._failure = error
            raise
        self._failure = None
        return read

    # botocore declares attributes, and has properties itself where credentials are renewed

    @property
    def access_key(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().access_key

    @property
    def secret_key(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().secret_key

    @property
    def token(self) -> Any:  # type: ignore[override]
        return self.get_frozen_credentials().token

    @property
    def account_id(self) -> Any:
        return self.get_frozen_credentials().account_id


def keep_in_bounds(
    chain: CredentialResolver, session: Session, ask_for_code: Callable[[str], str]
) -> None:
    """botocore's own chain: a program of `credential_process`, also that of a source profile, gets
    a limited time, and MFA codes come from `ask_for_code`, which gets the prompt."""
    roles: Any = chain.get_provider(AssumeRoleProvider.METHOD)
    roles._prompter = ask_for_code  # noqa: SLF001 - botocore takes neither from outside
    profiles = roles._profile_provider_builder  # noqa: SLF001
    profiles._create_process_provider = lambda profile: _process_provider(profile, session)  # noqa: SLF001
    own: Any = chain.get_provider(ProcessProvider.METHOD)
    own._popen = _BoundedProcess  # noqa: SLF001


def _process_provider(profile: str, session: Session) -> ProcessProvider:
    return ProcessProvider(profile, lambda: session.full_config, _BoundedProcess)


def read_code(prompt: str) -> str:
    """Of an MFA device, from the person at the terminal. Raises EOFError where nobody can answer:
    the worker of `serve` may have a terminal, but people in Slack would wait for it."""
    if multiprocessing.parent_process() is not None:
        raise EOFError
    return getpass.getpass(prompt)


class _BoundedProcess(subprocess.Popen[bytes]):
    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:  # noqa: A002 - Popen's own name
        """Raises TimeoutExpired once the program and all that it started are ended."""
        with self:  # closes its pipes
            try:
                return super().communicate(input, timeout or SECONDS_OF_PROCESS)
            except subprocess.TimeoutExpired:
                for pid in [self.pid, *_descendants(self.pid)]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                raise


def _descendants(pid: int) -> list[int]:
    """As far as Linux tells them: proc(5), /proc/PID/task/TID/children. A process group would be
    simpler, but could not ask anything at the terminal."""
    found: list[int] = []
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                found += [child, *_descendants(child)]
    return found
