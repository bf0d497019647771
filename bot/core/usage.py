"""Who uses which image, as the sources of usage saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.core.repository import RegistryId

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


@dataclass(frozen=True, slots=True)
class Sighting:
    """A workload names an image, as its service writes it. `digest`: what really runs, if told."""

    image: str
    used_by: str
    digest: str | None = None


Users = Mapping[str, tuple[str, ...]]


SAY_SO = "; if that is right, say so"
"""In what a source is in doubt for; then follows how, on the command line."""


@dataclass(frozen=True, slots=True)
class Look:
    """One source in one scope: how many different references it made, or why it is unknown.

    `in_doubt`: it listed far less than before, and somebody may say that this is right.
    """

    source: str
    scope: str
    images: int
    error: str | None = None
    in_doubt: bool = False

    @property
    def problem(self) -> str:
        return f"{self.source} ({self.scope}): {self.error}"


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
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use of one repository: users by digest and by tag, and what was looked at."""

    by_digest: Users = field(default_factory=dict)
    by_tag: Users = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    not_checked: tuple[str, ...] = SOURCES
    unscanned_regions: tuple[UnscannedRegion, ...] = ()

    @property
    def failed(self) -> tuple[Look, ...]:
        return tuple(look for look in self.looks if look.error is not None)

    def of(self, digest: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Who uses this digest, or what one of its tags names now; sorted."""
        found = [users for tag in tags if (users := self.by_tag.get(tag))]
        if users := self.by_digest.get(digest):
            found.append(users)
        return tuple(sorted(set().union(*found))) if found else ()
