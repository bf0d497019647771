"""boto3 sessions with the caller's own credentials or an assumed role."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    CredentialResolver,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError
from botocore.session import Session
from botocore.utils import parse_timestamp

from bot import __version__
from bot.aws.credentials import (
    CredentialsWithClearErrors,
    boto3_files,
    check_files_are_readable,
    explain_credential_errors,
    explain_settings_errors,
    limit_credential_chain,
    read_code,
)
from bot.aws.errors import has_expired
from bot.core.errors import ExpiredCredentialsError

_CHAIN = "credential_provider"

ATTEMPTS = 6

CONNECTIONS = 16

SESSION_NAME = "ecr-clean"

Prepare = Callable[[Any], None]
"""Adds event handlers to a new client before other threads use it: botocore loses handlers that are
added during a call of another thread."""

_CLIENTS: "WeakKeyDictionary[boto3.Session, _ClientCache]" = WeakKeyDictionary()


class BotocoreSession(Session):
    """A botocore session that opens its credentials once. They come from `provider`, or from
    boto3's default chain. `has_asked_for_code`: a user entered an MFA code. Thread-safe. Raises
    RequestError and ServiceError."""

    def __init__(self, provider: CredentialProvider | None = None) -> None:
        super().__init__()
        self.has_asked_for_code = False
        self._uses_default_chain = provider is None
        self._opening = RLock()
        self._explained_credentials: CredentialsWithClearErrors | None = None
        if provider:
            self.register_component(_CHAIN, CredentialResolver([provider]))
        if region := os.environ.get("AWS_REGION"):
            self.set_config_variable("region", region)  # botocore only reads AWS_DEFAULT_REGION
        parsers = self.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_timestamp)

    def create_client(self, *arguments: Any, **options: Any) -> Any:
        with self._opening, explain_settings_errors():
            return super().create_client(*arguments, **options)

    def get_credentials(self) -> CredentialsWithClearErrors | None:
        """Returns None if no credentials exist."""
        with self._opening:
            if self._explained_credentials is None:
                self._explained_credentials = self._find()
            return self._explained_credentials

    def _ask_for_code(self, prompt: str) -> str:
        self.has_asked_for_code = True
        return read_code(prompt)

    def _find(self) -> CredentialsWithClearErrors | None:
        explain_errors = partial(explain_credential_errors, self)
        with explain_errors():
            if self._uses_default_chain:
                limit_credential_chain(self.get_component(_CHAIN), self, self._ask_for_code)
            found = super().get_credentials()
        if found is None:
            check_files_are_readable()
            return None
        return CredentialsWithClearErrors(found, explain_errors)


def _timestamp(value: Any) -> datetime:
    """Parses a timestamp. JSON services send epoch seconds. botocore's own parser tries other
    formats first, which takes half of the time needed to list a large repository."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value)


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """A role to assume. `policy`: a JSON session policy that limits the role."""

    arn: str
    external_id: str | None = None
    session_name: str = SESSION_NAME
    policy: str | None = None


def open_session(
    role: AssumedRole | None = None,
    region: str | None = None,
    config: Config | None = None,
    own: BotocoreSession | None = None,
) -> boto3.Session:
    """Opens a session with boto3's own credentials and settings (environment, profile, instance
    role), or with `role`, assumed in `region` and renewed before it expires. `config`: client
    configuration to assume the role. `own`: the session with boto3's own credentials, if open.
    Raises RequestError."""
    with explain_settings_errors():
        own = own or BotocoreSession()
        core = BotocoreSession(_RoleCredentialProvider(own, role, region, config)) if role else own
        return boto3.Session(botocore_session=core)


def client_config() -> Config:
    """The default configuration of clients. Uses boto3's retry settings (AWS_RETRY_MODE,
    AWS_MAX_ATTEMPTS). Without AWS_MAX_ATTEMPTS a call has 6 attempts, because a failed scan makes a
    plan incomplete. Raises RequestError."""
    core = botocore.session.get_session()
    with explain_settings_errors():
        attempts = core.get_config_variable("max_attempts") or ATTEMPTS
        mode = core.get_config_variable("retry_mode")
    return Config(
        retries={"mode": mode, "total_max_attempts": attempts},
        connect_timeout=10,
        max_pool_connections=CONNECTIONS,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


def deletion_config() -> Config:
    """Configuration of clients that delete. By default boto3 waits 60 seconds and retries, which
    could outlast a lease. The bot checks its lease before each attempt instead."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=3,
        read_timeout=10,
        max_pool_connections=CONNECTIONS,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


@cache
def short_timeout_config() -> Config:
    """Configuration for calls that may fail without harm."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=3,
        read_timeout=10,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


class _RoleCredentialProvider(CredentialProvider):
    METHOD = "assume-role"

    def __init__(
        self,
        source: BotocoreSession,
        role: AssumedRole,
        region: str | None,
        config: Config | None,
    ) -> None:
        super().__init__()
        self._create_client = partial(source.create_client, region_name=region, config=config)
        self._source = source
        self._role = role

    def load(self) -> DeferredRefreshableCredentials:
        source_credentials = self._source.get_credentials()
        if source_credentials is None:
            raise NoCredentialsError
        limits = {"ExternalId": self._role.external_id, "Policy": self._role.policy}
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=self._create_client,
            source_credentials=source_credentials,
            role_arn=self._role.arn,
            extra_args={
                "RoleSessionName": self._role.session_name,
                **{name: value for name, value in limits.items() if value},
            },
        )
        return DeferredRefreshableCredentials(fetcher.fetch_credentials, self.METHOD)


