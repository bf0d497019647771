"""What rules see and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.core.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Family:
    """A root, and when the youngest manifest of it and of all that hangs on it was pushed, and
    the last of them pulled. UTC; None if ECR tells no time, or it was never pulled."""

    root: Manifest
    youngest: datetime | None
    last_pull: datetime | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What rules choose from.

    `builds` are the roots that are images or indexes (or artifacts treated like them) and that
    have a push time, pushed last first, equal times by digest. `tagged_dependents` hang on
    others but have names of their own; of these, `tagged_builds` are children that are builds
    themselves. They take no place among the builds.
    """

    families: tuple[Family, ...]
    builds: tuple[Manifest, ...]
    tagged_dependents: tuple[Manifest, ...]
    tagged_builds: tuple[Manifest, ...]
    now: datetime


@dataclass(frozen=True, slots=True)
class Selection:
    """Keepers by digest, each with the reason; and why members of the class were passed over."""

    kept: Mapping[str, str]
    passed_over: Mapping[str, str] = field(default_factory=dict)


class Rule(Protocol):
    @property
    def name(self) -> str:
        """The rule's key in the settings and in the reasons of a plan."""

    def select(self, candidates: Candidates) -> Selection:
        """The roots that this rule keeps, and tagged manifests that it keeps alone."""
