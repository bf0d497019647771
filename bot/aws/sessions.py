"""boto3 sessions: on the caller's own credentials, or through a role."""

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
"""Adds event handlers to a new client before anyone else gets it: botocore loses handlers that are
added while another thread makes a call."""

_CLIENTS: "WeakKeyDictionary[boto3.Session, _ClientCache]" = WeakKeyDictionary()


class BotocoreSession(Session):
    """Several threads may open clients. Credentials come from `provider`, or from wherever boto3
    finds them, and are opened once; `has_asked_for_code`: with an MFA code that a person typed.
    Raises RequestError and ServiceError."""

    def __init__(self, provider: CredentialProvider | None = None) -> None:
        super().__init__()
        self.has_asked_for_code = False
        self._uses_default_chain = provider is None
        self._opening = RLock()
        self._explained_credentials: CredentialsWithClearErrors | None = None
        if provider:
            self.register_component(_CHAIN, CredentialResolver([provider]))
        if region := os.environ.get("AWS_REGION"):
            self.set_config_variable("region", region)  # botocore knows AWS_DEFAULT_REGION alone
        parsers = self.get_component("response_parser_factory")
        parsers.set_parser_defaults(timestamp_parser=_timestamp)

    def create_client(self, *arguments: Any, **options: Any) -> Any:
        with self._opening, explain_settings_errors():
            return super().create_client(*arguments, **options)

    def get_credentials(self) -> CredentialsWithClearErrors | None:
        """None if there are none."""
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
    """JSON services send epoch seconds; botocore's own parser tries other forms first, which costs
    half of the time of listing a large repository."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    return parse_timestamp(value)


@dataclass(frozen=True, slots=True)
class AssumedRole:
    """`policy`: JSON that narrows what the role may do."""

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
    """A session on boto3's own credentials and settings (environment, profile, instance role),
    or on the role that they assume in `region`, renewed before it runs out. `config`: how it is
    assumed. `own`: those credentials, if they are open already. Raises RequestError."""
    with explain_settings_errors():
        own = own or BotocoreSession()
        core = BotocoreSession(_RoleCredentialProvider(own, role, region, config)) if role else own
        return boto3.Session(botocore_session=core)


def client_config() -> Config:
    """boto3's own settings of retries stand (AWS_RETRY_MODE, AWS_MAX_ATTEMPTS); without them a
    call is tried 6 times, since a scan that gives up early makes a plan incomplete. Raises
    RequestError."""
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
    """boto3 outlives any lease: it would wait 60 seconds for an answer, and try again by itself.
    Whoever deletes asks before each attempt whether it still may."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 1},
        connect_timeout=3,
        read_timeout=10,
        max_pool_connections=CONNECTIONS,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


@cache
def short_timeout_config() -> Config:
    """For questions that may go unanswered."""
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
    """The same client for the same arguments, as long as the session lives. `region`: None for the
    session's own. `config`: None for `client_config`. Clients that are prepared in different ways
    are different ones. Raises what boto3 raises, and RequestError."""
    return _CLIENTS.setdefault(session, _ClientCache()).get(
        session, service, region, config, prepare
    )


class _ClientCache:
    """Of one session. Holds no reference to it: the clients are dropped with the session."""

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
    """May be used by several threads.

    What is open is forgotten once AWS takes the credentials for expired, or boto3's variables or
    files have changed: a process that runs for months must see new keys. Credentials for which a
    person typed a code stay until they end: a Region that does not know them asks nobody again.
    """

    def __init__(self) -> None:
        self._lock = RLock()
        self._settings: object = None
        self._own: BotocoreSession | None = None
        self._open: dict[tuple[AssumedRole | None, str | None], boto3.Session] = {}

    def get(self, role: AssumedRole | None, region: str | None) -> boto3.Session:
        """`region`: where the role is assumed, if it is not open yet. Raises RequestError."""
        with self._lock, explain_settings_errors():
            own = self._open_own()
            key = (role, region if _is_global(own) else None)
            if key not in self._open:
                self._open[key] = self._with_expiry_handlers(open_session(role, region, own=own))
            return self._open[key]

    def open_separately(
        self, role: AssumedRole, region: str | None, config: Config
    ) -> boto3.Session:
        """On the role, assumed with the shared credentials, and for one caller alone."""
        with self._lock:
            return self._with_expiry_handlers(open_session(role, region, config, self._open_own()))

    def _open_own(self) -> BotocoreSession:
        settings = _settings()
        if self._own is None or settings != self._settings:
            self._forget()
            self._own, self._settings = BotocoreSession(), settings
        return self._own

    def _with_expiry_handlers(self, session: boto3.Session) -> boto3.Session:
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


def _is_global(own: BotocoreSession) -> bool:
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
