"""Who uses which image, as the sources of usage saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

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


@dataclass(frozen=True, slots=True)
class Doubt:
    """A source lists far fewer workloads than before. Somebody may confirm the number. UTC."""

    workloads: int
    before: int
    before_at: datetime

    @property
    def words(self) -> str:
        return (
            f"it lists {self.workloads:,} workloads, where it listed {self.before:,} on "
            f"{self.before_at:%Y-%m-%d}"
        )


@dataclass(frozen=True, slots=True)
class Look:
    """One source in one scope: how many different references it made, or why it is unknown.

    `doubt`: why somebody has to confirm the number of its workloads; then `error` says so, too.
    """

    source: str
    scope: str
    images: int
    error: str | None = None
    doubt: Doubt | None = None

    @property
    def place(self) -> str:
        return f"{self.source} ({self.scope})"

    @property
    def problem(self) -> str:
        return f"{self.place}: {self.error}"


@dataclass(frozen=True, slots=True)
class Usage:
    """What is in use of one repository: users by digest and by tag, and what was looked at."""

    by_digest: Users = field(default_factory=dict)
    by_tag: Users = field(default_factory=dict)
    looks: tuple[Look, ...] = ()
    not_checked: tuple[str, ...] = SOURCES

    @property
    def failed(self) -> tuple[Look, ...]:
        return tuple(look for look in self.looks if look.error is not None)

    def of(self, digest: str, tags: tuple[str, ...]) -> tuple[str, ...]:
        """Who uses this digest, or what one of its tags names now; sorted."""
        found = [users for tag in tags if (users := self.by_tag.get(tag))]
        if users := self.by_digest.get(digest):
            found.append(users)
        return tuple(sorted(set().union(*found))) if found else ()