def client_of(
    session: "boto3.Session",
    service: str,
    region: str | None,
    config: "Config | None" = None,
    prepare: Prepare | None = None,
) -> Any:
    """Returns the same client for the same arguments while the session exists. `region`: None for
    the session's Region. `config`: None for `client_config`. Another `prepare` gets another client.
    Raises boto3's errors and RequestError."""
    return _CLIENTS.setdefault(session, _ClientCache()).get(
        session, service, region, config, prepare
    )


class _ClientCache:
    """The clients of one session. Holds no reference to the session, so that both are freed."""

    def __init__(self) -> None:
        self._lock = RLock()
        self._usual_config: Config | None = None
        self._created: dict[tuple[object, ...], Any] = {}

    def get(
        self,
        session: "boto3.Session",
        service: str,
        region: str | None,
        config: "Config | None",
        prepare: Prepare | None,
    ) -> Any:
        key = (service, region, config, prepare)
        with self._lock:
            if key not in self._created:
                create: Callable[..., Any] = session.client
                client = create(service, region_name=region, config=config or self._usual())
                if prepare:
                    prepare(client)
                self._created[key] = client
            return self._created[key]

    def _usual(self) -> "Config":
        if self._usual_config is None:
            self._usual_config = client_config()
        return self._usual_config


class SharedAwsSessions:
    """Caches sessions by role and Region. Thread-safe.

    Drops all sessions when AWS reports expired credentials, or when boto3's variables or files
    change: a process that runs for months must use new keys. Keeps credentials opened with an MFA
    code until they expire: an error in a single Region must not cause another MFA prompt.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._settings: object = None
        self._own: BotocoreSession | None = None
        self._open: dict[tuple[AssumedRole | None, str | None], boto3.Session] = {}

    def get(self, role: AssumedRole | None, region: str | None) -> boto3.Session:
        """`region`: the Region in which a new session assumes the role. Raises RequestError."""
        with self._lock, explain_settings_errors():
            own = self._open_own()
            key = (role, region if _is_global(own) else None)
            if key not in self._open:
                self._open[key] = self._with_expiry_handlers(open_session(role, region, own=own))
            return self._open[key]

    def open_separately(
        self, role: AssumedRole, region: str | None, config: Config
    ) -> boto3.Session:
        """Opens a session that is not cached. Assumes the role with the cached credentials."""
        with self._lock:
            return self._with_expiry_handlers(open_session(role, region, config, self._open_own()))

    def _open_own(self) -> BotocoreSession:
        settings = _settings()
        if self._own is None or settings != self._settings:
            self._drop_all()
            self._own, self._settings = BotocoreSession(), settings
        return self._own

    def _with_expiry_handlers(self, session: boto3.Session) -> boto3.Session:
        session.events.register("after-call", self._drop_expired, unique_id="expired")
        session.events.register("after-call-error", self._drop_ended, unique_id="ended")
        return session

    def _drop_expired(self, parsed: dict[str, Any], **_: Any) -> None:
        if has_expired(parsed.get("Error", {}).get("Code", "")):
            with self._lock:
                self._open.clear()
                if self._own and not self._own.has_asked_for_code:
                    self._own = None

    def _drop_ended(self, exception: Exception, **_: Any) -> None:
        if isinstance(exception, ExpiredCredentialsError):
            self._drop_all()

    def _drop_all(self) -> None:
        with self._lock:
            self._own = None
            self._open.clear()


def _is_global(own: BotocoreSession) -> bool:
    """Whether STS may be called at its global endpoint, whose tokens may be invalid in opt-in
    Regions. Tokens of regional endpoints are valid in all Regions: IAM user guide, Manage AWS STS
    in an AWS Region."""
    return bool(own.get_config_variable("sts_regional_endpoints") == "legacy")


def _settings() -> object:
    """A value that changes when boto3's variables or files change."""
    variables = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    return variables, [_state(file) for file in boto3_files()]


def _state(file: Path) -> tuple[int, int, int] | None:
    """A value that changes with the file's content; None if the file does not exist."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
