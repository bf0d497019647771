"""Who may do what with a plan or a pin. Every answer has a reason that people can read."""

import re
from dataclasses import dataclass

from bot.core.approval_rules import ApprovalRules
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.records import PlanRecord, PlanState
from bot.core.transitions import what_became

_ARN = re.compile(
    r"(?P<service>arn:[^:\[]*:[^:\[]*:[^:\[]*):(?P<account>\d{12}):(?P<resource>.+)", re.ASCII
)
"""Also a glob of ARNs, if it leaves the account no play. IAM user guide, IAM identifiers."""

_SETS = re.compile(r"\[!?.[^]]*\]")
_LITERAL = re.compile(r"\w", re.ASCII)


@dataclass(frozen=True, slots=True)
class Decision:
    granted: bool
    reason: str


@dataclass(frozen=True, slots=True)
class SlackPerson:
    """`groups`: the user groups that the person is in; None if they could not be read."""

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


Person = SlackPerson | AwsIdentity


def person_without_directory(name: str, rules: ApprovalRules) -> Person | None:
    """The person of that name, as far as the rules need to know them. None: the rules ask for more
    than the name, and only Slack's directory knows it."""
    if name.startswith("arn:"):
        return AwsIdentity(name)
    asks_for_more = not rules.approvers or any(map(_is_user_group, rules.approvers))
    if name not in rules.approvers and asks_for_more:
        return None
    return SlackPerson(name, workspace="", is_guest=False, groups=frozenset())


def may_approve(  # noqa: PLR0913 - the last three are all that the person said
    person: Person,
    plan: PlanRecord,
    rules: ApprovalRules,
    *,
    version: int,
    channel: str | None,
    typed: str | None,
) -> Decision:
    """`version`: the one that the person saw; `channel`: where they said so, None outside Slack;
    `typed`: what they typed to confirm, None if nobody asked them.

    What no other person could do either comes first, what is easiest to mend last.
    """
    refusal = (
        _over(plan)
        or why_outdated(plan, version)
        or why_unapprovable(plan)
        or _no_way(person, plan, rules)
    )
    if refusal:
        return _refused(refusal)
    standing = _stands_as_approver(person, rules)
    if not standing.granted:
        return standing
    refusal = (
        _elsewhere(person, plan, rules, channel)
        or _twice(person, plan)
        or _unconfirmed(plan, rules, typed)
    )
    return _refused(refusal) if refusal else standing


def may_have_approved(person: Person, rules: ApprovalRules) -> Decision:
    """Whether a stored approval counts, by the rules of the process that carries the plan out."""
    if isinstance(person, AwsIdentity) and rules.required > 1:
        return _refused(_not_from_the_command_line(rules))
    return _stands_as_approver(person, rules)


def why_unapprovable(plan: PlanRecord) -> str | None:
    """Why nobody can approve what is proposed; None if somebody can."""
    if not plan.complete:
        return (
            "The plan is incomplete, so nobody can approve it: mend what it names, and propose "
            "it again"
        )
    if not plan.checked:
        return (
            "No source of usage is on, so nobody can approve the plan: switch one on under "
            "`usage`, and propose it again"
        )
    if not plan.deletions:
        return "The plan deletes nothing, so there is nothing to approve"
    return None


def why_outdated(plan: PlanRecord, version: int) -> str | None:
    if version == plan.version:
        return None
    return (
        f"A newer version was proposed: version {plan.version} counts now, and not version "
        f"{version}; look at what changed, and decide about that"
    )


def needs_typing(plan: PlanRecord, rules: ApprovalRules) -> bool:
    return plan.manifests > 0 and plan.deletions / plan.manifests > rules.confirm_over


def may_pin(person: Person, rules: ApprovalRules) -> Decision:
    return _takes_part(person, rules)


def may_unpin(person: Person, pin: Pin, rules: ApprovalRules) -> Decision:
    """Whose pin it is, and whoever may approve: in any channel, and on the command line whatever
    number of approvals is required."""
    if pin.by == person.name:
        return _granted(f"{person.name} made the pin")
    return _stands_as_approver(person, rules)


def may_confirm_usage(person: Person, rules: ApprovalRules) -> Decision:
    """It makes plans complete, and so open to approval."""
    return _stands_as_approver(person, rules)


def may_pause(person: Person, rules: ApprovalRules) -> Decision:
    """Also who may resume: it lets deletions begin again."""
    return _stands_as_approver(person, rules)


def may_ask_for_report(person: Person, rules: ApprovalRules) -> Decision:
    return _takes_part(person, rules)


def may_dismiss(person: Person, rules: ApprovalRules) -> Decision:
    return _takes_part(person, rules)


def may_stop(person: Person, rules: ApprovalRules) -> Decision:
    return _takes_part(person, rules)


def _over(plan: PlanRecord) -> str | None:
    if plan.state is PlanState.PROPOSED:
        return None
    return f"The plan for {plan.repository.name} {what_became(plan.state)}"


