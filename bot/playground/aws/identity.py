"""Access keys, roles and the sessions of assumed roles.

Signatures are not checked: a caller is who its access key id says. Temporary credentials also
need the session token that they were given with, and end by the stand-in's clock.
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
    """What AssumeRole gave, and with which limits."""

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
    """A caller. `iam_arn` is the user or role itself, `arn` what GetCallerIdentity tells."""

    account: str
    arn: str
    iam_arn: str
    user_id: str
    session: RoleSession | None = None


@dataclass(frozen=True)
class IamRole:
    """A role that may be assumed.

    `trusts` are accounts or ARNs of users and roles; empty trusts everyone that is known.
    `needs_mfa`: whoever assumes it shows a new code of an MFA device.
    """

    arn: str
    external_id: str | None = None
    trusts: tuple[str, ...] = ()
    longest_session: int = 3600
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


class Identities:
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
        """A user with a lasting access key; `region` matters for its partition only."""
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
        longest_session: int = 3600,
        needs_mfa: bool = False,
    ) -> IamRole:
        role = IamRole(arn, external_id, tuple(trusts), longest_session, needs_mfa)
        self._roles[arn] = role
        return role

    def role(self, arn: str) -> IamRole | None:
        return self._roles.get(arn)

    def principal(self, access_key: str, token: str | None) -> Principal | None:
        """Whom the credentials belong to, if they are known and whole."""
        principal = self._principals.get(access_key)
        expected = principal.session.token if principal and principal.session else None
        return principal if token == expected else None

    def takes_code(self, code: str | None) -> bool:
        """Of an MFA device: any six digits, once. IAM user guide, MFA devices: a one-time password
        is not taken twice."""
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
    """An id in IAM's form: its prefix says what it names."""
    return prefix + hashlib.sha256(of.encode()).hexdigest()[:16].upper()
