"""What the settings say of repositories: what is never proposed, what is kept, what is pinned."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.repository import RepositoryId
from bot.core.rules import Rule


@dataclass(frozen=True, slots=True)
class Policy:
    """`artifact_types`: config media types and OCI artifact types of what is treated like an
    image, although no container runs it."""

    min_age: timedelta
    artifact_types: Patterns
    keep: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class PolicyEntry:
    repositories: Patterns
    policy: Policy


@dataclass(frozen=True, slots=True)
class PinEntry:
    repositories: Patterns
    pin: Pin


def policy_for(entries: Sequence[PolicyEntry], repository: RepositoryId) -> Policy | None:
    """The first entry that matches; None: the repository is kept whole."""
    matching = (entry.policy for entry in entries if repository.matches(entry.repositories))
    return next(matching, None)


def pins_for(entries: Sequence[PinEntry], repository: RepositoryId) -> tuple[Pin, ...]:
    return tuple(entry.pin for entry in entries if repository.matches(entry.repositories))
