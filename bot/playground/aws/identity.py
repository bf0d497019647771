"""Access keys, roles and the sessions of assumed roles.

Signatures are not checked: the access key ID identifies the caller. Temporary credentials also need
their session token, and expire by the clock of the stand-in.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import count

from bot.playground.aws.call_context import partition_of

DEFAULT_ACCOUNT = "123456789012"
DEFAULT_KEY = "test"
DEFAULT_USER = "demo"


@dataclass(frozen=True)
class RoleSession:
    """The credentials and limits of one AssumeRole call."""

    access_key: str
    secret_key: str
    token: str
    role_arn: str
    name: str
    external_id: str | None
    policy: str | None
    expires_at: datetime


@dataclass(frozen=True)
class Principal:
    """A caller. `iam_arn`: the user or role. `arn`: the ARN in GetCallerIdentity."""

    account: str
    arn: str
    iam_arn: str
    user_id: str
    session: RoleSession | None = None


@dataclass(frozen=True)
class IamRole:
    """A role that can be assumed.

    - `trusts`: accounts, or ARNs of users and roles. Empty trusts all known callers.
    - `needs_mfa`: the caller must provide a new code of an MFA device.
    """

    arn: str
    external_id: str | None = None
    trusts: tuple[str, ...] = ()
    max_session_seconds: int = 3600
    needs_mfa: bool = False

    @property
    def account(self) -> str:
        return self.arn.split(":")[4]

    @property
    def name(self) -> str:
        return self.arn.rsplit("/", 1)[1]

    @property
    def id(self) -> str:
        return _unique_id("AROA", self.arn)

    def accepts(self, principal: Principal, external_id: str | None) -> bool:
        trusted = not self.trusts or bool(
            {principal.account, principal.arn, principal.iam_arn} & set(self.trusts)
        )
        return trusted and self.external_id in (None, external_id)


class IamIdentities:
    """All access keys, roles and sessions."""

    def __init__(self) -> None:
        self.sessions: list[RoleSession] = []
        self._principals: dict[str, Principal] = {}
        self._roles: dict[str, IamRole] = {}
        self._numbers = count(1)
        self._used_codes: set[str] = set()
        self.add_user(DEFAULT_KEY, DEFAULT_USER, DEFAULT_ACCOUNT)

    def add_user(
        self, access_key: str, name: str, account: str = DEFAULT_ACCOUNT, region: str = ""
    ) -> Principal:
        """Adds a user with a permanent access key. Only the partition of `region` is used."""
        arn = f"arn:{partition_of(region)}:iam::{account}:user/{name}"
        principal = Principal(account, arn, arn, _unique_id("AIDA", arn))
        self._principals[access_key] = principal
        return principal

    def add_role(
        self,
        arn: str,
        *,
        external_id: str | None = None,
        trusts: Iterable[str] = (),
        max_session_seconds: int = 3600,
        needs_mfa: bool = False,
    ) -> IamRole:
        role = IamRole(arn, external_id, tuple(trusts), max_session_seconds, needs_mfa)
        self._roles[arn] = role
        return role

    def role(self, arn: str) -> IamRole | None:
        return self._roles.get(arn)

    def principal(self, access_key: str, token: str | None) -> Principal | None:
        """The owner of the credentials, or None if they are unknown or the token is wrong."""
        principal = self._principals.get(access_key)
        expected = principal.session.token if principal and principal.session else None
        return principal if token == expected else None

    def use_mfa_code(self, code: str | None) -> bool:
        """Accepts each MFA code once: IAM user guide, MFA devices."""
        is_new = code is not None and code not in self._used_codes
        self._used_codes |= {code} if code else set()
        return is_new

    def open_session(
        self,
        role: IamRole,
        name: str,
        expires_at: datetime,
        *,
        external_id: str | None,
        policy: str | None,
    ) -> Principal:
        number = next(self._numbers)
        session = RoleSession(
            access_key=_unique_id("ASIA", f"{role.arn}/{name}/{number}"),
            secret_key=f"secret-{number}",
            token=f"session-token-{number}",
            role_arn=role.arn,
            name=name,
            external_id=external_id,
            policy=policy,
            expires_at=expires_at,
        )
        partition = role.arn.split(":")[1]
        principal = Principal(
            role.account,
            f"arn:{partition}:sts::{role.account}:assumed-role/{role.name}/{name}",
            role.arn,
            f"{role.id}:{name}",
            session,
        )
        self.sessions.append(session)
        self._principals[session.access_key] = principal
        return principal


def _unique_id(prefix: str, of: str) -> str:
    """A unique ID of IAM. The prefix is the type of the entity."""
    return prefix + hashlib.sha256(of.encode()).hexdigest()[:16].upper()