def _no_way(person: Person, plan: PlanRecord, rules: ApprovalRules) -> str | None:
    """What keeps everybody from approving the way this person does."""
    if rules.report_only:
        return (
            "The settings have `execution.enabled: false`, so plans are only reported, and nobody "
            "can approve them"
        )
    if isinstance(person, SlackPerson):
        if rules.channel is None:
            return (
                f"The settings give {plan.repository.name} no channel under `reports`, so it "
                "cannot be approved in Slack"
            )
    elif rules.required > 1:
        return f"{_not_from_the_command_line(rules)}: approve in Slack"
    return None


def _not_from_the_command_line(rules: ApprovalRules) -> str:
    return (
        f"{rules.required} people must approve, and approvals from the command line don't count "
        "towards them"
    )


def _elsewhere(
    person: Person, plan: PlanRecord, rules: ApprovalRules, channel: str | None
) -> str | None:
    if isinstance(person, AwsIdentity) or channel == rules.channel:
        return None
    return f"{plan.repository.name} can be approved only in its own channel, {rules.channel}"


def _twice(person: Person, plan: PlanRecord) -> str | None:
    if all(approval.by != person.name for approval in plan.current_approvals):
        return None
    return f"{person.name} has approved this version already: somebody else has to, too"


def _unconfirmed(plan: PlanRecord, rules: ApprovalRules, typed: str | None) -> str | None:
    if not needs_typing(plan, rules):
        return None
    name = plan.repository.name
    if typed is None:
        return (
            f"The plan deletes {plan.deletions:,} of {plan.manifests:,} manifests, so the "
            f"repository's name has to be typed to confirm it: {name}"
        )
    if typed.strip() != name:
        return f"{typed.strip()!r} was typed, but the repository is called {name}"
    return None


def _takes_part(person: Person, rules: ApprovalRules) -> Decision:
    """Open to every full member, since it only ever keeps more; and to whoever may approve, so
    that they can stop what they approved."""
    member = _stands_as_member(person, rules)
    approver = _stands_as_approver(person, rules)
    return approver if approver.granted else member


def _stands_as_approver(person: Person, rules: ApprovalRules) -> Decision:
    if not rules.approvers:
        return _stands_as_member(person, rules)
    if isinstance(person, AwsIdentity):
        return _stands_by_arn(person, rules)
    return _stands_by_id(person, rules)


def _stands_as_member(person: Person, rules: ApprovalRules) -> Decision:
    if isinstance(person, AwsIdentity):
        return _granted(f"{person.arn} has credentials for the command line")
    if rules.workspace is None:
        return _refused(
            f"It is not known which workspace this is, so nobody can tell whether {person.id} "
            "belongs to it"
        )
    if person.workspace != rules.workspace:
        return _refused(f"{person.id} belongs to another workspace: only full members of this may")
    if person.is_guest:
        return _refused(f"{person.id} is a guest: only full members of the workspace may")
    return _granted(f"{person.id} is a full member of the workspace")


def _stands_by_id(person: SlackPerson, rules: ApprovalRules) -> Decision:
    if person.id in rules.approvers:
        return _granted(f"{person.id} is one of the approvers")
    groups = [approver for approver in rules.approvers if _is_user_group(approver)]
    if groups and person.groups is None:
        return _refused(
            f"The user group {groups[0]} could not be read, so nobody knows whether {person.id} "
            "is in it"
        )
    common = next((group for group in groups if group in (person.groups or ())), None)
    if common is None:
        return _refused(_no_approver(person))
    member = _stands_as_member(person, rules)
    if not member.granted:
        return _refused(f"{member.reason}, even in the user group {common}")
    return _granted(f"{person.id} is in the user group {common}, which is one of the approvers")


def _is_user_group(approver: str) -> bool:
    return approver.startswith("S")


def _stands_by_arn(person: AwsIdentity, rules: ApprovalRules) -> Decision:
    globs = [approver for approver in rules.approvers if approver.startswith("arn:")]
    if fitting := next((glob for glob in globs if _fits(glob, person.arn)), None):
        return _granted(f"{person.arn} fits {fitting}, which is one of the approvers")
    fitting_too_many = (g for g in globs if _is_too_wide(g) and Patterns.of(g).match(person.arn))
    if wide := next(fitting_too_many, None):
        return _refused(
            f"{wide} is too wide to let anybody approve: in the settings, write an account's 12 "
            "digits and more of the resource than wildcards"
        )
    return _refused(_no_approver(person))


def _fits(glob: str, arn: str) -> bool:
    """Part by part: a `*` never reaches from one part of an ARN into the next."""
    wanted, found = _ARN.fullmatch(glob), _ARN.fullmatch(arn)
    if wanted is None or found is None or _is_too_wide(glob):
        return False
    return (
        Patterns.of(wanted["service"]).match(found["service"])
        and wanted["account"] == found["account"]
        and Patterns.of(wanted["resource"]).match(found["resource"])
    )


def _is_too_wide(glob: str) -> bool:
    parts = _ARN.fullmatch(glob)
    return parts is None or not _LITERAL.search(_SETS.sub("", parts["resource"]))


def _no_approver(person: Person) -> str:
    return f"{person.name} is none of the approvers that the settings name"


def _granted(reason: str) -> Decision:
    return Decision(granted=True, reason=reason)


def _refused(reason: str) -> Decision:
    return Decision(granted=False, reason=reason)
