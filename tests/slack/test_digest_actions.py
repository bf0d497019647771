"""The select Open a report and the button Dismiss all… of a digest."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from bot.core.plan import PlanState
from bot.core.records import AuditEventName
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.action_ids import DISMISS_PLANS, OPEN_REPORT
from tests.slack.digests import PostedDigest, changed, post_digest, repositories
from tests.slack.running_bot import IN_DOUBT, Clock, RunningBot, content, private_messages
from tests.slack.support import buttons, message_at
from tests.store.support import run_of, started


@pytest.fixture
def digest(bot: RunningBot) -> PostedDigest:
    return post_digest(bot, repositories(bot, 4))


def opens(digest: PostedDigest, person: SimulatedUser, number: int = 0) -> str:
    """Chooses a repository, and returns the last private answer."""
    plan = digest.plans[number]
    person.looks_for(plan.repository.name, OPEN_REPORT, **digest.message)
    assert digest.clicks(person, OPEN_REPORT, value=plan.id).ok
    return private_messages(person, digest.digest.channel)[-1]


def dismisses(digest: PostedDigest, person: SimulatedUser) -> str:
    digest.clicks(person, DISMISS_PLANS)
    return private_messages(person, digest.digest.channel)[-1]


# Open a report


def test_a_report_is_posted_once(
    digest: PostedDigest, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    said = opens(digest, ann)
    report, csv = digest.thread(ann)
    assert "approve_plan" in buttons(report)
    assert csv["files"]
    link = f"https://stand-in.slack.com/archives/{digest.digest.channel}/p"
    assert f"The report of `team/r0000` is <{link}{report['ts'].replace('.', '')}|in " in said
    assert opens(digest, bob) == said
    assert len(digest.thread(ann)) == 2
    assert "`team/r0001`" in opens(digest, bob, 1)
    assert len(digest.thread(ann)) == 4


def test_two_users_open_a_report_at_the_same_moment(
    digest: PostedDigest, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    for person in (ann, bob):
        person.looks_for("", OPEN_REPORT, **digest.message)
    with ThreadPoolExecutor() as pool:
        value = digest.plans[0].id
        uses = [
            pool.submit(person.uses, OPEN_REPORT, value=value, **digest.message)
            for person in (ann, bob)
        ]
        assert all(use.result().ok for use in uses)
    digest.bot.wait_until_idle()
    assert len(digest.thread(ann)) == 2


def test_a_report_in_the_thread_can_be_approved(digest: PostedDigest, ann: SimulatedUser) -> None:
    """Its message stays in the thread, also after a refused click."""
    opens(digest, ann)
    report, _ = digest.thread(ann)
    (message,) = digest.bot.store.messages_of(digest.plans[0].id)
    assert (message.thread, message.ts) == (digest.digest.ts, report["ts"])
    newer = changed(digest.bot, digest.plans[0])
    digest.bot.clicks(ann, "approve_plan", message)
    assert digest.now(newer).state is PlanState.PROPOSED
    digest.bot.clicks(ann, "approve_plan", message)
    assert digest.now(newer).state is PlanState.APPROVED
    (message,) = digest.bot.store.messages_of(newer.id)
    assert message.thread == digest.digest.ts
    assert "stop_plan" in buttons(digest.thread(ann)[0])


def test_a_new_plan_in_place_of_a_report_in_the_thread(bot: RunningBot, ann: SimulatedUser) -> None:
    digest = post_digest(bot, repositories(bot, 1, content("new", "old", scans=[IN_DOUBT])))
    opens(digest, ann)
    (message,) = bot.store.messages_of(digest.plans[0].id)
    bot.clicks(ann, "try_again", message)
    (job,) = bot.jobs()
    newer = changed(bot, digest.plans[0])
    bot.plan_messages.post(newer.id, job.payload["channel"], job.payload["ts"])
    (again,) = bot.store.messages_of(newer.id)
    assert (again.ts, again.thread) == (message.ts, digest.digest.ts)


def test_an_earlier_report_of_the_plan_becomes_one_line(
    digest: PostedDigest, ann: SimulatedUser
) -> None:
    earlier = digest.bot.plan_messages.post(digest.plans[0].id, digest.digest.channel)
    opens(digest, ann)
    assert buttons(message_at(ann, earlier.channel, earlier.ts)) == []
    assert "approve_plan" in buttons(digest.thread(ann)[0])


def test_a_guest_sees_no_options(digest: PostedDigest, guest: SimulatedUser) -> None:
    assert guest.looks_for("", OPEN_REPORT, **digest.message).options == ()


def test_options_of_reports(bot: RunningBot, ann: SimulatedUser) -> None:
    blocked = repositories(bot, 1, content("new", "old", scans=[IN_DOUBT]), "blocked/r")
    digest = post_digest(bot, [*repositories(bot, 101), *blocked])
    options = ann.looks_for("", OPEN_REPORT, **digest.message).options
    assert len(options) == 100
    (found,) = ann.looks_for("blocked", OPEN_REPORT, **digest.message).options
    assert found["description"]["text"] == "blocked · eu-west-1 123456789012"


def test_slack_fails_while_a_report_is_posted(
    digest: PostedDigest, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error="ratelimited", retry_after=30))
    assert opens(digest, ann).startswith("Posting a report in Slack failed")
    assert "The report of" in opens(digest, ann)
    assert len(digest.thread(ann)) == 2


# Dismiss all…


def test_dismiss_all(digest: PostedDigest, ann: SimulatedUser, bob: SimulatedUser) -> None:
    """Leaves approved plans alone."""
    digest.chooses(bob, digest.plans[:2])
    digest.approves(bob, 4)
    running = digest.now(digest.plans[0])
    assert digest.bot.store.commit(started(running, run_of(running)))
    assert dismisses(digest, ann) == "Dismissed 2 plans. 2 approved plans stay approved."
    states = [digest.now(plan).state for plan in digest.plans]
    assert states == [PlanState.EXECUTING, PlanState.APPROVED, *[PlanState.DISMISSED] * 2]
    assert digest.bot.events().count(AuditEventName.DISMISSED) == 2
    assert "dismiss_plans" not in buttons(digest.shown(ann))


def test_a_plan_changed_after_the_digest_was_shown(
    digest: PostedDigest, ann: SimulatedUser, clock: Clock
) -> None:
    """The user has not seen this version."""
    clock.now += timedelta(minutes=1)
    changed(digest.bot, digest.plans[0])
    assert "Dismissed 3 plans.\n*Refused:* 1\n• `team/r0000`: Version 2" in dismisses(digest, ann)
    assert digest.now(digest.plans[0]).state is PlanState.PROPOSED


def test_many_plans_with_long_names_changed(
    bot: RunningBot, ann: SimulatedUser, clock: Clock
) -> None:
    digest = post_digest(bot, repositories(bot, 40, prefix="x" * 252))
    clock.now += timedelta(minutes=1)
    for plan in digest.plans:
        changed(bot, plan)
    said = dismisses(digest, ann)
    assert said.startswith("Dismissed 0 plans.\n*Refused:* 40\n• `xxx")
    assert said.endswith("… and 30 more")
    opens(digest, ann)


def test_a_guest_may_not_dismiss(digest: PostedDigest, guest: SimulatedUser) -> None:
    """The audit has one refusal, not one for each plan."""
    assert "is a guest" in dismisses(digest, guest)
    assert {digest.now(plan).state for plan in digest.plans} == {PlanState.PROPOSED}
    assert digest.bot.events().count(AuditEventName.REFUSED) == 1


def test_buttons_of_an_unknown_digest(digest: PostedDigest, ann: SimulatedUser) -> None:
    ann.looks_for("", OPEN_REPORT, **digest.message)
    digest.bot.store.forget_digest(digest.digest)
    assert "A newer digest has replaced this one" in dismisses(digest, ann)
    digest.clicks(ann, OPEN_REPORT, value=digest.plans[0].id)
    assert "another version of ecr-clean" in private_messages(ann, digest.digest.channel)[-1]
