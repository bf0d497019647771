"""Who may approve what, as the settings give it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain

from bot.core.patterns import Patterns
from bot.core.repository import RepositoryId


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
