"""State that every account has once in every Region."""

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import wraps
from itertools import count
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, cast

from bot.playground.aws.call_context import partition_of
from bot.playground.clock import Clock

State = TypeVar("State")
Owner = TypeVar("Owner", bound="HasAccountRegion")
Given = ParamSpec("Given")
Result = TypeVar("Result")


@dataclass(frozen=True)
class SharedState:
    """What the state of every service shares with the world around it.

    `digest_of` is what an image reference names at this moment, if this world has the image.
    """

    clock: Clock
    lock: AbstractContextManager[Any]
    digest_of: Callable[[str], str | None]


@dataclass(frozen=True)
class AccountRegion:
    """One account in one Region."""

    account: str
    region: str
    around: SharedState
    _numbers: "count[int]" = field(default_factory=lambda: count(1), repr=False)

    @property
    def now(self) -> datetime:
        return self.around.clock.now()

    def arn(self, service: str, resource: str) -> str:
        return f"arn:{partition_of(self.region)}:{service}:{self.region}:{self.account}:{resource}"

    def role_arn(self, name: str) -> str:
        return f"arn:{partition_of(self.region)}:iam::{self.account}:role/{name}"

    def task_definition_arn(self, name: str) -> str:
        """The ARN of a family or of `family:revision`; an ARN stays as it is."""
        return name if name.startswith("arn:") else self.arn("ecs", f"task-definition/{name}")

    def resolved_image(self, image: str, digest: str | None) -> str:
        """The image by digest: the given one, or the one that its reference names here and now."""
        known = digest or self.around.digest_of(image)
        if known is None:
            raise ValueError(f"{image} is not in this world; tell its digest")
        return f"{_without_tag(image)}@{known}"

    def new_id(self, of: str) -> str:
        """64 hexadecimal digits that no other thing here has, and that every run repeats."""
        text = f"{self.account} {self.region} {of} {next(self._numbers)}"
        return hashlib.sha256(text.encode()).hexdigest()

    def new_number(self, of: str) -> str:
        """19 decimal digits, as ECS numbers deployments and revisions."""
        return str(10**18 + int(self.new_id(of)[:14], 16))


def _without_tag(image: str) -> str:
    repository = image.partition("@")[0]
    path, slash, name = repository.rpartition("/")
    return f"{path}{slash}{name.partition(':')[0]}"


class HasAccountRegion(Protocol):
    @property
    def place(self) -> AccountRegion: ...


class StatePerAccountRegion(Generic[State]):
    """One service's state everywhere; where nobody touched it, it is empty."""

    def __init__(self, make: Callable[[AccountRegion], State], around: SharedState) -> None:
        self._make = make
        self._around = around
        self._states: dict[tuple[str, str], State] = {}

    def at(self, account: str, region: str) -> State:
        with self._around.lock:
            key = (account, region)
            if key not in self._states:
                self._states[key] = self._make(AccountRegion(account, region, self._around))
            return self._states[key]


def locked(
    method: Callable[Concatenate[Owner, Given], Result],
) -> Callable[Concatenate[Owner, Given], Result]:
    """A method that holds the world's lock."""

    @wraps(method)
    def held(self: Owner, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        with self.place.around.lock:
            return method(self, *args, **kwargs)

    return cast("Callable[Concatenate[Owner, Given], Result]", held)
