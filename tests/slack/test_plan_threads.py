"""Threads of plan messages: each pin is a line, and only reported versions have a CSV file."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import ErrorText
from bot.core.permissions import SlackUser
from bot.core.plan import Plan, content_hash
from bot.core.records import AuditEventName, PlanMessage, StoreChange
from bot.playground.slack import TEAM_ID, CallFault, SimulatedUser, Workspace
from bot.slack.payloads import PayloadSender
from tests.render.builders import HERE, image
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import STAR, read
from tests.slack.running_bot import RunningBot, content
from tests.slack.support import calls, message_at
from tests.store.support import event, run_of, started
from tests.support import NOW

IN_A_MONTH = NOW + timedelta(days=30)
THREE = content("new", "old", "older", "oldest")


def thread(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> list[str]:
    """The texts of the replies, and the names of their files."""
    replies = message_at(person, bot.channel, message.ts)["replies"]
    return [
        each["files"][0]["name"] if each.get("files") else read(each["blocks"]) for each in replies
    ]


def person_of(bot: RunningBot, user: SimulatedUser) -> SlackUser:
    return bot.context.person(PayloadSender(user=user.id, team=TEAM_ID))


def pins(bot: RunningBot, user: SimulatedUser, *texts: str, reason: str = "a customer") -> None:
    """As a pin from the command line: no message is updated."""
    bot.context.pins.pin(HERE, texts, person_of(bot, user), reason, IN_A_MONTH)


def csv(message: PlanMessage, version: int) -> str:
    return f"team-api-{message.plan}-{version}.csv"


def test_keep_in_the_review_posts_a_line(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted(THREE)
    bot.clicks(ann, "show_images", message)
    ann.uses("review_pin:0")
    bot.wait_until_idle()
    bot.plan_messages.update_threads(9)
    assert thread(bot, ann, message) == [
        csv(message, 1),
        f"<@{ann.id}> pinned `old` until 2026-12-23: Keep in Review images (old). "
        "2 images are left to delete.",
    ]


def test_a_pin_of_the_command_line_is_posted_once(start_bot: StartBot, ann: SimulatedUser) -> None:
    replicas = [start_bot(), start_bot()]
    message = replicas[0].posted()
    pins(replicas[0], ann, "old")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.plan_messages.update_threads(9), replicas))
    assert thread(replicas[0], ann, message)[1:] == [
        f"<@{ann.id}> pinned `old` until 2026-12-23: a customer. 1 image is left to delete."
    ]


def test_pins_between_two_sweeps(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    message = bot.posted(THREE)
    pins(bot, ann, "old", "older")
    pins(bot, bob, image(3).digest, reason="an *audit*.")
    bot.plan_messages.update_threads(9)
    assert thread(bot, ann, message)[1:] == [
        f"<@{ann.id}> pinned `old`, `older` until 2026-12-23: a customer.\n"
        f"<@{bob.id}> pinned `oldest` until 2026-12-23: an {STAR}audit{STAR}. "
        "No image is left to delete."
    ]


def test_each_pin_is_posted_once(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted(THREE)
    for tag in ("old", "older"):
        pins(bot, ann, tag)
        for _ in range(2):
            bot.plan_messages.update_threads(9)
    said = thread(bot, ann, message)[1:]
    assert [line.split("`")[1] for line in said] == ["old", "older"]


def test_a_failed_post_is_retried(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", times=1))
    bot.clicks(ann, "show_images", message)
    ann.uses("review_pin:0")
    bot.wait_until_idle()
    assert len(thread(bot, ann, message)) == 1
    bot.plan_messages.update_threads(9)
    assert "pinned `old`" in thread(bot, ann, message)[1]
    bot.plan_messages.update_threads(9)
    assert len(thread(bot, ann, message)) == 2


def scanned_again(bot: RunningBot, message: PlanMessage, what: Plan) -> None:
    """A scan makes the next version of the plan."""
    before = bot.stored(message)
    after = replace(
        before,
        version=before.version + 1,
        revision=before.revision + 1,
        deletions=len(what.delete),
        hash=content_hash(what),
    )
    about = event(AuditEventName.PROPOSED, plan=before.id, version=after.version)
    assert bot.store.commit(StoreChange((about,), before, after, what))


@pytest.mark.parametrize("is_pinned_first", [False, True])
def test_a_version_of_another_scan_has_a_csv_file(
    bot: RunningBot,
    ann: SimulatedUser,
    is_pinned_first: bool,  # noqa: FBT001
) -> None:
    message = bot.posted()
    if is_pinned_first:
        pins(bot, ann, "old")
    scanned_again(bot, message, content("newest", "new", "older"))
    bot.plan_messages.update_threads(9)
    assert thread(bot, ann, message)[1:] == [csv(message, 3 if is_pinned_first else 2)]


def test_a_version_that_is_reported_has_a_csv_file(bot: RunningBot, ann: SimulatedUser) -> None:
    """Although a pin made it: this thread has no earlier version."""
    first = bot.posted()
    pins(bot, ann, "old")
    again = bot.plan_messages.post(first.plan, bot.channel)
    bot.plan_messages.update_threads(9)
    assert thread(bot, ann, again) == [csv(again, 2)]


def test_a_pin_during_the_deletion(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    plan = bot.stored(message)
    assert bot.store.commit(started(plan, run_of(plan)))
    bot.clicks(ann, "show_images", message)
    ann.uses("review_pin:1")
    bot.wait_until_idle()
    assert thread(bot, ann, message)[1:] == [
        f"<@{ann.id}> pinned `older` until 2026-12-23: Keep in Review images (older). "
        "The deletion is running: it skips pinned images that still exist."
    ]


def test_a_deleted_message(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.context.client.chat_delete(channel=message.channel, ts=message.ts)
    pins(bot, ann, "old")
    bot.plan_messages.update_threads(9)
    posted = len(calls(slack, "chat.postMessage"))
    bot.plan_messages.update_threads(9)
    assert len(calls(slack, "chat.postMessage")) == posted


def test_events_of_earlier_versions_of_the_bot(bot: RunningBot, ann: SimulatedUser) -> None:
    """A sentence does not say that pins made the version."""
    message = bot.posted()
    before = bot.stored(message)
    made = content("new", "old")
    after = replace(before, version=2, revision=before.revision + 1, hash=content_hash(made))
    about = replace(
        event(AuditEventName.PROPOSED, plan=before.id, version=2), detail=ErrorText("pins keep 1")
    )
    assert bot.store.commit(StoreChange((about,), before, after, made))
    bot.plan_messages.update_threads(9)
    assert thread(bot, ann, message)[1:] == [csv(message, 2)]
