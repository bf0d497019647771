"""boto3 sessions: on the caller's own credentials, or through a role."""

from dataclasses import dataclass
from functools import cache, partial

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import (
    AssumeRoleCredentialFetcher,
    CredentialProvider,
    DeferredRefreshableCredentials,
)
from botocore.exceptions import NoCredentialsError

from bot import __version__
from bot.aws.core_session import CoreSession
from bot.aws.local_errors import settings_in_words

ATTEMPTS = 6
CONNECTIONS = 16
SESSION_NAME = "ecr-clean"


@dataclass(frozen=True, slots=True)
class Role:
    """`policy`: JSON that narrows what the role may do."""

    arn: str
    external_id: str | None = None
    session_name: str = SESSION_NAME
    policy: str | None = None


def open_session(
    role: Role | None = None,
    region: str | None = None,
    config: Config | None = None,
    own: CoreSession | None = None,
) -> boto3.Session:
    """A session on boto3's own credentials and settings (environment, profile, instance role),
    or on the role that they assume in `region`, renewed before it runs out. `config`: how it is
    assumed. `own`: those credentials, if they are open already. Raises RequestError."""
    with settings_in_words():
        own = own or CoreSession()
        core = CoreSession(_RoleProvider(own, role, region, config)) if role else own
        return boto3.Session(botocore_session=core)


def client_config() -> Config:
    """boto3's own settings of retries stand (AWS_RETRY_MODE, AWS_MAX_ATTEMPTS); without them a
    call is tried 6 times, since a scan that gives up early makes a plan incomplete. Raises
    RequestError."""
    core = botocore.session.get_session()
    with settings_in_words():
        attempts = core.get_config_variable("max_attempts") or ATTEMPTS
        mode = core.get_config_variable("retry_mode")
    return Config(
        retries={"mode": mode, "total_max_attempts": attempts},
        connect_timeout=10,
        max_pool_connections=CONNECTIONS,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


def deleting_config() -> Config:
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
def brief_config() -> Config:
    """For questions that may go unanswered."""
    return Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=3,
        read_timeout=10,
        user_agent_extra=f"ecr-clean/{__version__}",
    )


class _RoleProvider(CredentialProvider):
    METHOD = "assume-role"

    def __init__(
        self,
        source: CoreSession,
        role: Role,
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
