"""Who may approve, pin, unpin, dismiss and stop."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.permissions import (
    ApprovalPermission,
    AwsIdentity,
    PermissionGranted,
    Person,
    SlackUser,
    may_approve,
    may_ask_for_report,
    may_confirm_usage,
    may_dismiss,
    may_pin,
    may_stop,
    may_unpin,
    needs_typing,
)
from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.policy import ApprovalRules
from bot.core.records import PlanRecord
from bot.render.permission_sentences import grant_words
from bot.render.refusals import refusal_words
from tests.core.records import consent, record

EVERYBODY = ApprovalRules((), 1, 0.5, "T1", "C1")

ANN = SlackUser("U1", "T1", is_guest=False, groups=frozenset({"S1"}))
BOB = replace(ANN, id="U2", groups=frozenset())
GUEST = replace(BOB, is_guest=True)
STRANGER = replace(BOB, workspace="T2")
UNREADABLE = replace(BOB, groups=None)
ROLE = AwsIdentity("arn:aws:sts::123456789012:assumed-role/Ops/ann")
USER = AwsIdentity("arn:aws:iam::123456789012:user/team/ann")

LARGE = record(deletions=51)


def rules(*approvers: str, **changes: Any) -> ApprovalRules:
    return replace(EVERYBODY, approvers=approvers, **changes)


def decide(
    person: Person = ANN, plan: PlanRecord | None = None, **given: Any
) -> ApprovalPermission:
    said: dict[str, Any] = {
        "rules": EVERYBODY,
        "version": 2,
        "channel": None if isinstance(person, AwsIdentity) else "C1",
        "typed": None,
    }
    return may_approve(person, plan or record(), **(said | given))


def reason_of(decision: ApprovalPermission) -> str:
    if isinstance(decision, PermissionGranted):
        return grant_words(decision.reason)
    return refusal_words(decision.reason)


@pytest.mark.parametrize(
    ("description", "person", "approvers", "because"),
    [
        ("a full member, no approvers", BOB, (), "U2 is a full member of the workspace"),
        ("the command line, no approvers", ROLE, (), "has credentials for the command line"),
        ("groups don't matter without approvers", UNREADABLE, (), "U2 is a full member"),
        ("named by id", ANN, ("U9", "U1"), "U1 is one of the approvers"),
        ("named by an id of an Enterprise Grid", replace(ANN, id="W1"), ("W1",), "W1 is one"),
        ("in a group", ANN, ("U9", "S9", "S1"), "U1 is in the user group S1"),
        ("by handle", replace(ANN, groups=frozenset({"@ann"})), ("S9", "@ann"), "@ann includes U1"),
        ("named, though groups are unreadable", UNREADABLE, ("S1", "U2"), "U2 is one of"),
        ("a guest whom the settings name", GUEST, ("U2",), "U2 is one of the approvers"),
        ("a stranger whom the settings name", STRANGER, ("U2",), "U2 is one of the approvers"),
        (
            "an ARN as it is",
            ROLE,
            (ROLE.arn,),
            "matches arn:aws:sts::123456789012:assumed-role/Ops",
        ),
        ("a glob", ROLE, ("arn:aws:sts::123456789012:assumed-role/Ops/*",), "matches arn:aws:sts"),
        ("* matches / too", USER, ("arn:aws:iam::123456789012:user/*",), "matches arn:aws:iam"),
        ("case does not matter", USER, ("arn:aws:iam::123456789012:USER/*/Ann",), "matches"),
        ("any partition", USER, ("arn:*:iam::123456789012:user/team/ann",), "matches"),
        ("a set", USER, ("arn:aws:iam::123456789012:user/team/[a-c]nn",), "matches"),
        (
            "a good glob behind one that is too broad",
            USER,
            ("arn:aws:iam::*:user/*", "arn:aws:iam::123456789012:user/team/ann"),
            "matches arn:aws:iam::123456789012:user/team/ann",
        ),
    ],
)
def test_who_may_approve(
    description: str, person: Person, approvers: tuple[str, ...], because: str
) -> None:
    decision = decide(person, rules=rules(*approvers))
    assert isinstance(decision, PermissionGranted), description
    assert because in reason_of(decision)


@pytest.mark.parametrize(
    ("description", "person", "approvers", "because"),
    [
        ("a guest", GUEST, (), "U2 is a guest"),
        ("a member of another workspace", STRANGER, (), "belongs to another workspace"),
        ("not named", BOB, ("U1",), "U2 is not an approver"),
        ("groups unreadable, only people named", UNREADABLE, ("U1",), "U2 is not an approver"),
        ("not in the group", BOB, ("S1",), "U2 is not an approver"),
        ("groups unreadable", UNREADABLE, ("U1", "S1"), "user group S1 could not be read"),
        ("not by handle", BOB, ("@ann",), "U2 is not an approver"),
        ("handles unreadable", UNREADABLE, ("@ann",), "could not look up @ann"),
        (
            "a guest by handle",
            replace(GUEST, groups=frozenset({"@gil"})),
            ("@gil",),
            "U2 is a guest: only full members of the workspace are allowed, even if @gil includes",
        ),
        ("a guest in the group", replace(ANN, is_guest=True), ("S1",), "U1 is a guest"),
        ("a stranger in the group", replace(ANN, workspace="T2"), ("S1",), "another workspace"),
        ("only ARNs are named", ANN, (ROLE.arn,), "U1 is not an approver"),
        ("only people are named", ROLE, ("U1", "S1"), "Ops/ann is not an approver"),
        (
            "another role",
            ROLE,
            ("arn:aws:sts::123456789012:assumed-role/Admin/*",),
            "is not an approver",
        ),
        (
            "another account",
            ROLE,
            ("arn:aws:sts::999999999999:assumed-role/Ops/*",),
            "is not an approver",
        ),
        (
            "another service",
            ROLE,
            ("arn:aws:iam::123456789012:assumed-role/Ops/*",),
            "is not an approver",
        ),
        (
            "an account's digits in a user's path",
            AwsIdentity("arn:aws:iam::999999999999:user/x:123456789012:user/team/ann"),
            ("arn:aws:iam:*:123456789012:user/team/ann",),
            "is not an approver",
        ),
        ("no ARN", AwsIdentity("ann"), (USER.arn,), "ann is not an approver"),
    ],
)
def test_who_may_not(
    description: str, person: Person, approvers: tuple[str, ...], because: str
) -> None:
    decision = decide(person, rules=rules(*approvers))
    assert not isinstance(decision, PermissionGranted), description
    assert because in reason_of(decision)


@pytest.mark.parametrize(
    "glob",
    [
        "arn:*",
        "arn:aws:iam::*",
        "arn:aws:iam::*:user/team/ann",
        "arn:aws:iam::12345678901?:user/team/ann",
        "arn:aws:iam::[1]23456789012:user/team/ann",
        "arn:aws:iam::123456789012*",
        "arn:aws:iam::123456789012*:user/team/ann",
        "arn:aws:iam::123456789012:*",
        "arn:aws:iam::123456789012:**",
        "arn:aws:iam::123456789012:?*",
        "arn:aws:iam::123456789012:*/*",
        "arn:aws:iam::123456789012:[!x]*",
        "arn:aws:iam::123456789012:[a-z]*/[]a-z]*",
        "arn:aws:[i]am::123456789012:user/team/ann",
        "arn:aws*:user/team/ann",
    ],
)
def test_a_glob_that_is_too_wide_grants_nothing_and_is_named(glob: str) -> None:
    decision = decide(USER, rules=rules(glob))
    assert not isinstance(decision, PermissionGranted)
    assert f"{glob} is too broad" in reason_of(decision)


@pytest.mark.parametrize(
    ("description", "plan", "because"),
    [
        ("approved", record(state=PlanState.APPROVED), "team/api is already approved"),
        ("executing", record(state=PlanState.EXECUTING), "is being executed"),
        ("done", record(state=PlanState.DONE), "was executed"),
        ("failed", record(state=PlanState.FAILED), "some images could not be deleted"),
        ("stopped", record(state=PlanState.STOPPED), "was stopped"),
        ("dismissed", record(state=PlanState.DISMISSED), "was dismissed"),
        ("expired", record(state=PlanState.EXPIRED), "expired"),
        ("superseded", record(state=PlanState.SUPERSEDED), "superseded by a newer version"),
        (
            "version 2 was seen, 3 counts",
            record(version=3),
            "Version 3 of the plan has replaced version 2",
        ),
        ("version 2 was seen, 1 counts", record(version=1), "Version 1 of the plan has replaced"),
        ("incomplete", record(complete=False), "incomplete, so it cannot be approved"),
        ("nothing checked", record(checked=False), "No usage source is switched on"),
        ("nothing to delete", record(deletions=0), "nothing to approve"),
        ("an empty repository", record(deletions=0, manifests=0), "nothing to approve"),
        (
            "approved by the same",
            record(approvals=(consent("U1"),)),
            "U1 has already approved this",
        ),
    ],
)
def test_what_cannot_be_approved(description: str, plan: PlanRecord, because: str) -> None:
    decision = decide(plan=plan)
    assert not isinstance(decision, PermissionGranted), description
    assert because in reason_of(decision)


@pytest.mark.parametrize(
    "approvals",
    [(), (consent("U1", version=1),), (consent("U2"),), (consent("U2"), consent("U1", version=1))],
)
def test_only_an_own_approval_of_this_version_prevents_another(approvals: tuple[Any, ...]) -> None:
    assert isinstance(decide(plan=record(approvals=approvals)), PermissionGranted)


@pytest.mark.parametrize(
    ("description", "given", "because"),
    [
        ("another channel", {"channel": "C2"}, "only in its channel, C1"),
        ("no channel, as in a message to the bot", {"channel": None}, "only in its channel"),
        (
            "no channel in the settings",
            {"rules": rules(channel=None)},
            "`reports` sets no channel for team/api",
        ),
        (
            "no channel anywhere",
            {"rules": rules(channel=None), "channel": None},
            "cannot be approved in Slack",
        ),
        (
            "the bot's workspace is unknown",
            {"rules": rules(workspace=None)},
            "id of this workspace",
        ),
    ],
)
def test_slack_approvals_are_limited_to_one_channel(
    description: str, given: dict[str, Any], because: str
) -> None:
    decision = decide(**given)
    assert not isinstance(decision, PermissionGranted), description
    assert because in reason_of(decision)


@pytest.mark.parametrize("person", [ANN, GUEST, ROLE])
def test_report_only_prevents_approval(person: Person) -> None:
    decision = decide(person, rules=rules(report_only=True))
    assert not isinstance(decision, PermissionGranted)
    assert "have `execution.enabled: false`, so plans are only reported" in reason_of(decision)


@pytest.mark.parametrize(
    "may", [may_ask_for_report, may_pin, may_dismiss, may_stop, may_confirm_usage]
)
@pytest.mark.parametrize("person", [ANN, ROLE])
def test_report_only_allows_everything_else(may: Any, person: Person) -> None:
    assert isinstance(may(person, rules(report_only=True)), PermissionGranted)


def test_the_command_line_needs_no_channel() -> None:
    assert isinstance(decide(ROLE, rules=rules(channel=None, workspace=None)), PermissionGranted)


@pytest.mark.parametrize("approvers", [(), (ROLE.arn,), ("U1",)])
def test_command_line_approvals_do_not_count_if_several_are_required(
    approvers: tuple[str, ...],
) -> None:
    decision = decide(ROLE, rules=rules(*approvers, required=2))
    assert not isinstance(decision, PermissionGranted)
    assert "2 people must approve, and approvals from the command line do not" in reason_of(
        decision
    )


def test_in_slack_every_approver_may_approve() -> None:
    assert isinstance(decide(rules=rules(required=2)), PermissionGranted)
    assert isinstance(
        decide(BOB, record(approvals=(consent("U1"),)), rules=rules(required=2)), PermissionGranted
    )


@pytest.mark.parametrize(
    ("description", "deletions", "manifests", "over", "expected"),
    [
        ("exactly half", 50, 100, 0.5, False),
        ("just over half", 51, 100, 0.5, True),
        ("just over half of many", 10_001, 20_000, 0.5, True),
        ("exactly 29 %, which no float is", 29, 100, 0.29, False),
        ("exactly 7 %, which no float is", 21, 300, 0.07, False),
        ("all, and 100 % never asks", 3, 3, 1.0, False),
        ("one, and 0 % always asks", 1, 20_000, 0.0, True),
        ("an empty repository", 0, 0, 0.0, False),
    ],
)
def test_large_plans_need_typing(
    description: str, deletions: int, manifests: int, over: float, *, expected: bool
) -> None:
    plan = record(deletions=deletions, manifests=manifests)
    assert needs_typing(plan, rules(confirm_over=over)) is expected, description


@pytest.mark.parametrize("person", [ANN, ROLE])
@pytest.mark.parametrize(
    ("description", "typed", "because"),
    [
        ("not asked yet", None, "51 of 100 manifests: type the repository's name"),
        ("nothing", "", "'' was typed, but the name of the repository is team/api"),
        ("another name", "team/app", "'team/app' was typed"),
        ("other case", "Team/API", "'Team/API' was typed"),
        ("the URI", "host/team/api", "'host/team/api' was typed"),
        ("a space inside", "team/ api", "'team/ api' was typed"),
    ],
)
def test_without_the_right_name_a_large_plan_is_refused(
    person: Person, description: str, typed: str | None, because: str
) -> None:
    decision = decide(person, LARGE, typed=typed)
    assert not isinstance(decision, PermissionGranted), description
    assert because in reason_of(decision)


@pytest.mark.parametrize("person", [ANN, ROLE])
@pytest.mark.parametrize("typed", ["team/api", "  team/api\n"])
def test_with_the_right_name_a_large_plan_is_approved(person: Person, typed: str) -> None:
    assert isinstance(decide(person, LARGE, typed=typed), PermissionGranted)


def test_a_small_plan_ignores_the_typed_name() -> None:
    assert isinstance(decide(typed="something"), PermissionGranted)


@pytest.mark.parametrize(
    ("description", "person", "plan", "given", "because"),
    [
        ("closed, before version", GUEST, record(state=PlanState.DONE, version=3), {}, "executed"),
        ("outdated, before content", GUEST, record(version=3, complete=False), {}, "replaced"),
        (
            "incomplete, before channel",
            GUEST,
            record(complete=False),
            {"channel": "C2"},
            "incomplete",
        ),
        (
            "report only, before channel",
            GUEST,
            record(),
            {"rules": rules(channel=None, report_only=True)},
            "execution.enabled",
        ),
        (
            "no channel, before person",
            GUEST,
            record(),
            {"rules": rules(channel=None)},
            "no channel",
        ),
        ("guest, before channel", GUEST, record(), {"channel": "C2"}, "guest"),
        ("other channel, before typing", ANN, LARGE, {"channel": "C2"}, "its channel"),
        (
            "second approval, before typing",
            ANN,
            replace(LARGE, approvals=(consent("U1"),)),
            {},
            "already",
        ),
    ],
)
def test_the_most_useful_reason_comes_first(
    description: str, person: Person, plan: PlanRecord, given: dict[str, Any], because: str
) -> None:
    decision = decide(person, plan, **given)
    assert not isinstance(decision, PermissionGranted)
    assert because in reason_of(decision), description


@pytest.mark.parametrize("may", [may_ask_for_report, may_pin, may_dismiss, may_stop])
@pytest.mark.parametrize(
    ("description", "person", "approvers", "granted"),
    [
        ("a full member", BOB, (), True),
        ("a full member who may not approve", BOB, ("U1",), True),
        ("a full member whose groups are unreadable", UNREADABLE, ("S1",), True),
        ("the command line", ROLE, (), True),
        ("an identity that may not approve", ROLE, ("U1",), True),
        ("a guest", GUEST, (), False),
        ("a guest who may not approve", GUEST, ("U1",), False),
        ("a guest who may approve", GUEST, ("U2",), True),
        ("a member of another workspace", STRANGER, (), False),
        ("a member of another workspace who may approve", STRANGER, ("U2",), True),
    ],
)
def test_who_may_pin_dismiss_and_stop(
    may: Any, description: str, person: Person, approvers: tuple[str, ...], *, granted: bool
) -> None:
    assert isinstance(may(person, rules(*approvers)), PermissionGranted) is granted, description


def test_a_refusal_names_the_membership() -> None:
    assert "U2 is a guest" in reason_of(may_pin(GUEST, rules("U1")))


@pytest.mark.parametrize(
    ("description", "person", "approvers", "granted", "because"),
    [
        ("the owner", replace(ANN, id="UOWNER"), ("U1",), True, "UOWNER made the pin"),
        ("a full member, no approvers", BOB, (), True, "full member"),
        ("an approver", ANN, ("S1",), True, "user group S1"),
        ("the command line, no approvers", ROLE, (), True, "credentials"),
        ("neither owner nor approver", BOB, ("U1",), False, "is not an approver"),
        ("a guest", GUEST, (), False, "guest"),
    ],
)
def test_who_may_unpin(
    description: str,
    person: Person,
    approvers: tuple[str, ...],
    because: str,
    *,
    granted: bool,
) -> None:
    decision = may_unpin(person, Pin("1.0", "UOWNER", "why"), rules(*approvers))
    assert isinstance(decision, PermissionGranted) is granted, description
    assert because in reason_of(decision)


def test_an_identity_unpins_what_it_pinned() -> None:
    assert isinstance(
        may_unpin(ROLE, Pin("1.0", ROLE.arn, "why"), rules("U1", required=2)), PermissionGranted
    )


@pytest.mark.parametrize(
    ("approvers", "granted"), [((), True), ((ANN.id,), True), (("U99",), False)]
)
def test_usage_is_confirmed_by_approvers(
    approvers: tuple[str, ...],
    granted: bool,  # noqa: FBT001 - a row of the table
) -> None:
    assert (
        isinstance(
            may_confirm_usage(ANN, replace(EVERYBODY, approvers=approvers)), PermissionGranted
        )
        is granted
    )
