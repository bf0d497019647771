"""AWS credentials: errors that name the fix, and limits for MFA prompts and external programs."""

import getpass
import multiprocessing
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from subprocess import TimeoutExpired
from typing import Any

from botocore.credentials import (
    AssumeRoleProvider,
    CredentialResolver,
    Credentials,
    ProcessProvider,
    ReadOnlyCredentials,
)
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    LoginError,
    LoginInsufficientPermissions,
    MissingDependencyException,
    ParamValidationError,
    ProfileNotFound,
    RefreshWithMFAUnsupportedError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import (
    ConnectionError as AwsConnectionError,
)
from botocore.parsers import ResponseParserError
from botocore.session import Session

from bot.aws.errors import setup_error, wrong_setting
from bot.core.errors import ExpiredCredentialsError, RequestError, ServiceError

PROCESS_TIMEOUT = 120.0
"""Time limit of a program that credential_process names. The program may wait for a user to log
in."""

_PROC = Path("/proc")

_FROM_SERVICES = (
    AwsConnectionError,
    ClientError,
    HTTPClientError,
    LookupError,
    ResponseParserError,
)
"""Errors of calls of STS or IAM Identity Center: refused, unanswered, or with an incomplete answer.
`explain_errors` adds the name of the call."""

_FILES = {
    "AWS_CONFIG_FILE": "~/.aws/config",
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
}
"""Environment variables that name boto3's files, and the default paths. botocore treats an
unreadable file as a missing one."""

_TOKEN_FILES = ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")

_CONTAINER, _PROCESS = "container-role", "custom-process"
"""Providers of credentials, as botocore names them."""


