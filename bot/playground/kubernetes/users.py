"""Authenticates callers: bearer tokens and their users."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.playground.clock import SimulatedClock
from bot.playground.kubernetes.eks_tokens import PREFIX, BadTokenError, StsOrigins, access_key_of

ALL_USERS = "system:authenticated"


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ()

    @property
    def subjects(self) -> frozenset[str]:
        """The subjects of grants that apply to this user."""
        return frozenset((self.name, ALL_USERS, *self.groups))


@dataclass(frozen=True)
class _KnownToken:
    user: User
    expires_at: datetime | None


class Users:
    """Known tokens and users. Rejects requests without a token, as EKS does since Kubernetes 1.32
    except for health checks."""

    def __init__(self, clock: SimulatedClock) -> None:
        self.sts = StsOrigins()
        self._clock = clock
        self._tokens: dict[str, _KnownToken] = {}
        self._by_access_key: dict[str, User] = {}

    def add_token(
        self, token: str, user: str, groups: Iterable[str], expires_at: datetime | None
    ) -> None:
        self._tokens[token] = _KnownToken(User(user, tuple(groups)), expires_at)

    def add_access_entry(self, access_key: str, user: str, groups: Iterable[str]) -> None:
        self._by_access_key[access_key] = User(user, tuple(groups))

    def user_of(self, authorization: str) -> User:
        """Raises BadTokenError."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise BadTokenError("there is no bearer token")
        if token.startswith(PREFIX):
            return self._user_of_aws_token(token)
        return self._user_of_token(token)

    def _user_of_aws_token(self, token: str) -> User:
        access_key = access_key_of(token, self._clock.now(), self.sts)
        if access_key not in self._by_access_key:
            raise BadTokenError(f"{access_key} has no access entry")
        return self._by_access_key[access_key]

    def _user_of_token(self, token: str) -> User:
        known = self._tokens.get(token)
        if known is None:
            raise BadTokenError("the token is unknown")
        if known.expires_at is not None and known.expires_at <= self._clock.now():
            raise BadTokenError("the token has expired")
        return known.user
