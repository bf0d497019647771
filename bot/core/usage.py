"""Who uses which image, as the sources of usage saw it."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from bot.core.obstacles import Doubt, ScanCause, ScanFailed
from bot.core.repository import RegistryId
from bot.core.sentence import Sentence

SOURCES = (
    "ecs",
    "lambda",
    "kubernetes",
    "app_runner",
    "batch",
    "sagemaker",
    "codebuild",
    "files",
)


class TagRunner(StrEnum):
    """What may run an image by a tag without telling the digest."""

    POD_VOLUME = "pod volume"
    ECS_TASK = "ECS task"


MUST_BE_KNOWN = frozenset({TagRunner.POD_VOLUME})
"""A plan is incomplete unless it is known what the tags of these named since they started: few
pods have such volumes, and people can name them by digest. Nobody can make a running task tell its
digest, so of tasks only what is known protects: plans would stay incomplete as long as it runs."""


class Unresolved(NamedTuple):
    """A workload runs whatever its tag named at some time since then, in UTC."""

    runner: TagRunner
    since: datetime


@dataclass(frozen=True, slots=True)
class Sighting:
    """A workload names an image, as its service writes it. `digest`: what really runs, if told.
    `unresolved`: that it runs something, where nobody tells the digest. `is_guess`: the source does
    not say that the image is in this registry, so the repository need not exist."""

    image: str
    used_by: str
    digest: str | None = None
    unresolved: Unresolved | None = None
    is_guess: bool = False


class TagRun(NamedTuple):
    """Who runs what a tag named."""

    used_by: str
    unresolved: Unresolved


TagRuns = Mapping[str, Collection[TagRun]]
"""By tag."""


@dataclass(frozen=True, slots=True)
class PastTagUser:
    """A workload that runs an image by its tag, where nobody tells the digest. `certain`: the image
    had the tag after the workload started. Otherwise it may have had it."""

    name: str
    tag: str
    certain: bool


User: TypeAlias = str | PastTagUser
"""Who uses an image. A string is a workload, as its source names it."""

Users = Mapping[str, tuple[User, ...]]
"""By digest or by tag."""

Workloads = Mapping[str, tuple[str, ...]]
"""By digest or by tag, as their source names them."""


def sorted_users(users: Iterable[User]) -> tuple[User, ...]:
    """By name, then by tag."""
    return tuple(sorted(users, key=_name_and_tag))


def _name_and_tag(user: User) -> tuple[str, str, bool]:
    if isinstance(user, PastTagUser):
        return user.name, user.tag, not user.certain
    return user, "", False


@dataclass(frozen=True, slots=True)
class Look:
    """One source in one scope: how many different references it made, or why it is unknown."""

    source: str
    scope: str
    images: int
    failure: ScanCause | None = None

    @property
    def doubt(self) -> Doubt | None:
        """Why somebody has to confirm the number of its workloads."""
        return self.failure if isinstance(self.failure, Doubt) else None

    @property
    def problem(self) -> ScanFailed | None:
        return None if self.failure is None else ScanFailed(self.source, self.scope, self.failure)

    @property
    def place(self) -> str:
        return f"{self.source} ({self.scope})"


@dataclass(frozen=True, slots=True)
class UnscannedRegion:
    """A Region of an account that no source scans, though `sources` may find workloads there."""

    place: RegistryId
    sources: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.place} ({', '.join(self.sources)})"


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What an account has in its other Regions: those that could be `asked`, those that service
    control policies deny, and the `errors` of the others."""

    account: str
    found: tuple[UnscannedRegion, ...] = ()
    asked: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    errors: tuple[Sentence, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use of one repository: users by digest and by tag, and what was looked at.
    `by_past_tag`: users by the digests that their tags named once."""

    by_digest: Users = field(default_factory=dict)
    by_tag: Users = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    not_checked: tuple[str, ...] = SOURCES
    unscanned_regions: tuple[UnscannedRegion, ...] = ()
    by_past_tag: Users = field(default_factory=dict)

    @property
    def failed(self) -> tuple[Look, ...]:
        return tuple(look for look in self.looks if look.failure is not None)

    def of(self, digest: str, tags: tuple[str, ...]) -> tuple[User, ...]:
        """Who uses this digest, or what one of its tags names now; sorted."""
        found = [users for tag in tags if (users := self.by_tag.get(tag))]
        found += [users for by in (self.by_digest, self.by_past_tag) if (users := by.get(digest))]
        return sorted_users(set().union(*found)) if found else ()
