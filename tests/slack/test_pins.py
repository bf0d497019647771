"""The modal Pin tags…: search, pin and unpin; updates of the report; warnings before pins
expire."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from bot.core.errors import ServiceError
from bot.core.pins import Pin, PinKind
from bot.core.plan import PlanState
from bot.core.records import (
    AuditEventName,
    Pause,
    PlanMessage,
    RepositoryPin,
    StoreChange,
    TagBinding,
    TagScan,
)
from bot.playground.slack import TEAM_ID, ActionOutcome, CallFault, SimulatedUser, Workspace
from bot.slack.action_ids import PIN_FOR, PIN_REASON, PIN_UNTIL, PINNED_TAGS
from bot.slack.api import SlackError
from bot.slack.message_updates import PinExpiryNotifier
from bot.slack.payloads import PayloadSender
from tests.render.builders import GB, HERE
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import BY_ROLE, STAR, read
from tests.slack.running_bot import Json, RunningBot, close, private_messages, until
from tests.slack.support import buttons, calls, message_at
from tests.store.support import event, run_of, seen, started
from tests.support import NOW

NASTY = "<!channel> *bold* `code` :smile: "


def scanned(bot: RunningBot, *tags: str) -> None:
    bindings = {tag: TagBinding(f"sha256:{tag:>064}", None) for tag in tags}
    bot.store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))


def opened(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> str:
    assert bot.clicks(person, "pin_tags", message).ok
    return shown(person)


def shown(person: SimulatedUser) -> str:
    modal = person.modal()
    assert modal
    return read(modal["blocks"])


def found(person: SimulatedUser, typed: str) -> list[Json]:
    return list(person.looks_for(typed, PINNED_TAGS).options)


def texts(options: list[Json]) -> list[str]:
    return [option["text"]["text"] for option in options]


def pins(
    bot: RunningBot,
    person: SimulatedUser,
    *options: Json,
    reason: str = "a customer runs it",
    **more: str,
) -> ActionOutcome:
    values = {PINNED_TAGS: [each["value"] for each in options], PIN_REASON: reason, **more}
    return bot.submits(person, **values)


def stored(bot: RunningBot) -> list[RepositoryPin]:
    return list(bot.store.pins(HERE.uri))


def report(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> str:
    return read(message_at(person, bot.channel, message.ts)["blocks"])


# search


def test_tags_are_found_by_typing(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, "1.0", "1.1", "rc-1")
    opened(bot, ann, bot.posted())
    assert texts(found(ann, "")) == ["rc-1", "1.1", "1.0"]
    assert texts(found(ann, "1.")) == ["1.1", "1.0"]
    assert texts(found(ann, "no such tag")) == []


def test_the_typed_tag_is_offered_first(bot: RunningBot, ann: SimulatedUser) -> None:
    """Then tags that start with it, the newest first. Each with its age, size and verdict."""
    days = {"1.9.0-SNAPSHOT-6": 1, "1.9.0": 90, "1.9.0-SNAPSHOT-5": 2, "x-1.9.0": 0}
    bindings = {
        tag: TagBinding(f"sha256:{n:064}", None, pushed_at=NOW - timedelta(days=age), size_bytes=GB)
        for n, (tag, age) in enumerate(days.items())
    }
    bot.store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    opened(bot, ann, bot.posted())
    offered = found(ann, "1.9.0")
    assert texts(offered) == ["1.9.0", "1.9.0-SNAPSHOT-6", "1.9.0-SNAPSHOT-5", "x-1.9.0"]
    assert [each["description"]["text"] for each in offered[:2]] == [
        "pushed 3 months ago · 1 GB · to delete",
        "pushed 1 day ago · 1 GB · to keep",
    ]
    assert pins(bot, ann, offered[0]).ok
    assert [each.pin.pin for each in stored(bot)] == ["1.9.0"]


def test_a_tag_with_thousands_of_longer_neighbors(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, *(f"main-{number}" for number in range(3000)), "main")
    opened(bot, ann, bot.posted())
    offered = texts(found(ann, "main"))
    assert (offered[0], len(offered)) == ("main", 100)


def test_tags_to_delete_come_first(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    content = bot.context.contents.content(message.plan, 1)
    bindings = {
        tag: TagBinding(each.manifest.digest, None)
        for each in content.judged
        for tag in each.manifest.tags
    }
    bot.store.save_tag_scan(HERE, TagScan(NOW, bindings, {}))
    opened(bot, ann, message)
    options = found(ann, "")
    assert texts(options) == ["older", "old", "new"]
    assert [each["description"]["text"] for each in options] == [
        "to delete",
        "to delete",
        "to keep",
    ]


def test_a_pattern_that_matches_5000_tags(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, *(f"v1.{number}" for number in range(5000)), "v2.0")
    message = bot.posted()
    opened(bot, ann, message)
    assert len(found(ann, "v1.")) == 100
    (option,) = found(ann, "v1.*")
    assert option["text"]["text"] == "All tags like v1.*"
    assert option["description"]["text"] == "5,000 tags match now; later tags too"
    assert pins(bot, ann, option).ok
    assert [each.pin.pin for each in stored(bot)] == ["v1.*"]


def test_a_regular_expression(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, "v1", "v2", "v2-rc")
    opened(bot, ann, bot.posted())
    assert found(ann, "/v[0-9]+") == []
    (option,) = found(ann, "/v[0-9]+/")
    assert option["text"]["text"] == "All tags like /v[0-9]+/"
    assert option["description"]["text"] == "2 tags match now; later tags too"
    assert pins(bot, ann, option).ok
    assert [each.pin.kind for each in stored(bot)] == [PinKind.REGEX]


def test_a_digest(bot: RunningBot, ann: SimulatedUser) -> None:
    opened(bot, ann, bot.posted())
    digest = f"sha256:{'a' * 64}"
    (option,) = found(ann, digest)
    assert pins(bot, ann, option).ok
    assert [each.pin.pin for each in stored(bot)] == [digest]


def test_tags_of_the_greatest_length(bot: RunningBot, ann: SimulatedUser) -> None:
    twins = ["x" * 299 + end for end in "ab"]
    scanned(bot, *twins)
    opened(bot, ann, bot.posted())
    second, first = found(ann, "xxx")
    assert pins(bot, ann, first, second).ok
    assert [each.pin.pin for each in stored(bot)] == twins
    assert "x" * 40 in shown(ann)


def test_20000_tags_take_one_query(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, *(f"1.0.{number}-SNAPSHOT" for number in range(20_000)))
    opened(bot, ann, bot.posted())
    assert len(found(ann, "19")) == 100


# pinning


def test_pinning_updates_the_report(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    scanned(bot, "new", "old", "older")
    assert "None." in opened(bot, ann, message)
    (option,) = found(ann, "older")
    assert pins(bot, ann, option, reason="release 1 of acme").ok
    (pin,) = stored(bot)
    assert (pin.pin.by, pin.pin.reason, pin.pin.until) == (
        ann.id,
        "release 1 of acme",
        NOW + timedelta(days=90),
    )
    said = shown(ann)
    assert "Pinned `older` in `team/api` until" in said
    assert "The plan is now version 2. 1 image is left to delete." in said
    seen_by_bob = report(bot, bob, message)
    assert f"~ older is pinned by <@{ann.id}> until" in seen_by_bob
    assert ": release 1 of acme" in seen_by_bob
    assert "delete 1 image, save $1.20 a year" in seen_by_bob
    assert bot.stored(message).version == 2


@pytest.mark.parametrize(("chosen", "days"), [("7d", 7), ("365d", 365), ("none", None)])
def test_durations(bot: RunningBot, ann: SimulatedUser, chosen: str, days: int | None) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "old")
    assert pins(bot, ann, *found(ann, "old"), **{PIN_FOR: chosen}).ok
    (pin,) = stored(bot)
    assert pin.pin.until == (None if days is None else NOW + timedelta(days=days))


def test_until_the_end_of_a_day(bot: RunningBot, ann: SimulatedUser) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "old")
    assert pins(bot, ann, *found(ann, "old"), **{PIN_UNTIL: "2026-12-31"}).ok
    (pin,) = stored(bot)
    assert pin.pin.until
    assert pin.pin.until.date() == date(2027, 1, 1)


def test_errors_are_shown_at_the_inputs(bot: RunningBot, ann: SimulatedUser) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "old")
    option = found(ann, "old")
    over = pins(bot, ann, *option, **{PIN_UNTIL: "2026-11-22"})
    assert over.errors == {PIN_UNTIL: "This day is in the past: choose a later one"}
    later = {PIN_UNTIL: "2026-11-23"}
    blank = pins(bot, ann, *option, reason="  \n ", **later)
    assert blank.errors == {PIN_REASON: "Enter a reason: who needs the image, and for what"}
    assert stored(bot) == []
    assert pins(bot, ann, *option, **later).ok


def test_pinning_a_tag_that_does_not_exist(bot: RunningBot, ann: SimulatedUser) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "2.0")
    assert pins(bot, ann, *found(ann, "2.0")).ok
    assert "`2.0` matches no image of the last scan" in shown(ann)


def test_a_reason_of_the_greatest_length(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    opened(bot, ann, message)
    scanned(bot, "older")
    reason = (NASTY * 200)[:3000]
    assert pins(bot, ann, *found(ann, "older"), reason=reason).ok
    assert [each.pin.reason for each in stored(bot)] == [" ".join(reason.split())]
    for said in (shown(ann), report(bot, ann, message)):
        assert "<!channel>" not in said
        assert "*bold*" not in said
    assert STAR in shown(ann)


def test_two_users_pin_at_the_same_time(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    scanned(bot, "old", "older")
    for person in (ann, bob):
        opened(bot, person, message)
    with ThreadPoolExecutor(2) as pool:
        pinning = [
            pool.submit(
                person.submits,
                **{PINNED_TAGS: [found(person, tag)[0]["value"]], PIN_REASON: "mine"},
            )
            for person, tag in ((ann, "old"), (bob, "older"))
        ]
        assert all(each.result().ok for each in pinning)
    bot.wait_until_idle()
    until(lambda: bot.stored(message).version == 3)
    assert bot.stored(message).deletions == 0
    assert {each.pin.by for each in stored(bot)} == {ann.id, bob.id}


def test_pinning_during_a_deletion(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    plan = bot.stored(message)
    assert bot.store.commit(started(plan, run_of(plan)))
    bot.plan_messages.update(plan.id)
    assert "pin_tags" in buttons(message_at(ann, bot.channel, message.ts))
    opened(bot, ann, message)
    scanned(bot, "older")
    assert pins(bot, ann, *found(ann, "older")).ok
    assert "pinned images that still exist are skipped" in shown(ann)
    assert seen(bot.store, plan.id).version == 1


def test_a_guest_gets_no_modal(bot: RunningBot, guest: SimulatedUser) -> None:
    scanned(bot, "old")
    bot.clicks(guest, "pin_tags", bot.posted())
    assert guest.modal() is None
    (said,) = private_messages(guest, bot.channel)
    assert "is a guest: only full members of the workspace are allowed" in said
    assert bot.events()[-1] is AuditEventName.REFUSED


def test_a_user_who_became_a_guest_in_the_meantime(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    """The search finds nothing, and the pin is refused."""
    scanned(bot, "old")
    opened(bot, ann, bot.posted())
    slack.change_user(ann.id, is_restricted=True)
    bot.context.users._users._entries.clear()
    assert found(ann, "old") == []
    assert pins(bot, ann, *found(ann, f"sha256:{'a' * 64}")).result == "refused"
    assert stored(bot) == []


def test_the_modal_is_closed_before_the_answer(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "old")
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    assert pins(bot, ann, *found(ann, "old")).ok
    (said,) = private_messages(ann, bot.channel)
    assert "Pinned `old` in `team/api`" in said


def test_the_search_fails(
    bot: RunningBot,
    ann: SimulatedUser,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise ServiceError("The database is full")

    opened(bot, ann, bot.posted())
    monkeypatch.setattr(bot.store, "find_tags", fail)
    assert found(ann, "old") == []
    assert "The database is full" in caplog.messages


def test_after_a_restart(start_bot: StartBot, ann: SimulatedUser) -> None:
    before = start_bot()
    message = before.posted()
    opened(before, ann, message)
    scanned(before, "old")
    option = found(ann, "old")
    close(before.connection)
    after = start_bot()
    assert pins(after, ann, *option).ok
    assert [each.pin.pin for each in stored(after)] == ["old"]


# unpin


def pinned_by(
    bot: RunningBot, person: SimulatedUser, message: PlanMessage, tag: str = "older"
) -> None:
    scanned(bot, tag)
    opened(bot, person, message)
    assert pins(bot, person, *found(person, tag)).ok
    person.closes()


def test_the_author_removes_a_pin(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    pinned_by(bot, ann, message)
    assert f"by <@{ann.id}>: a customer runs it\n[Unpin]" in opened(bot, ann, message)
    assert ann.uses("unpin:0").result == "confirm"
    assert ann.uses("unpin:0", confirm=True).ok
    bot.wait_until_idle()
    assert "Unpinned `older`" in shown(ann)
    assert stored(bot) == []
    assert bot.events()[-1] is AuditEventName.UNPINNED


def test_the_modal_is_closed_before_the_pin_is_removed(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = bot.posted()
    pinned_by(bot, ann, message)
    opened(bot, ann, message)
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    assert ann.uses("unpin:0", confirm=True).ok
    bot.wait_until_idle()
    assert stored(bot) == []
    (said,) = private_messages(ann, bot.channel)
    assert "Unpinned `older`" in said


def test_only_approvers_remove_pins_of_others(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [ann.id]})
    message = bot.posted()
    pinned_by(bot, ann, message)
    opened(bot, bob, message)
    assert bob.uses("unpin:0", confirm=True).ok
    bot.wait_until_idle()
    assert f"is not an approver in the settings. Approvers: <@{ann.id}>." in shown(bob)
    assert len(stored(bot)) == 1
    pinned_by(bot, bob, message, "new")
    opened(bot, ann, message)
    assert ann.uses("unpin:0", confirm=True).ok
    bot.wait_until_idle()
    assert [each.pin.by for each in stored(bot)] == [ann.id]


def test_pins_of_the_settings_have_no_button(start_bot: StartBot, ann: SimulatedUser) -> None:
    entry = {"repository": "team/*", "pin": "keep-*", "reason": "the audit"}
    bot = start_bot(pins=[entry])
    said = opened(bot, ann, bot.posted())
    assert "`keep-*`, by the settings file: the audit" in said
    assert "[Unpin]" not in said


# approvals that no longer count


def replies(person: SimulatedUser, bot: RunningBot, message: PlanMessage) -> list[str]:
    return [each["text"] for each in message_at(person, bot.channel, message.ts)["replies"]]


def test_approvers_of_the_old_version_are_notified_once(
    bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    pinned_by(bot, bob, message)
    said = [each for each in replies(ann, bot, message) if "no longer counts" in each]
    assert said == [
        f"<@{ann.id}>: your approval of version 1 no longer counts. <@{bob.id}> changed the plan: "
        "pins (older) keep 1 of 2 images to delete. Review version 2 above, and approve it if it "
        "is right."
    ]
    bot.plan_messages.notify_approvers(9)
    assert len([each for each in replies(ann, bot, message) if "no longer counts" in each]) == 1
    assert bot.stored(message).state is PlanState.PROPOSED


def test_a_failed_notification_is_retried(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", times=2))
    pinned_by(bot, bob, message)
    assert not any("no longer counts" in each for each in replies(ann, bot, message))
    bot.plan_messages.notify_approvers(9)
    assert any("no longer counts" in each for each in replies(ann, bot, message))


def test_no_notification_without_a_message(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    known = bot.store.message(message.channel, message.ts)
    assert known
    bot.store.delete_message(known)
    plan = bot.stored(message)
    bot.context.pins.pin(plan.repository, ["older"], bot.context.person(_sender(ann)), "why")
    posted = len(calls(slack, "chat.postMessage"))
    bot.plan_messages.notify_approvers(9)
    assert len(calls(slack, "chat.postMessage")) == posted


def _sender(person: SimulatedUser) -> PayloadSender:
    return PayloadSender(user=person.id, team=TEAM_ID)


# unusual input


def test_a_day_beyond_the_last_year(bot: RunningBot, ann: SimulatedUser) -> None:
    opened(bot, ann, bot.posted())
    scanned(bot, "old")
    outcome = pins(bot, ann, *found(ann, "old"), **{PIN_UNTIL: "9999-12-31"})
    assert outcome.errors == {PIN_UNTIL: "Choose a day up to the year 9998"}


def test_part_of_a_digest(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, "abc", "def")
    opened(bot, ann, bot.posted())
    assert len(found(ann, "sha256:")) == 2
    digest = f"sha256:{'abc':>064}"
    (option,) = found(ann, digest[:-1])
    assert pins(bot, ann, option).ok
    assert [each.pin.pin for each in stored(bot)] == [digest]


def test_a_pattern_too_long_for_an_option(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned(bot, "v" * 200)
    opened(bot, ann, bot.posted())
    assert found(ann, "v" * 160 + "*") == []


# pins that expire


def warned(bot: RunningBot, person: SimulatedUser, text: str = "1.0") -> Json:
    """The message that warns about the pin."""
    made = Pin(text, person.id, "a customer runs it", NOW + timedelta(hours=20))
    pin = RepositoryPin(HERE.uri, made, NOW - timedelta(days=9))
    assert bot.store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=[pin]))
    PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send([pin])
    return person.messages(person.opens_im())[-1]


def keeps(bot: RunningBot, person: SimulatedUser, message: Json) -> Json:
    """Clicks the button, and returns the message after the click."""
    channel = person.opens_im()
    assert person.uses("keep_pin", channel=channel, ts=message["ts"]).ok
    bot.wait_until_idle()
    return message_at(person, channel, message["ts"])


def test_a_pin_is_extended(bot: RunningBot, ann: SimulatedUser) -> None:
    message = warned(bot, ann)
    said = read(message["blocks"])
    assert "*1 pin expires soon.*\n`1.0` in `team/api` is pinned until 2026-11-24 08:00" in said
    after = keeps(bot, ann, message)
    assert "Pinned `1.0` in `team/api` until" in after["text"]
    assert buttons(after) == []
    (pin,) = stored(bot)
    assert pin.pin.until == NOW + timedelta(hours=20, days=30)


def test_a_second_click_does_not_extend_it_again(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = warned(bot, ann)
    slack.faults.add(CallFault(method="chat.update", error="internal_error", times=1))
    keeps(bot, ann, message)
    after = keeps(bot, ann, message)
    assert "1.0 is pinned in team/api until <!date^1798099200^" in after["text"]
    (pin,) = stored(bot)
    assert pin.pin.until == NOW + timedelta(hours=20, days=30)


def test_extending_a_removed_pin(bot: RunningBot, ann: SimulatedUser) -> None:
    message = warned(bot, ann)
    bot.context.pins.unpin(HERE, ["1.0"], bot.context.person(_sender(ann)))
    after = keeps(bot, ann, message)
    assert "1.0 is not pinned in team/api any more" in after["text"]
    assert "To pin it again: `/ecr-clean pin team/api 1.0 because …`" in after["text"]
    assert buttons(after) == []


def test_one_of_several_pins_is_extended(bot: RunningBot, ann: SimulatedUser) -> None:
    until_ = NOW + timedelta(hours=20)
    made = [
        RepositoryPin(HERE.uri, Pin(f"v{n:02}", ann.id, NASTY, until_), NOW - timedelta(days=9))
        for n in range(25)
    ]
    assert bot.store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=made))
    PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send(made)
    home = ann.opens_im()
    (message,) = ann.messages(home)
    assert message["text"] == "25 pins in `team/api` expire soon."
    assert len(buttons(message)) == 20
    assert "… and 5 more: `/ecr-clean pins team/api` lists them" in read(message["blocks"])
    assert ann.uses("keep_pin:3", channel=home, ts=message["ts"]).ok
    bot.wait_until_idle()
    assert len(buttons(message_at(ann, home, message["ts"]))) == 20
    assert any("Pinned `v03`" in each["text"] for each in ann.messages(home))
    assert [each.pin.pin for each in stored(bot) if each.pin.until != until_] == ["v03"]


def test_the_warning_for_a_pin_of_the_command_line_is_posted_in_the_channel(
    bot: RunningBot, ann: SimulatedUser
) -> None:
    made = Pin("1.0", BY_ROLE, "a customer runs it", NOW + timedelta(hours=20))
    pin = RepositoryPin(HERE.uri, made, NOW - timedelta(days=9))
    warnings = PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of)
    warnings.send([pin])
    assert "by `carla`" in ann.messages(bot.channel)[-1]["text"]


def test_no_warning_without_a_channel(start_bot: StartBot, slack: Workspace) -> None:
    bot = start_bot(reports=[{}])
    made = Pin("1.0", BY_ROLE, "a customer runs it", NOW + timedelta(hours=20))
    posted = len(calls(slack, "chat.postMessage"))
    PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send(
        [RepositoryPin(HERE.uri, made, NOW)]
    )
    assert len(calls(slack, "chat.postMessage")) == posted


@pytest.mark.parametrize("error", ["user_not_found", "user_disabled", "messages_tab_disabled"])
def test_no_warning_to_an_unreachable_user(
    error: str, bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="chat.postMessage", error=error, times=1))
    made = Pin("1.0", ann.id, "a customer runs it", NOW + timedelta(hours=20))
    PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send(
        [RepositoryPin(HERE.uri, made, NOW)]
    )
    slack.faults.add(CallFault(method="chat.postMessage", error="internal_error", times=1))
    with pytest.raises(SlackError, match="Warning about an expiring pin in Slack failed"):
        PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send(
            [RepositoryPin(HERE.uri, made, NOW)]
        )


# a pause


def test_every_report_shows_the_pause(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    plan = bot.stored(message)
    bot.store.set_pause(Pause(ann.id, NOW, "*the* registry *moves*"), event(AuditEventName.PAUSED))
    bot.plan_messages.update(plan.id)
    said = f"*ecr-clean is paused* by <@{ann.id}> 2026-11-23 12:00 UTC"
    assert said in report(bot, ann, message)
    bot.clicks(ann, "approve_plan", message)
    assert said in report(bot, ann, message)
    bot.store.set_pause(None, event(AuditEventName.RESUMED))
    bot.plan_messages.update(plan.id)
    assert "paused" not in report(bot, ann, message)
