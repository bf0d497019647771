"""Approve several…: the modals, what they approve and refuse, and Stop all."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.permissions import SlackUser
from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, PlanRecord, StoreChange
from bot.playground.slack import TEAM_ID, ActionOutcome, CallFault, SimulatedUser, Workspace
from bot.playground.slack.faults import DeliveryFault
from bot.slack.action_ids import APPROVE_PLANS, CHOSEN_PLANS
from bot.usecases.decisions import ApprovalRequest, Decisions
from tests.slack.conftest import StartBot
from tests.slack.digests import (
    PostedDigest,
    changed,
    named,
    post_digest,
    repositories,
    shown,
)
from tests.slack.running_bot import (
    IN_DOUBT,
    Clock,
    RunningBot,
    close,
    content,
    private_messages,
)
from tests.slack.support import buttons, calls
from tests.store.support import run_of, started

ALL = {"all_without_warnings": ["all_without_warnings"]}
PULLED = content("new", "old", pulled=3)


@pytest.fixture
def digest(bot: RunningBot) -> PostedDigest:
    """Four plans of two images each."""
    return post_digest(bot, repositories(bot, 4))


def ids(plans: Sequence[PlanRecord]) -> list[str]:
    return sorted(plan.id for plan in plans)


def states(digest: PostedDigest) -> list[PlanState]:
    return [digest.now(plan).state for plan in digest.plans]


# choosing and approving


def test_approve_25_of_60(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    digest = post_digest(bot, repositories(bot, 60))
    chosen = digest.plans[10:35]
    assert digest.opens(ann) == "Nothing is chosen yet."
    assert digest.picks(ann, chosen) == "*25 repositories: 50 images, $60 a year*"
    listed = digest.submits(ann)
    assert listed.startswith("*25 repositories: 50 images, $60 a year*\n• `team/r0010`: 2 im")
    assert "team/r0034" in listed
    assert "team/r0035" not in listed
    assert digest.approvals() == []
    assert digest.approves(ann, 50) == (
        "*25 plans approved.* Deletion starts 2026-11-23 12:05:00 UTC."
    )
    assert ids(chosen) == sorted(digest.approvals())
    for plan in chosen:
        after = digest.now(plan)
        assert after.state is PlanState.APPROVED
        assert [each.by for each in after.current_approvals] == [ann.id]
    _, said = digest.thread(ann)
    assert f"<@{ann.id}> approved 25 plans: 50 images, $60 a year. Deletion" in said["text"]
    assert buttons(said) == ["stop_plans"]
    assert len(calls(slack, "chat.postMessage")) == 2
    assert "approve_plans" in buttons(digest.shown(ann))


def test_the_list_of_images(digest: PostedDigest, slack: Workspace, ann: SimulatedUser) -> None:
    """It is in the digest's thread before the approval, and names each image of the choice."""
    text = digest.chooses(ann, digest.plans[:2])
    (reply,) = digest.thread(ann)
    (file,) = reply["files"]
    assert f"<{file['permalink']}|CSV file with every image>" in text
    uploaded = slack.files.find(file["id"])
    assert uploaded
    assert uploaded.content
    lines = uploaded.content.decode().splitlines()
    assert len(lines) == 5
    assert [line.count("team/r0000") for line in lines] == [0, 1, 1, 0, 0]
    assert all(",delete," in line for line in lines[1:])


def test_all_without_warnings(bot: RunningBot, ann: SimulatedUser) -> None:
    fine, pulled = repositories(bot, 3), repositories(bot, 1, PULLED, "hot/r")
    digest = post_digest(bot, [*fine, *pulled])
    digest.opens(ann)
    (_, checkbox, *_) = (ann.modal() or {})["blocks"]
    assert checkbox["element"]["options"][0]["text"]["text"] == "All without warnings (3)"
    bot.submits(ann, **ALL)
    assert "3 repositories: 6 images" in shown(ann)
    digest.approves(ann, 6)
    assert ids(fine) == sorted(digest.approvals())


def test_all_without_warnings_and_one_with(bot: RunningBot, ann: SimulatedUser) -> None:
    fine, pulled = repositories(bot, 3), repositories(bot, 1, PULLED, "hot/r")
    digest = post_digest(bot, [*fine, *pulled])
    digest.opens(ann)
    ann.uses("all_without_warnings", value=ALL["all_without_warnings"])
    bot.wait_until_idle()
    assert "3 repositories: 6 images" in shown(ann)
    assert "4 repositories: 7 images" in digest.picks(ann, pulled)
    line = "`hot/r0000`: 1 image, $1.20 a year · :warning: 1 pulled recently"
    assert line in digest.submits(ann)


