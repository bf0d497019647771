"""The buttons Retry, Confirm usage and Keep 30 days in reports."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from slack_sdk.models.blocks import ActionsBlock

from bot.core.audit_details import UsageConfirmed
from bot.core.errors import ServiceError
from bot.core.records import AuditEventName
from bot.core.workload_counts import DoubtedUsage, WorkloadCount
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.playground.slack.faults import DeliveryFault
from bot.slack.action_ids import PlanRef
from bot.slack.messages.block_kit import button
from tests.slack.conftest import StartBot
from tests.slack.running_bot import (
    IN_DOUBT,
    SCANNED,
    RunningBot,
    close,
    content,
    private_messages,
    public_messages,
)
from tests.slack.support import buttons, message_at
from tests.support import NOW

DOUBTED = DoubtedUsage(
    IN_DOUBT.source,
    IN_DOUBT.scope,
    WorkloadCount(4, NOW),
    WorkloadCount(40, NOW - timedelta(days=1)),
)
INCOMPLETE = content("new", "old", scans=[SCANNED, IN_DOUBT])
PULLED = content("new", *(f"old{number}" for number in range(5)), pulled=3)
NAMED = [f"sha256:{number:064}" for number in (1, 2, 3)]
"""Of five images that were pulled at the same time, the report names three."""


# try again


def test_the_new_plan_replaces_the_message(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted(INCOMPLETE)
    bot.clicks(ann, "try_again", message)
    (shown,) = public_messages(bob, bot.channel)
    assert shown["text"] == f"Scanning team/api for <@{ann.id}> …"
    assert buttons(shown) == []
    (job,) = bot.jobs()
    assert job.payload == {
        "repository": bot.stored(message).repository.uri,
        "channel": bot.channel,
        "user": ann.id,
        "ts": message.ts,
    }


def test_two_click_at_the_same_moment(
    start_bot: StartBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    replicas = [start_bot(), start_bot()]
    slack.delivery_faults.add(DeliveryFault(kind="block_actions", copies=1, times=None))
    message = replicas[0].posted(INCOMPLETE)
    where = {"channel": message.channel, "ts": message.ts}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.uses("try_again", **where), [ann, bob]))
    for replica in replicas:
        replica.wait_until_idle()
    assert len(replicas[0].jobs()) == 1


def test_each_new_message_can_be_retried(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted(INCOMPLETE)
    for _ in range(2):
        bot.clicks(ann, "try_again", message)
        bot.plan_messages.post(message.plan, bot.channel, in_place_of=message.ts)
    assert len(bot.jobs()) == 2


def test_a_guest_may_not_retry(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted(INCOMPLETE)
    bot.clicks(guest, "try_again", message)
    (said,) = private_messages(guest, bot.channel)
    assert "is a guest" in said
    assert bot.jobs() == []
    assert "try_again" in buttons(message_at(guest, bot.channel, message.ts))


def test_the_database_fails(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message gets its buttons back."""
    message = bot.posted(INCOMPLETE)

    def fail(*_: object) -> None:
        raise ServiceError("The database is full")

    with monkeypatch.context() as patch:
        patch.setattr(bot.store, "put_job", fail)
        bot.clicks(ann, "try_again", message)
    assert private_messages(ann, bot.channel) == ["The database is full"]
    bot.clicks(ann, "try_again", message)
    assert len(bot.jobs()) == 1


def test_slack_rejects_the_update(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted(INCOMPLETE)
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "try_again", message)
    assert len(bot.jobs()) == 1


# confirming usage


@pytest.fixture
def bot_in_doubt(bot: RunningBot) -> RunningBot:
    bot.store.doubt(DOUBTED)
    return bot


def test_usage_is_confirmed(bot_in_doubt: RunningBot, ann: SimulatedUser) -> None:
    message = bot_in_doubt.posted(INCOMPLETE)
    bot_in_doubt.clicks(ann, "confirm_usage:0", message)
    assert bot_in_doubt.store.history(IN_DOUBT.source, IN_DOUBT.scope).last == DOUBTED.listed
    (event,) = (e for e in bot_in_doubt.store.events() if e.event is AuditEventName.CONFIRMED_USAGE)
    assert event.by == ann.id
    assert isinstance(event.detail, UsageConfirmed)
    assert (event.detail.figures.workloads, event.detail.figures.before) == (4, 40)
    assert len(bot_in_doubt.jobs()) == 1


