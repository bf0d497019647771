"""What rules see and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from bot.core.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Family:
    """A manifest, and when the youngest of it and of all that hangs on it was pushed, and the
    last of them pulled. UTC; None if ECR tells no time, or it was never pulled."""

    head: Manifest
    youngest: datetime | None
    last_pull: datetime | None


@dataclass(frozen=True, slots=True)
class Candidates:
    """What rules choose from.

    `families` have a root as head; `tagged_dependents` hang on others, but their own tags may
    keep them. `builds` are the roots that are images or indexes (or artifacts treated like them)
    and that have a push time, pushed last first, equal times by digest. `guests` have names too,
    but take no place among the builds: tagged children and referrers.
    """

    families: tuple[Family, ...]
    tagged_dependents: tuple[Family, ...]
    builds: tuple[Manifest, ...]
    guests: tuple[Manifest, ...]
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
        """The roots that this rule keeps, and dependents that it keeps alone by their tags."""