class CredentialsWithClearErrors(Credentials):
    """Wraps credentials, which botocore may read or renew at each signature. Every read runs inside
    `explain_errors`. Thread-safe."""

    def __init__(
        self, found: Credentials, explain_errors: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.method = found.method
        self._found = found
        self._explain_errors = explain_errors
        self._failure: Exception | None = None

    def get_frozen_credentials(self) -> ReadOnlyCredentials:
        with self._explain_errors():
            return self._read()

    def _read(self) -> ReadOnlyCredentials:
        """botocore asks for an MFA code only once. Later calls raise the error of the first."""
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

    # botocore declares attributes here, and uses properties for credentials that it renews

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


def limit_credential_chain(
    chain: CredentialResolver, session: Session, ask_for_code: Callable[[str], str]
) -> None:
    """Changes botocore's own chain. Programs of `credential_process` get a time limit, also those
    of source profiles. MFA codes come from `ask_for_code`, which receives the prompt."""
    roles: Any = chain.get_provider(AssumeRoleProvider.METHOD)
    roles._prompter = ask_for_code  # noqa: SLF001 - botocore has no parameter for it
    profiles = roles._profile_provider_builder  # noqa: SLF001
    profiles._create_process_provider = lambda profile: _process_provider(profile, session)  # noqa: SLF001
    own: Any = chain.get_provider(ProcessProvider.METHOD)
    own._popen = _ProcessWithTimeout  # noqa: SLF001


def _process_provider(profile: str, session: Session) -> ProcessProvider:
    return ProcessProvider(profile, lambda: session.full_config, _ProcessWithTimeout)


def read_code(prompt: str) -> str:
    """Asks for an MFA code at the terminal. Raises EOFError in a child process: the worker of
    `serve` may have a terminal, but a prompt would keep users in Slack waiting."""
    if multiprocessing.parent_process() is not None:
        raise EOFError
    return getpass.getpass(prompt)


class _ProcessWithTimeout(subprocess.Popen[bytes]):
    def communicate(self, input: Any = None, timeout: float | None = None) -> tuple[Any, Any]:  # noqa: A002 - Popen's own name
        """Kills the program and its child processes after the timeout, then raises
        TimeoutExpired."""
        with self:  # closes its pipes
            try:
                return super().communicate(input, timeout or PROCESS_TIMEOUT)
            except subprocess.TimeoutExpired:
                for pid in [self.pid, *_descendants(self.pid)]:
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                raise


def _descendants(pid: int) -> list[int]:
    """Reads child processes from Linux: proc(5), /proc/PID/task/TID/children. A process group would
    be simpler, but could not prompt at the terminal."""
    found: list[int] = []
    for listed in _PROC.glob(f"{pid}/task/*/children"):
        with suppress(OSError):
            for child in map(int, listed.read_text().split()):
                found += [child, *_descendants(child)]
    return found


@contextmanager
def explain_settings_errors() -> Iterator[None]:
    """Wraps code that creates sessions and clients, which only reads settings. Raises
    RequestError."""
    try:
        yield
    except _FROM_SERVICES:
        raise
    except ProfileNotFound as error:
        raise RequestError(wrong_setting(error) + _unreadable_file()) from error
    except BotoCoreError as error:
        raise RequestError(wrong_setting(error)) from error
    except (OSError, TypeError, ValueError) as error:
        raise RequestError(
            f"boto3 cannot use its own settings ({type(error).__name__}): check the AWS profile, "
            "and variables such as AWS_ENDPOINT_URL and AWS_MAX_ATTEMPTS"
        ) from None


@contextmanager
def explain_credential_errors(session: Session) -> Iterator[None]:
    """Wraps code that finds, reads or renews credentials. Raises RequestError for wrong settings
    and ServiceError for other failures. Errors of AWS services pass unchanged."""
    try:
        yield
    except (*_FROM_SERVICES, RequestError, ServiceError):
        raise
    except Exception as error:  # noqa: BLE001 - files and programs can raise any error
        raise _credentials_error(error, session) from None


def check_files_are_readable() -> None:
    """Raises ServiceError if this user may not read one of boto3's files."""
    if unreadable := _unreadable_file():
        raise ServiceError(f"No AWS credentials were found{unreadable}")


def boto3_files() -> Iterator[Path]:
    """Yields the paths of boto3's settings and credentials files, existing or not."""
    for variable, usual in _FILES.items():
        yield Path(os.environ.get(variable) or usual).expanduser()


def _unreadable_file() -> str:
    """Returns the end of a sentence that names an unreadable file; empty if there is none."""
    for file in boto3_files():
        try:
            file.open("rb").close()
        except FileNotFoundError:
            continue
        except OSError as error:
            return f"; {file} cannot be read ({error.strerror}): let this user read it"
    return ""


def _credentials_error(error: Exception, session: Session) -> RequestError | ServiceError:
    match error:
        case RefreshWithMFAUnsupportedError():
            return ExpiredCredentialsError(
                "The AWS session opened with an MFA code has expired: run the command again"
            )
        case MissingDependencyException():
            return RequestError(
                f"The AWS profile {_profile(session, 'login_session')} uses `login_session`, which "
                "needs another package: pip install 'botocore[crt]' where ecr-clean is installed"
            )
        case SSOError() | TokenRetrievalError():
            profile = _profile(session, "sso_account_id")
            return ServiceError(
                "There is no valid AWS SSO session: run `aws sso login --profile "
                f"{profile}`, and let ecr-clean read ~/.aws/sso/cache"
            )
        case LoginInsufficientPermissions():
            return ServiceError(
                "The AWS login session cannot be renewed: grant signin:CreateOAuth2Token to the "
                "IAM identity that logs in"
            )
        case LoginError():
            profile = _profile(session, "login_session")
            return ServiceError(
                f"There is no valid AWS login session: run `aws login --profile {profile}`"
            )
    return _source_error(error, session)


def _source_error(error: Exception, session: Session) -> RequestError | ServiceError:
    """Explains errors of the terminal, of a program, or of the container's credentials agent."""
    match error:
        case EOFError():
            return ServiceError(
                f"The AWS profile {_profile(session, 'mfa_serial')} needs an MFA code, and there "
                "is no terminal to enter it: use credentials without MFA, such as a role or "
                "`aws sso login`"
            )
        case TimeoutExpired(timeout=seconds):
            return ServiceError(
                f"{_program(session)} did not finish within {seconds:.0f} seconds and was stopped: "
                "run it in a terminal to see what it waits for"
            )
        case CredentialRetrievalError() if error.kwargs.get("provider") == _PROCESS:
            return ServiceError(f"{_program(session)} failed: run it in a terminal to see why")
        case CredentialRetrievalError() if error.kwargs.get("provider") == _CONTAINER:
            return ServiceError(
                "The container's credentials could not be read: check "
                "AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_CREDENTIALS_RELATIVE_URI, "
                "and that the agent at that address runs"
            )
    return setup_error(error) or _value_error(error, session)


def _value_error(error: Exception, session: Session) -> RequestError | ServiceError:
    """Explains credentials that are invalid or unreadable."""
    match error:
        case ParamValidationError():
            return RequestError(
                "AWS credentials were not requested, because a role ARN, an MFA code or a web "
                "identity token is malformed: check the AWS profile "
                f"{_profile(session, 'role_arn')} and the variables that start with AWS_"
            )
        case OSError(filename=str(file)):
            return ServiceError(
                f"The AWS credentials cannot be read: {file}: {error.strerror}; correct "
                f"{_setting_of(file, session)}, or let this user read it"
            )
    return ServiceError(
        f"The AWS credentials cannot be read ({type(error).__name__}): check the AWS profile "
        f"{_profile(session, 'credential_process')} and the variables that start with AWS_"
    )


def _program(session: Session) -> str:
    profile = _profile(session, "credential_process")
    return f"The credential_process of the AWS profile {profile}"


def _setting_of(file: str, session: Session) -> str:
    """The setting that names this file."""
    variables = (name for name in _TOKEN_FILES if os.environ.get(name) == file)
    return next(variables, f"the AWS profile {_profile(session)}, which names it")


def _profile(session: Session, key: str | None = None) -> str:
    """The profile in use, or the first profile with `key` in its chain of source profiles."""
    name = own = session.profile or "default"
    profiles, seen = session.full_config["profiles"], set[str]()
    while key and name in profiles and name not in seen and key not in profiles[name]:
        seen.add(name)
        name = profiles[name].get("source_profile", own)
    return name if key in profiles.get(name, {}) else own
