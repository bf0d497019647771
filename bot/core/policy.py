"""What the settings say of repositories: what is never proposed, what is kept, what is pinned."""

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


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """`policy` None: no entry of the settings covers the repository. `subjects_seen`: digests
    that were seen in this repository at an earlier time. `deleted_also_in`: registries to which
    replication rules carry deletions. `retagged_at`: by digest when an image that was there
    before got a tag, or lost its last one. `now` in UTC."""

    policy: Policy | None
    now: datetime
    usage: RepositoryUsage = field(default_factory=RepositoryUsage)
    pins: tuple[Pin, ...] = ()
    subjects_seen: frozenset[str] = frozenset()
    deleted_also_in: tuple[RegistryId, ...] = ()
    retagged_at: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ApprovalRules:
    """What holds for the plans of one repository.

    `approvers`: Slack people (U…, W…), Slack user groups (S…) and globs of AWS ARNs; none: every
    full member of `workspace`. `required`: how many different people. `confirm_over`: above this
    share of the manifests, the repository's name has to be typed. `channel`: the only one in which
    Slack takes approvals; None: Slack takes none. `report_only`: nothing is carried out.
    """

    approvers: tuple[str, ...]
    required: int
    confirm_over: float
    workspace: str | None
    channel: str | None
    report_only: bool = False


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """`approvers` None: those that hold for all repositories."""

    repositories: Patterns
    channel: str | None
    approvers: tuple[str, ...] | None = None


def rules_for(
    entries: Sequence[ReportEntry], repository: RepositoryId, general: ApprovalRules
) -> ApprovalRules:
    """The first entry that matches gives the channel, and may give approvers of its own. Without
    one there is no channel."""
    matching = (entry for entry in entries if repository.matches(entry.repositories))
    entry = next(matching, None)
    if entry is None:
        return replace(general, channel=None)
    approvers = general.approvers if entry.approvers is None else entry.approvers
    return replace(general, channel=entry.channel, approvers=approvers)


def rules_for_all(entries: Sequence[ReportEntry], general: ApprovalRules) -> ApprovalRules:
    """What holds for what concerns all repositories: pause, resume, confirm usage. Without general
    approvers, the approvers of any entry may; without those either, every full member."""
    named = chain.from_iterable(entry.approvers or () for entry in entries)
    return replace(general, approvers=general.approvers or tuple(dict.fromkeys(named)))
