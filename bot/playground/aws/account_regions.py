"""State per account and Region."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from itertools import count
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from bot.playground.aws.call_context import partition_of
from bot.playground.clock import SimulatedClock

State = TypeVar("State")
Owner = TypeVar("Owner", bound="HasAccountRegion")
Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class SharedAwsState:
    """The parts of the state that all services share.

    `digest_of`: the current digest of an image reference, or None for an unknown image.
    """

    clock: SimulatedClock
    lock: AbstractContextManager[Any]
    digest_of: Callable[[str], str | None]


@dataclass(frozen=True)
class AccountRegion:
    """One account in one Region."""

    account: str
    region: str
    shared: SharedAwsState
    _numbers: "count[int]" = field(default_factory=lambda: count(1), repr=False)

    @property
    def now(self) -> datetime:
        return self.shared.clock.now()

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def role_arn(self, name: str) -> str:
        return f"arn:{partition_of(self.region)}:iam::{self.account}:role/{name}"

    def task_definition_arn(self, name: str) -> str:
        """The ARN of a family or of `family:revision`. An ARN is returned unchanged."""
        return name if name.startswith("arn:") else self.arn("ecs", f"task-definition/{name}")

    def resolved_image(self, image: str, digest: str | None) -> str:
        """The image with the given digest, otherwise with the current digest of its reference."""
        known = digest or self.shared.digest_of(image)
        if known is None:
            raise ValueError(f"{image} is not in a registry of the stand-in: give its digest")
        return f"{_without_tag(image)}@{known}"

    def new_id(self, of: str) -> str:
        """64 unique hexadecimal digits, equal in every run."""
        text = f"{self.account} {self.region} {of} {next(self._numbers)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def new_number(self, of: str) -> str:
        """19 decimal digits, like ECS's numbers of deployments and revisions."""
        return str(10**18 + int(self.new_id(of)[:14], 16))


def _without_tag(image: str) -> str:
    repository = image.partition("@")[0]
    path, slash, name = repository.rpartition("/")
    return f"{path}{slash}{name.partition(':')[0]}"


class HasAccountRegion(Protocol):
    """A state that belongs to an account and Region."""

    @property
    def location(self) -> AccountRegion: ...


class StatePerAccountRegion(Generic[State]):
    """The states of one service, created empty on first access."""

    def __init__(self, make: Callable[[AccountRegion], State], shared: SharedAwsState) -> None:
        self._make = make
        self._shared = shared
        self._states: dict[tuple[str, str], State] = {}

    def at(self, account: str, region: str) -> State:
        with self._shared.lock:
            key = (account, region)
            if key not in self._states:
                self._states[key] = self._make(AccountRegion(account, region, self._shared))
            return self._states[key]


def locked(
    method: Callable[Concatenate[Owner, Given], Result],
) -> Callable[Concatenate[Owner, Given], Result]:
    """Decorates a method that holds the lock of the state."""

    @wraps(method)
    def with_lock(self: Owner, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with self.location.shared.lock:
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[Owner, Given], Result]", with_lock)