def test_an_outdated_number_of_workloads(bot_in_doubt: RunningBot, ann: SimulatedUser) -> None:
    """The message shows 4; a later scan found none."""
    message = bot_in_doubt.posted(INCOMPLETE)
    bot_in_doubt.store.doubt(DOUBTED._replace(listed=WorkloadCount(0, NOW)))
    bot_in_doubt.clicks(ann, "confirm_usage:0", message)
    (said,) = private_messages(ann, bot_in_doubt.channel)
    assert said.startswith("The confirmed number, 4, is outdated: ecs lists 0 workloads in 1234567")
    assert bot_in_doubt.store.history(IN_DOUBT.source, IN_DOUBT.scope).last is None
    assert bot_in_doubt.jobs() == []
    assert "confirm_usage:0" in buttons(message_at(ann, bot_in_doubt.channel, message.ts))


def test_only_approvers_may_confirm_usage(
    start_bot: StartBot, bot_in_doubt: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    close(bot_in_doubt.connection)
    message = bot.posted(INCOMPLETE)
    bot.clicks(ann, "confirm_usage:0", message)
    (said,) = private_messages(ann, bot.channel)
    assert "is not an approver" in said
    assert bot.store.history(IN_DOUBT.source, IN_DOUBT.scope).last is None
    assert bot.jobs() == []


def test_usage_is_not_in_doubt(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted(INCOMPLETE)
    bot.clicks(ann, "confirm_usage:0", message)
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("ecs has no drop in usage to confirm in")
    assert bot.jobs() == []


# pinning


def test_one_click_pins_all_named_images(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted(PULLED)
    bot.clicks(ann, "pin_pulled", message)
    pins = [each.pin for each in bot.store.pins()]
    assert sorted(pin.pin for pin in pins) == sorted(NAMED)
    assert {(pin.by, pin.until) for pin in pins} == {(ann.id, NOW + timedelta(days=30))}
    assert f"according to plan {message.plan}, version 1" in pins[0].reason
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("Pinned `old0`, `old1`, `old2`")
    assert private_messages(bob, bot.channel) == []
    plan = bot.stored(message)
    assert (plan.version, plan.deletions) == (2, 2)
    assert "delete 2 images, " in message_at(bob, bot.channel, message.ts)["text"]


def test_a_guest_may_not_pin(bot: RunningBot, guest: SimulatedUser) -> None:
    message = bot.posted(PULLED)
    bot.clicks(guest, "pin_pulled", message)
    assert bot.store.pins() == []
    (said,) = private_messages(guest, bot.channel)
    assert "is a guest" in said


def test_pinned_twice_at_the_same_moment(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted(PULLED)
    where = {"channel": message.channel, "ts": message.ts}
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: each.uses("pin_pulled", **where), [ann, bob]))
    bot.wait_until_idle()
    assert sorted(each.pin.pin for each in bot.store.pins()) == sorted(NAMED)
    assert bot.stored(message).deletions == 2


def test_a_button_of_an_earlier_version_of_the_bot(bot: RunningBot, ann: SimulatedUser) -> None:
    """A report had one for each image, and it carried the digest."""
    message = bot.posted(PULLED)
    digest = f"sha256:{1:064}"
    earlier = ActionsBlock(
        elements=[button("Pin 30d", "pin_pulled:0", PlanRef(message.plan, 1, digest))]
    )
    posted = bot.context.client.chat_postMessage(
        channel=bot.channel, text="earlier", blocks=[earlier.to_dict()]
    )
    ann.uses("pin_pulled:0", channel=bot.channel, ts=posted["ts"])
    bot.wait_until_idle()
    assert [each.pin.pin for each in bot.store.pins()] == [digest]


def test_the_pinned_image_is_named_by_its_tag(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted(PULLED)
    bot.clicks(ann, "pin_pulled", message)
    said = str(message_at(ann, bot.channel, message.ts)["blocks"])
    assert f"Version 2: <@{ann.id}> pinned `" in said
    assert "pinned `sha256:" not in said
