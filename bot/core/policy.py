"""The settings of repositories: keep rules, pins and approvers; and the inputs of a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules.selection import Rule
from bot.core.usage import RepositoryUsage


@dataclass(frozen=True, slots=True)
class Policy:
    """What to keep in a repository. `artifact_types`: config media types and OCI artifact types of
    artifacts that are treated like images."""

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
    """The policy of the first entry that matches. None: every image is kept."""
    matching = (entry.policy for entry in entries if repository.matches(entry.repositories))
    return next(matching, None)


def pins_for(entries: Sequence[PinEntry], repository: RepositoryId) -> tuple[Pin, ...]:
    return tuple(entry.pin for entry in entries if repository.matches(entry.repositories))


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """What a plan depends on, in addition to the manifests. `policy` None: no entry of the settings
    matches the repository. `subjects_seen`: digests that this repository had earlier.
    `deleted_also_in`: registries to which replication rules pass deletions. `retagged_at`: by
    digest, when an image that existed before got a tag, or lost its last one. `now` in UTC."""

    policy: Policy | None
    now: datetime
    usage: RepositoryUsage = field(default_factory=RepositoryUsage)
    pins: tuple[Pin, ...] = ()
    subjects_seen: frozenset[str] = frozenset()
    deleted_also_in: tuple[RegistryId, ...] = ()
    retagged_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """The approval rules for the plans of one repository.

    `approvers`: Slack users (U…, W…), Slack user groups (S…), handles of either (@…) and globs of
    AWS ARNs; empty: every full member of `workspace`. `required`: the number of different
    approvers. `confirm_over`: to delete a larger share of the manifests than this, the approver
    types the repository's name. `channel`: the Slack channel where approvals count; None: Slack
    approvals do not count. `report_only`: no plan can be approved.
    """

    approvers: tuple[str, ...]
    required: int
    confirm_over: float
    workspace: str | None
    channel: str | None
    report_only: bool = False


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """`approvers` None: those of all repositories."""

    repositories: Patterns
    channel: str | None
    approvers: tuple[str, ...] | None = None


def rules_for(
    entries: Sequence[ReportSettings], repository: RepositoryId, general: ApprovalRules
) -> ApprovalRules:
    """Takes the channel and, if it has any, the approvers of the first entry that matches. Without
    such an entry there is no channel."""
    matching = (entry for entry in entries if repository.matches(entry.repositories))
    entry = next(matching, None)
    if entry is None:
        return replace(general, channel=None)
    approvers = general.approvers if entry.approvers is None else entry.approvers
    return replace(general, channel=entry.channel, approvers=approvers)


def rules_for_all(entries: Sequence[ReportSettings], general: ApprovalRules) -> ApprovalRules:
    """The rules for actions on all repositories: pause, resume, confirm usage. Without general
    approvers, the approvers of all entries count; if there are none either, every full member."""
    named = chain.from_iterable(entry.approvers or () for entry in entries)
    return replace(general, approvers=general.approvers or tuple(dict.fromkeys(named)))