def test_back_to_the_choice(digest: PostedDigest, ann: SimulatedUser) -> None:
    """From the second modal. After the approval, closing its result closes all."""
    digest.chooses(ann, digest.plans[:2])
    ann.closes()
    assert shown(ann) == "*2 repositories: 4 images, $4.80 a year*"
    digest.picks(ann, digest.plans[:3])
    assert "3 repositories: 6 images" in digest.submits(ann)
    digest.approves(ann, 6)
    ann.closes()
    assert ann.modal() is None
    assert len(digest.approvals()) == 3


def test_a_late_update_of_the_sum(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    """It does not replace the second modal."""
    digest.opens(ann)
    ann.looks_for("", CHOSEN_PLANS)
    slack.faults.add(CallFault(method="views.update", delay=0.7))
    ann.uses(CHOSEN_PLANS, value=[digest.plans[0].id])
    assert "*1 repository: 2 images" in digest.submits(ann)
    assert "CSV file" in shown(ann)


def test_nothing_is_chosen(digest: PostedDigest, ann: SimulatedUser) -> None:
    digest.opens(ann)
    errors = {"chosen_plans": "Choose at least one repository"}
    assert digest.bot.submits(ann) == ActionOutcome("errors", errors=errors, sent=True)
    digest.picks(ann, digest.plans[:1])
    assert digest.picks(ann, []) == "Nothing is chosen yet."


def test_a_wrong_number(digest: PostedDigest, ann: SimulatedUser) -> None:
    digest.chooses(ann, digest.plans)
    errors = {"typed_total": "These plans delete 8 images: type this number to approve them"}
    expected = ActionOutcome("errors", errors=errors, sent=True)
    for typed in ("7", "0", "-8", "all", "8 or so", "08", "8.5", "٨"):
        assert digest.bot.submits(ann, typed_total=typed) == expected, typed
    assert digest.approvals() == []
    assert digest.approves(ann, 8).startswith("*4 plans approved.*")


def test_the_number_with_separators(bot: RunningBot, ann: SimulatedUser) -> None:
    many = content(*(f"1.{number}" for number in range(1201)))
    spellings = ["1200", " 1,200 ", "1.200", "1 200", "1'200"]
    plans = repositories(bot, len(spellings), many)
    digest = post_digest(bot, plans)
    for plan, typed in zip(plans, spellings, strict=True):
        digest.chooses(ann, [plan])
        assert digest.approves(ann, typed).startswith("*1 plan approved.*"), typed
        ann.closes()


def test_two_approvals_are_required(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    """Each submission gives each plan one approval."""
    bot = start_bot(approval={"required": 2})
    digest = post_digest(bot, repositories(bot, 3))
    digest.chooses(ann, digest.plans)
    assert digest.approves(ann, 6) == "*3 plans approved.* 3 plans need more approvals."
    assert states(digest) == [PlanState.PROPOSED] * 3
    assert buttons(digest.thread(ann)[-1]) == []
    ann.closes()
    assert digest.opens(ann).startswith("No plan of this digest can be approved")
    digest.chooses(bob, digest.plans[:2])
    assert "Deletion starts 2026" in digest.approves(bob, 4)
    assert states(digest) == [PlanState.APPROVED] * 2 + [PlanState.PROPOSED]
    assert buttons(digest.thread(ann)[-1]) == ["stop_plans"]


def test_while_paused(digest: PostedDigest, ann: SimulatedUser) -> None:
    """Approvals are allowed; nothing starts."""
    store, event = digest.bot.store, next(iter(digest.bot.store.events()))
    store.set_pause(Pause(ann.id, digest.bot.clock(), ""), event)
    assert "ecr-clean is paused" in digest.chooses(ann, digest.plans)
    assert "when someone resumes ecr-clean" in digest.approves(ann, 8)


# plans apart


def test_large_and_blocked_plans_are_apart(start_bot: StartBot, ann: SimulatedUser) -> None:
    bot = start_bot(approval={"type_to_confirm_over": "70%"})
    large = repositories(bot, 12, content(*"abcd"), "large/r")
    blocked = repositories(bot, 1, content("new", "old", scans=[IN_DOUBT]), "blocked/r")
    digest = post_digest(bot, [*large, *blocked, *repositories(bot, 2)])
    report = bot.plan_messages.post_in_thread(large[0].id, bot.channel, digest.digest.ts or "")
    text = digest.opens(ann)
    assert f"`large/r0000`: <https://stand-in.slack.com/archives/{bot.channel}/p" in text
    assert report.ts.replace(".", "") in text
    assert "`large/r0010`" not in text
    assert "… and 2 more" in text
    assert f"/archives/{bot.channel}/p{(digest.digest.ts or '').replace('.', '')}|digest>" in text
    assert ":no_entry: *Blocked:* cannot be approved:\n• `blocked/r0000`" in text
    offered = ann.looks_for("", "chosen_plans").options
    assert [each["text"]["text"] for each in offered] == ["team/r0000", "team/r0001"]
    digest.picks(ann, digest.plans[-2:])
    assert ":no_entry: *Blocked:*" in shown(ann)
    digest.submits(ann)
    digest.approves(ann, 4)
    assert ids(digest.plans[-2:]) == sorted(digest.approvals())


def test_no_plan_can_be_approved(bot: RunningBot, ann: SimulatedUser) -> None:
    """The digest does not show it yet."""
    digest = post_digest(bot, repositories(bot, 1))
    changed(bot, digest.plans[0], scans=[IN_DOUBT])
    text = digest.opens(ann)
    assert text.startswith("No plan of this digest can be approved together with others now.")
    assert "`team/r0000`" in text
    assert not (ann.modal() or {}).get("submit")


def test_plans_of_earlier_versions_of_the_bot(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their rows have no numbers of images: these are counted."""
    digest = post_digest(bot, repositories(bot, 2))
    read = bot.store.digest_reports

    def without_numbers(of: object) -> object:
        return [
            each._replace(plan=replace(each.plan, image_groups=None))
            for each in read(of)  # type: ignore[arg-type]
            if each.plan
        ]

    monkeypatch.setattr(bot.store, "digest_reports", without_numbers)
    digest.opens(ann)
    assert "All without warnings" not in str(ann.modal())
    assert "2 repositories: 4 images" in digest.picks(ann, digest.plans)
    assert "2 images, $2.40 a year · :warning: made by an earlier" in digest.submits(ann)
    assert digest.approves(ann, 4).startswith("*2 plans approved.*")


# changes while a modal is open


def test_a_plan_got_a_new_version_while_the_modal_was_open(
    digest: PostedDigest, ann: SimulatedUser
) -> None:
    digest.opens(ann)
    digest.picks(ann, digest.plans[:2])
    changed(digest.bot, digest.plans[0])
    text = digest.submits(ann)
    assert "*1 repository: 2 images" in text
    assert "*Not included:* 1\n• `team/r0000`: Version 2 of the plan has replaced version 1" in text
    digest.approves(ann, 2)
    assert digest.approvals() == [digest.plans[1].id]


def test_a_plan_changed_while_all_are_chosen(digest: PostedDigest, ann: SimulatedUser) -> None:
    digest.opens(ann)
    changed(digest.bot, digest.plans[0])
    digest.bot.submits(ann, **ALL)
    assert "*3 repositories: 6 images" in shown(ann)
    assert "*Not included:* 1\n• `team/r0000`: Version 2" in shown(ann)


def test_a_plan_changed_before_the_number_was_typed(
    digest: PostedDigest, ann: SimulatedUser
) -> None:
    digest.chooses(ann, digest.plans)
    changed(digest.bot, digest.plans[1])
    changed(digest.bot, digest.plans[2], scans=[IN_DOUBT])
    assert digest.approves(ann, 8) == (
        "*2 plans approved.* Deletion starts 2026-11-23 12:05:00 UTC.\n"
        "*Refused:* 2\n"
        "• `team/r0001`: Version 2 of the plan has replaced version 1: check what changed, then "
        "decide on the new version\n"
        "• `team/r0002`: The plan is incomplete, so it cannot be approved: fix the problems that "
        "it lists, then request a new plan"
    )
    assert ids([digest.plans[0], digest.plans[3]]) == sorted(digest.approvals())
    assert states(digest)[1:3] == [PlanState.PROPOSED] * 2


def test_every_plan_changed(digest: PostedDigest, ann: SimulatedUser) -> None:
    digest.opens(ann)
    digest.picks(ann, digest.plans[:1])
    changed(digest.bot, digest.plans[0])
    text = digest.submits(ann)
    assert text.startswith("None of the chosen plans can be approved any more.")
    assert not (ann.modal() or {}).get("submit")
    assert digest.thread(ann) == []


def test_every_plan_changed_before_the_number_was_typed(
    digest: PostedDigest, ann: SimulatedUser
) -> None:
    digest.chooses(ann, digest.plans[:1])
    changed(digest.bot, digest.plans[0])
    assert digest.approves(ann, 2).startswith("*0 plans approved.*\n*Refused:* 1")
    (csv,) = digest.thread(ann)
    assert csv["files"]


def test_plans_that_expired(digest: PostedDigest, ann: SimulatedUser, clock: Clock) -> None:
    digest.chooses(ann, digest.plans)
    clock.now += timedelta(days=8)
    assert "expired before it had enough approvals" in digest.approves(ann, 8)


def test_plans_that_have_expired(digest: PostedDigest, ann: SimulatedUser, clock: Clock) -> None:
    clock.now += timedelta(days=8)
    assert digest.opens(ann).startswith("No plan of this digest can be approved")


def test_a_second_user_approves_some_at_the_same_moment(
    digest: PostedDigest,
    ann: SimulatedUser,
    bob: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Bob's approval of a plan comes between Ann's check of it and her approval."""
    bot, plan = digest.bot, digest.plans[1]
    member = SlackUser(bob.id, TEAM_ID, is_guest=False, groups=frozenset())
    digest.chooses(ann, digest.plans)
    commit = bot.store.commit

    def after_bob(change: StoreChange) -> bool:
        if change.before == plan:
            monkeypatch.setattr(bot.store, "commit", commit)
            bot.context.decisions.approve(plan.id, member, ApprovalRequest(1, bot.channel))
        return commit(change)

    monkeypatch.setattr(bot.store, "commit", after_bob)
    text = digest.approves(ann, 8)
    assert "*3 plans approved.*" in text
    assert "`team/r0001`: The plan for team/r0001 is already approved" in text
    assert ids(digest.plans) == sorted(digest.approvals())


def test_two_users_approve_the_same_plans_in_two_processes(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot, other = start_bot(), start_bot()
    digest = post_digest(bot, repositories(bot, 20))

    def wait() -> None:
        for each in (bot, other):
            each.wait_until_idle()

    for person in (ann, bob):
        person.uses(APPROVE_PLANS, **digest.message)
        wait()
        person.submits(**ALL)
        wait()
        assert "20 repositories: 40 images" in shown(person)
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(person.submits, typed_total="40") for person in (ann, bob)]:
            assert done.result().ok
    wait()
    assert ids(digest.plans) == sorted(digest.approvals())
    approved = [shown(person).partition(" ")[0] for person in (ann, bob)]
    assert sum(int(each.lstrip("*")) for each in approved) == 20


# clicks that Slack or users repeat


def test_submitted_twice(
    bot: RunningBot, digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.delivery_faults.add(DeliveryFault(kind="view_submission", copies=2))
    digest.chooses(ann, digest.plans)
    digest.approves(ann, 8)
    assert ids(digest.plans) == sorted(digest.approvals())
    assert AuditEventName.REFUSED not in bot.events()
    assert len(digest.thread(ann)) == 2


def test_a_submitted_selection_is_not_submitted_again(
    digest: PostedDigest, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if another process had handled the submission."""
    digest.chooses(ann, digest.plans)
    monkeypatch.setattr(digest.bot.store, "mark_submitted", lambda *_: False)
    assert digest.approves(ann, 8).startswith("This choice was submitted before")
    assert digest.approvals() == []


def test_the_bot_is_restarted_in_the_middle(
    start_bot: StartBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was approved can be stopped at once, and the rest can be approved. The plan that was
    about to be approved counts for both."""
    bot = start_bot()
    digest = post_digest(bot, repositories(bot, 4))
    digest.chooses(ann, digest.plans)
    approve, left = Decisions.approve, [None, None]

    def die_after_two(*arguments: Any) -> PlanRecord:
        if not left:
            raise KeyboardInterrupt
        left.pop()
        return approve(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(Decisions, "approve", die_after_two)
        with pytest.raises(KeyboardInterrupt):
            bot.submits(ann, typed_total="8")
    close(bot.connection)
    ann.closes(everything=True)
    later = replace(digest, bot=start_bot())
    said = later.thread(ann)[-1]
    assert "is approving 4 plans" in said["text"]
    assert states(later) == [PlanState.APPROVED] * 2 + [PlanState.PROPOSED] * 2
    later.chooses(ann, later.plans[2:])
    later.approves(ann, 4)
    assert ids(later.plans) == sorted(later.approvals())
    assert stops(later, ann, said["ts"]) == "Stopped 3 plans."
    assert states(later) == [PlanState.PROPOSED] * 3 + [PlanState.APPROVED]


def test_the_database_fails_in_the_middle(
    digest: PostedDigest, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest.chooses(ann, digest.plans)
    commit, left = digest.bot.store.commit, [None, None]

    def fail_after_two(change: StoreChange) -> bool:
        if not left:
            raise ServiceError("The database is away")
        left.pop()
        return commit(change)

    with monkeypatch.context() as patch:
        patch.setattr(digest.bot.store, "commit", fail_after_two)
        text = digest.approves(ann, 8)
    assert text.startswith("*2 plans approved.* Deletion starts")
    assert (
        ":warning: The database is away. 2 plans are left: check the digest, then choose again."
        in text
    )
    said = digest.thread(ann)[-1]
    assert "approved 2 plans: 4 images" in said["text"]
    assert said["text"].endswith(":warning: Not finished: The database is away.")
    ann.closes()
    digest.chooses(ann, digest.plans[2:])
    digest.approves(ann, 4)
    assert ids(digest.plans) == sorted(digest.approvals())


def test_the_answer_of_the_database_is_lost(
    digest: PostedDigest, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first approval is stored, but the bot does not know it. It can be stopped."""
    digest.chooses(ann, digest.plans)
    commit = digest.bot.store.commit

    def fail_after(change: StoreChange) -> bool:
        commit(change)
        raise ServiceError("The database is away")

    with monkeypatch.context() as patch:
        patch.setattr(digest.bot.store, "commit", fail_after)
        text = digest.approves(ann, 8)
    assert "4 plans are left" in text
    assert states(digest) == [PlanState.APPROVED, *[PlanState.PROPOSED] * 3]
    assert stops(digest, ann, digest.thread(ann)[-1]["ts"]) == "Stopped 1 plan."
    assert states(digest) == [PlanState.PROPOSED] * 4


# users who may not


def test_a_guest(digest: PostedDigest, guest: SimulatedUser) -> None:
    assert "is a guest" in refused(digest, guest)


def test_a_user_who_is_no_approver(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    """The refusal names the approvers."""
    group = slack.remote.add_user_group("cleaners", [bob])
    bot = start_bot(approval={"approvers": [group]})
    digest = post_digest(bot, repositories(bot, 2))
    said = refused(digest, ann)
    assert "is not an approver" in said
    assert f"<!subteam^{group}>" in said
    assert digest.opens(bob) == "Nothing is chosen yet."


def test_a_user_of_another_workspace(digest: PostedDigest, slack: Workspace) -> None:
    stranger = slack.remote.add_user("eve", team_id="T0000000009")
    stranger.joins(digest.digest.channel)
    assert "workspace" in refused(digest, stranger)


def test_report_only(start_bot: StartBot, ann: SimulatedUser) -> None:
    """The settings changed after the digest was posted."""
    bot = start_bot()
    digest = post_digest(bot, repositories(bot, 2))
    close(bot.connection)
    later = replace(digest, bot=start_bot(execution={"enabled": False}))
    assert "plans are only reported" in refused(later, ann)


def test_another_channel(start_bot: StartBot, slack: Workspace, ann: SimulatedUser) -> None:
    """The settings changed after the digest was posted."""
    elsewhere = slack.remote.add_channel("elsewhere", [ann])
    bot = start_bot()
    digest = post_digest(bot, repositories(bot, 2))
    close(bot.connection)
    later = replace(digest, bot=start_bot(reports=[{"channel": "#elsewhere"}]))
    assert f"can be approved only in <#{elsewhere}>" in refused(later, ann)


def test_a_former_approver(start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    """The settings changed while the modal was open."""
    bot = start_bot()
    digest = post_digest(bot, repositories(bot, 2))
    digest.chooses(ann, digest.plans)
    close(bot.connection)
    later = replace(digest, bot=start_bot(approval={"approvers": [bob.id]}))
    text = later.approves(ann, 4)
    assert "is not an approver" in text
    assert f"<@{bob.id}>" in text
    assert digest.approvals() == []
    (csv,) = digest.thread(ann)
    assert csv["files"]


def test_a_replaced_digest(digest: PostedDigest, ann: SimulatedUser) -> None:
    digest.bot.store.forget_digest(digest.digest)
    assert "A newer digest has replaced this one" in refused(digest, ann)


# slow and failing Slack


def test_the_user_groups_are_slow(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("cleaners", [ann])
    bot = start_bot(approval={"approvers": [group]})
    digest = post_digest(bot, repositories(bot, 2))
    slack.faults.add(CallFault(method="usergroups.users.list", delay=0.5))
    assert digest.opens(ann) == "Nothing is chosen yet."


def test_opening_the_modal_takes_too_long(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="views.open", error="expired_trigger_id"))
    assert "within Slack's limit of 3 seconds" in refused(digest, ann)


def test_the_sum_cannot_be_shown(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    """The choice remains."""
    digest.opens(ann)
    slack.faults.add(CallFault(method="views.update", error="ratelimited", retry_after=30))
    assert digest.picks(ann, digest.plans) == "Nothing is chosen yet."
    assert "4 repositories" in digest.submits(ann)


@pytest.mark.parametrize(
    ("error", "why"),
    [("not_in_channel", "invite it"), ("missing_scope", "lacks the scope"), ("fatal_error", "")],
)
def test_the_list_of_images_cannot_be_uploaded(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser, error: str, why: str
) -> None:
    """Without the list, nothing can be approved."""
    slack.faults.add(CallFault(method="files.completeUploadExternal", error=error))
    text = digest.chooses(ann, digest.plans)
    assert text.startswith("Uploading the list of images in Slack failed")
    assert why in text
    assert not (ann.modal() or {}).get("submit")


def test_the_message_cannot_be_posted(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    """Without Stop all, nothing is approved."""
    digest.chooses(ann, digest.plans)
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=30))
    assert "Posting approvals in Slack failed" in digest.approves(ann, 8)
    assert digest.approvals() == []


def test_the_message_cannot_be_updated(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    digest.chooses(ann, digest.plans)
    slack.faults.add(CallFault(method="chat.update", error="fatal_error", times=5))
    assert digest.approves(ann, 8).startswith("*4 plans approved.*")
    assert buttons(digest.thread(ann)[-1]) == ["stop_plans"]


# stopping


def stops(digest: PostedDigest, person: SimulatedUser, ts: str) -> str:
    """Clicks Stop all, and returns the private answer."""
    before = len(private_messages(person, digest.digest.channel))
    person.uses("stop_plans", channel=digest.digest.channel, ts=ts)
    digest.bot.wait_until_idle()
    return "\n".join(private_messages(person, digest.digest.channel)[before:])


def test_stop_all(digest: PostedDigest, ann: SimulatedUser, bob: SimulatedUser) -> None:
    digest.chooses(ann, digest.plans[:3])
    digest.approves(ann, 6)
    said = digest.thread(ann)[-1]
    assert stops(digest, bob, said["ts"]) == "Stopped 3 plans."
    assert states(digest) == [PlanState.PROPOSED] * 4
    after = digest.thread(ann)[-1]
    assert after["text"] == f"<@{bob.id}> stopped 3 plans that <@{ann.id}> approved together."
    assert buttons(after) == []
    assert digest.bot.events().count(AuditEventName.STOPPED) == 3


def test_the_stop_cannot_be_shown(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    digest.chooses(ann, digest.plans)
    digest.approves(ann, 8)
    slack.faults.add(CallFault(method="chat.update", error="fatal_error", times=5))
    assert stops(digest, ann, digest.thread(ann)[-1]["ts"]) == "Stopped 4 plans."
    assert stops(digest, ann, digest.thread(ann)[-1]["ts"]).startswith("Nothing is left to stop")


def test_stop_all_while_some_are_deleted(digest: PostedDigest, ann: SimulatedUser) -> None:
    """One of them runs already."""
    store = digest.bot.store
    digest.chooses(ann, digest.plans[:3])
    digest.approves(ann, 6)
    running = digest.now(digest.plans[0])
    assert store.commit(started(running, run_of(running)))
    said = digest.thread(ann)[-1]
    answer = stops(digest, ann, said["ts"])
    assert answer == "Stopped 3 plans. 1 deletion will end after the current batches."
    assert digest.now(digest.plans[0]).stop_asked_by == ann.id


def test_stop_all_leaves_other_approvals_alone(
    digest: PostedDigest, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot, plan = digest.bot, digest.plans[0]
    digest.chooses(ann, digest.plans[:2])
    digest.approves(ann, 4)
    member = SlackUser(bob.id, TEAM_ID, is_guest=False, groups=frozenset())
    bot.context.decisions.stop(plan.id, member)
    bot.context.decisions.approve(plan.id, member, ApprovalRequest(1, bot.channel))
    assert stops(digest, ann, digest.thread(ann)[-1]["ts"]) == "Stopped 1 plan."
    assert states(digest)[:2] == [PlanState.APPROVED, PlanState.PROPOSED]


def test_a_guest_may_not_stop(
    digest: PostedDigest, ann: SimulatedUser, guest: SimulatedUser
) -> None:
    digest.chooses(ann, digest.plans)
    digest.approves(ann, 8)
    assert "is a guest" in stops(digest, guest, digest.thread(ann)[-1]["ts"])
    assert states(digest) == [PlanState.APPROVED] * 4


# limits


@pytest.mark.parametrize("number", [1, 101, pytest.param(400, marks=pytest.mark.slow)])
def test_numbers_of_repositories(bot: RunningBot, ann: SimulatedUser, number: int) -> None:
    digest = post_digest(bot, repositories(bot, number))
    digest.opens(ann)
    offered = ann.looks_for("", CHOSEN_PLANS).options
    assert len(offered) == min(number, 100)
    assert ("type a part of the name" in str(ann.modal())) is (number > 100)
    (last,) = ann.looks_for(f"r{number - 1:04}", CHOSEN_PLANS).options
    assert last["text"]["text"] == f"team/r{number - 1:04}"
    bot.submits(ann, **ALL)
    assert f"{2 * number:,} images" in shown(ann)
    assert f"*{number:,} plan" in digest.approves(ann, 2 * number)
    assert len(digest.approvals()) == number


def test_the_order_of_options(bot: RunningBot, ann: SimulatedUser) -> None:
    """An exact match first, then names that start with the text; the largest saving first."""
    large, small = content(*"abcdef"), content("a", "b")
    for name, made in (("web", small), ("a/web", large), ("web/x", small), ("web/y", large)):
        bot.proposed(replace(made, repository=named(name)))
    digest = post_digest(bot, list(bot.store.open_plans()))
    digest.opens(ann)
    found = ann.looks_for("WEB", CHOSEN_PLANS).options
    names = [each["text"]["text"] for each in found]
    assert names == ["web", "web/y", "web/x", "a/web"]
    words = "5 images · $6.00 a year · eu-west-1 123456789012"
    assert found[1]["description"]["text"] == words


def test_long_names(start_bot: StartBot, ann: SimulatedUser) -> None:
    """256 characters, in every view."""
    bot = start_bot(approval={"type_to_confirm_over": "60%"})
    fine = repositories(bot, 60, content("a", "b"), "f" * 252)
    blocked = repositories(bot, 60, content("new", "old", scans=[IN_DOUBT]), "b" * 252)
    large = repositories(bot, 60, content(*"abcd"), "l" * 252)
    digest = post_digest(bot, [*fine, *blocked, *large])
    digest.opens(ann)
    digest.picks(ann, fine)
    for plan in fine[:30]:
        changed(bot, plan)
    text = digest.submits(ann)
    assert "f" * 252 + "0029`: Version 2" in text
    assert "f" * 252 + "0059`: 1 image" in text
    for plan in fine[30:59]:
        changed(bot, plan)
    assert "f" * 252 + "0058`: Version 2" in digest.approves(ann, 30)


def refused(digest: PostedDigest, person: SimulatedUser) -> str:
    """Clicks Approve several…; no modal opens. Returns the private answer."""
    digest.clicks(person, APPROVE_PLANS)
    assert person.modal() is None
    (said,) = private_messages(person, digest.digest.channel)
    return said
