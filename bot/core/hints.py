"""Hints: what a user can do after an error, as values. `bot/render/hints.py` names the command of
the terminal or of Slack."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class DidYouMean:
    """Use the most similar known name."""

    name: str


@dataclass(frozen=True, slots=True)
class ListPlans:
    """List the stored plans, to find an ID."""


@dataclass(frozen=True, slots=True)
class ListManifests:
    """List all manifests of the repository. `repository`: its name."""

    repository: str


@dataclass(frozen=True, slots=True)
class ListDeletions:
    """List the manifests that the plan deletes. `repository`: its name."""

    plan: str
    repository: str


@dataclass(frozen=True, slots=True)
class ConfirmUsage:
    """Confirm the number of workloads that a source lists in a scope."""

    source: str
    scope: str
    workloads: int


Hint: TypeAlias = DidYouMean | ListPlans | ListManifests | ListDeletions | ConfirmUsage
