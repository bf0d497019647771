"""Permissions: who may approve, stop, pin, … . Every answer has a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeAlias, TypeVar

from bot.core.approver_arns import ArnPattern, is_arn_pattern
from bot.core.patterns import Patterns
from bot.core.permission_reasons import (
    ApproverPatternTooWide,
    CommandLineApprovalNotCounted,
    FullWorkspaceMember,
    GrantReason,
    GroupMemberNotAllowed,
    HasAwsCredentials,
    InApproverGroup,
    MatchesApproverPattern,
    MemberOfOtherWorkspace,
    NamedApprover,
    NotAnApprover,
    PersonRefusal,
    PinAuthor,
    UserGroupUnreadable,
    WorkspaceGuest,
    WorkspaceUnknown,
)
from bot.core.pins import Pin
from bot.core.plan import ImageGroupCounts, PlanState
from bot.core.policy import ApprovalRules
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import (
    AlreadyApproved,
    ApprovableOnlyInChannel,
    ApprovableOnlyInSlack,
    NoApprovalChannel,
    NoSourceEnabled,
    NothingToDelete,
    OutdatedVersion,
    PlanIncomplete,
    Refusal,
    ReportOnlyMode,
    RepositoryNameNotTyped,
    TooFewApprovals,
    UndoWindowOpen,
    WrongNameTyped,
    WrongPlanState,
)

FORGOTTEN_SHARE = 0.1
"""Of the images to delete."""

Reason_co = TypeVar("Reason_co", covariant=True)


@dataclass(frozen=True, slots=True)
class PermissionGranted:
    reason: GrantReason


@dataclass(frozen=True, slots=True)
class PermissionRefused(Generic[Reason_co]):
    reason: Reason_co


ApprovalPermission: TypeAlias = PermissionGranted | PermissionRefused[Refusal]
PersonPermission: TypeAlias = PermissionGranted | PermissionRefused[PersonRefusal]
"""Depends on the person only, not on a plan."""


@dataclass(frozen=True, slots=True)
class SlackUser:
    """`groups`: the user groups (S…) and handles (@…) of the settings that include the person; None
    if they could not be read."""

    id: str
    workspace: str
    is_guest: bool
    groups: frozenset[str] | None

    @property
    def name(self) -> str:
        return self.id


@dataclass(frozen=True, slots=True)
class AwsIdentity:
    arn: str

    @property
    def name(self) -> str:
        return self.arn


Person = SlackUser | AwsIdentity


def person_without_directory(name: str, rules: ApprovalRules) -> Person | None:
    """The person with this ID or ARN. None if the rules need more than the name, which only Slack
    knows."""
    if name.startswith("arn:"):
        return AwsIdentity(name)
    needs_more = not rules.approvers or any(map(needs_lookup, rules.approvers))
    if name not in rules.approvers and needs_more:
        return None
    return SlackUser(name, workspace="", is_guest=False, groups=frozenset())


def may_approve(  # noqa: PLR0913 - the last three are the person's input
    person: Person,
    plan: PlanRecord,
    rules: ApprovalRules,
    *,
    version: int,
    channel: str | None,
    typed: str | None,
) -> ApprovalPermission:
    """`version`: the version that the person saw. `channel`: where the person approves; None
    outside Slack. `typed`: the repository name, typed as a confirmation; None if not asked for.

    Refusals that apply to every person come first, those that are easy to fix last.
    """
    impossible = (
        _wrong_state(plan)
        or why_outdated(plan, version)
        or why_unapprovable(plan)
        or _not_allowed_here(person, plan, rules)
    )
    if impossible:
        return PermissionRefused(impossible)
    permission = _as_approver(person, rules)
    if isinstance(permission, PermissionRefused):
        return permission
    fixable = (
        _wrong_channel(person, plan, rules, channel)
        or _approved_before(person, plan)
        or _not_confirmed(plan, rules, typed)
    )
    return PermissionRefused(fixable) if fixable else permission


def may_approve_there(
    person: Person, plan: PlanRecord, rules: ApprovalRules, channel: str | None
) -> ApprovalPermission:
    """As `may_approve`, but only what depends on the person, the channel and the settings."""
    if not_allowed := _not_allowed_here(person, plan, rules):
        return PermissionRefused(not_allowed)
    permission = _as_approver(person, rules)
    if isinstance(permission, PermissionRefused):
        return permission
    wrong_channel = _wrong_channel(person, plan, rules, channel)
    return PermissionRefused(wrong_channel) if wrong_channel else permission


def counts_as_approver(person: Person, rules: ApprovalRules) -> PersonPermission:
    """Whether a stored approval counts under the settings of the worker that runs the plan."""
    if isinstance(person, AwsIdentity) and rules.required > 1:
        return PermissionRefused(CommandLineApprovalNotCounted(rules.required))
    return _as_approver(person, rules)


def why_unapprovable(plan: PlanRecord) -> PlanIncomplete | NoSourceEnabled | NothingToDelete | None:
    """Why no person can approve the plan; None if it can be approved."""
    if not plan.complete:
        return PlanIncomplete()
    if not plan.checked:
        return NoSourceEnabled()
    return None if plan.deletions else NothingToDelete()


def why_outdated(plan: PlanRecord, version: int) -> OutdatedVersion | None:
    return None if version == plan.version else OutdatedVersion(plan.version, version)


def needs_typing(plan: PlanRecord, rules: ApprovalRules) -> bool:
    """Whether the approver types the repository's name: the plan deletes a large part of it, or
    many images that the keep rules may have forgotten. Never, if the settings say 100%."""
    if rules.confirm_over >= 1 or not plan.manifests:
        return False
    return plan.deletions / plan.manifests > rules.confirm_over or forgets_many(plan.image_groups)


def forgets_many(images: ImageGroupCounts | None) -> bool:
    """Whether more than a tenth of the images to delete have only tags that no keep rule could
    match. None: unknown."""
    return images is not None and images.forgotten > FORGOTTEN_SHARE * images.to_delete


def may_pin(person: Person, rules: ApprovalRules) -> PersonPermission:
    return _as_member_or_approver(person, rules)


def may_unpin(person: Person, pin: Pin, rules: ApprovalRules) -> PersonPermission:
    """The author of the pin and approvers may: in any channel, and on the command line even if
    several approvals are required."""
    if pin.by == person.name:
        return PermissionGranted(PinAuthor(person.name))
    return _as_approver(person, rules)


def may_confirm_usage(person: Person, rules: ApprovalRules) -> PersonPermission:
    """Approvers only: it can make a plan complete, so that it can be approved."""
    return _as_approver(person, rules)


def may_pause(person: Person, rules: ApprovalRules) -> PersonPermission:
    """Applies to resume as well."""
    return _as_approver(person, rules)


def may_ask_for_report(person: Person, rules: ApprovalRules) -> PersonPermission:
    return _as_member_or_approver(person, rules)


def may_dismiss(person: Person, rules: ApprovalRules) -> PersonPermission:
    return _as_member_or_approver(person, rules)


def may_stop(person: Person, rules: ApprovalRules) -> PersonPermission:
    return _as_member_or_approver(person, rules)


def _wrong_state(plan: PlanRecord) -> WrongPlanState | None:
    if plan.state is PlanState.PROPOSED:
        return None
    return WrongPlanState(plan.repository.name, plan.state)


def _not_allowed_here(
    person: Person, plan: PlanRecord, rules: ApprovalRules
) -> ReportOnlyMode | NoApprovalChannel | ApprovableOnlyInSlack | None:
    """Why approval is refused to everyone in Slack, or to everyone on the command line."""
    if rules.report_only:
        return ReportOnlyMode()
    if isinstance(person, SlackUser):
        return NoApprovalChannel(plan.repository.name) if rules.channel is None else None
    return ApprovableOnlyInSlack(rules.required) if rules.required > 1 else None


def _wrong_channel(
    person: Person, plan: PlanRecord, rules: ApprovalRules, channel: str | None
) -> ApprovableOnlyInChannel | None:
    if isinstance(person, AwsIdentity) or channel == rules.channel:
        return None
    return ApprovableOnlyInChannel(plan.repository.name, rules.channel)


def _approved_before(person: Person, plan: PlanRecord) -> AlreadyApproved | None:
    approvers = {approval.by for approval in plan.current_approvals}
    return AlreadyApproved(person.name) if person.name in approvers else None


def _not_confirmed(
    plan: PlanRecord, rules: ApprovalRules, typed: str | None
) -> RepositoryNameNotTyped | WrongNameTyped | None:
    if not needs_typing(plan, rules):
        return None
    name = plan.repository.name
    if typed is None:
        return RepositoryNameNotTyped(name, plan.deletions, plan.manifests)
    return None if typed.strip() == name else WrongNameTyped(name, typed.strip())


def _as_member_or_approver(person: Person, rules: ApprovalRules) -> PersonPermission:
    """Every full member may, since these actions never delete more; approvers may even if they are
    not full members."""
    member = _as_member(person, rules)
    approver = _as_approver(person, rules)
    return approver if isinstance(approver, PermissionGranted) else member


def _as_approver(person: Person, rules: ApprovalRules) -> PersonPermission:
    if not rules.approvers:
        return _as_member(person, rules)
    if isinstance(person, AwsIdentity):
        return _as_listed_arn(person, rules)
    return _as_listed_user(person, rules)


def _as_member(person: Person, rules: ApprovalRules) -> PersonPermission:
    if isinstance(person, AwsIdentity):
        return PermissionGranted(HasAwsCredentials(person.arn))
    why_not = _why_no_member(person, rules)
    return (
        PermissionGranted(FullWorkspaceMember(person.id))
        if why_not is None
        else PermissionRefused(why_not)
    )


def _why_no_member(
    person: SlackUser, rules: ApprovalRules
) -> WorkspaceUnknown | MemberOfOtherWorkspace | WorkspaceGuest | None:
    if rules.workspace is None:
        return WorkspaceUnknown(person.id)
    if person.workspace != rules.workspace:
        return MemberOfOtherWorkspace(person.id)
    return WorkspaceGuest(person.id) if person.is_guest else None


def _as_listed_user(person: SlackUser, rules: ApprovalRules) -> PersonPermission:
    if person.id in rules.approvers:
        return PermissionGranted(NamedApprover(person.id))
    groups = [approver for approver in rules.approvers if needs_lookup(approver)]
    if groups and person.groups is None:
        return PermissionRefused(UserGroupUnreadable(person.id, groups[0]))
    common = next((group for group in groups if group in (person.groups or ())), None)
    if common is None:
        return PermissionRefused(NotAnApprover(person.name))
    if (why_not := _why_no_member(person, rules)) is not None:
        return PermissionRefused(GroupMemberNotAllowed(common, why_not))
    return PermissionGranted(InApproverGroup(person.id, common))


def needs_lookup(approver: str) -> bool:
    """Whether only Slack knows who the approver is: a user group, or the handle of a user or of a
    user group."""
    return approver.startswith(("S", "@"))


def _as_listed_arn(person: AwsIdentity, rules: ApprovalRules) -> PersonPermission:
    patterns = list(map(ArnPattern, filter(is_arn_pattern, rules.approvers)))
    if matching := next((each for each in patterns if each.match(person.arn)), None):
        return PermissionGranted(MatchesApproverPattern(person.arn, matching.text))
    too_wide = (each for each in patterns if each.is_too_wide)
    if wide := next((w for w in too_wide if Patterns.of(w.text).match(person.arn)), None):
        return PermissionRefused(ApproverPatternTooWide(wide.text))
    return PermissionRefused(NotAnApprover(person.name))


def why_not_enough(
    plan: PlanRecord, decisions: Mapping[str, ApprovalPermission], required: int
) -> TooFewApprovals | None:
    """Why the approvals are not enough for the settings of this process; None if they are.
    `decisions`: whether an approval counts here, by approver."""
    approvers = sorted({each.by for each in plan.current_approvals})
    counted = sum(isinstance(decisions[by], PermissionGranted) for by in approvers)
    if counted >= required:
        return None
    refused = [found for by in approvers if isinstance(found := decisions[by], PermissionRefused)]
    reasons = tuple(each.reason for each in refused)
    return TooFewApprovals(required, counted, len(approvers), reasons)


def why_too_early(
    plan: PlanRecord, undo_window: timedelta, starts_at: datetime
) -> UndoWindowOpen | None:
    """Why the undo window of this process is not over at `starts_at`; None if it is."""
    approved_at = max((each.at for each in plan.current_approvals), default=starts_at)
    waited = max(starts_at - approved_at, timedelta(0))
    return None if waited >= undo_window else UndoWindowOpen(undo_window, waited)
