"""Review images: views, search, pages, and the button Keep."""

import re
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.last_use import LastUse, SeenUses
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState, content_hash
from bot.core.records import (
    AuditEventName,
    PlanMessage,
    RepositoryPin,
    StoreChange,
    TagBinding,
    TagScan,
)
from bot.core.verdict_reasons import Verdict
from bot.playground.slack import TEAM_ID, CallFault, SimulatedUser, Workspace
from bot.slack import image_review
from bot.slack.action_ids import PlanRef, ReviewState
from bot.slack.message_updates import PinExpiryNotifier
from bot.slack.messages.block_kit import loading_view
from bot.slack.payloads import PayloadSender
from bot.slack.plan_contents import PlanContents
from tests.render.builders import HERE, image, plan
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import read
from tests.slack.messages.test_limits import crowd
from tests.slack.running_bot import (
    RunningBot,
    close,
    content,
    private_messages,
    until,
)
from tests.slack.support import buttons, calls, message_at
from tests.store.support import event, run_of, started
from tests.support import NOW

IN_A_MONTH = NOW + timedelta(days=30)


@pytest.fixture
def many() -> Plan:
    return content(*(f"1.{number}" for number in range(50)))


def reviews(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> str:
    assert bot.clicks(person, "show_images", message).ok
    return shown(person)


def uses(bot: RunningBot, person: SimulatedUser, action_id: str, **how: Any) -> str:
    assert person.uses(action_id, **how).ok
    bot.wait_until_idle()
    return shown(person)


def shown(person: SimulatedUser) -> str:
    modal = person.modal()
    assert modal
    return read(modal["blocks"])


def sender(person: SimulatedUser) -> PayloadSender:
    return PayloadSender(user=person.id, team=TEAM_ID)


def report(bot: RunningBot, person: SimulatedUser, message: PlanMessage) -> str:
    return read(message_at(person, bot.channel, message.ts)["blocks"])


def tags_in(text: str) -> list[str]:
    return re.findall(r"^`([^`]+)`", text, re.MULTILINE)


def pins(bot: RunningBot) -> list[Pin]:
    return [each.pin for each in bot.store.pins(HERE.uri)]


# both views


def test_any_user_who_sees_the_message_may_look(bot: RunningBot, guest: SimulatedUser) -> None:
    """A guest gets no buttons that would be refused."""
    said = reviews(bot, guest, bot.posted())
    assert "[To delete (2)] [To keep (1)]" in said
    assert tags_in(said) == ["old", "older"]
    assert "[Keep 30 days]" not in said


def test_the_modal_opens_before_the_plan_is_read(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    reviews(bot, ann, bot.posted())
    (opened,) = calls(slack, "views.open")
    assert opened["view"]["blocks"][0]["text"] == loading_view()["blocks"][0]["text"]


def test_the_last_use_of_an_image(bot: RunningBot, ann: SimulatedUser) -> None:
    digest = image(1).digest
    use = LastUse(NOW - timedelta(days=3), ("ECS prod/batch",))
    bot.store.record_usage(SeenUses({digest: use}, {}), (), NOW)
    said = reviews(bot, ann, bot.posted())
    assert said.count("Last seen in use") == 1
    assert "by ECS prod/batch" in said


def test_keep_opens_the_kept_images(bot: RunningBot, ann: SimulatedUser) -> None:
    reviews(bot, ann, bot.posted())
    kept = uses(bot, ann, "review_tab:1")
    assert tags_in(kept) == ["new"]
    assert "*Lambda*" in kept
    assert tags_in(uses(bot, ann, "review_tab:0")) == ["old", "older"]


def test_pages(bot: RunningBot, ann: SimulatedUser, many: Plan) -> None:
    first = reviews(bot, ann, bot.posted(many))
    second = uses(bot, ann, "review_page:1")
    assert "~ 1 to 15 of 49 images" in first
    assert "~ 16 to 30 of 49 images" in second
    assert not {*tags_in(first)} & {*tags_in(second)}
    assert "review_page:0" in buttons(ann.modal() or {})


def test_a_tab_starts_on_its_first_page(bot: RunningBot, ann: SimulatedUser, many: Plan) -> None:
    reviews(bot, ann, bot.posted(many))
    uses(bot, ann, "review_page:3")
    uses(bot, ann, "review_tab:1")
    assert "~ 1 to 15 of 49" in uses(bot, ann, "review_tab:0")


def test_the_newest_version_is_shown(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    """Also for a message that could not be updated."""
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    person = bot.context.person(sender(ann))
    bot.context.pins.pin(HERE, ["old"], person, "a customer runs it")
    said = reviews(bot, bob, message)
    assert tags_in(said) == ["older"]
    assert "v2" in said


def test_a_dismissed_plan(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="chat.update", error="internal_error"))
    bot.clicks(ann, "dismiss_plan", message)
    assert bot.stored(message).state is PlanState.DISMISSED
    said = reviews(bot, bob, message)
    assert "[To delete (2)]" in said
    assert "[Keep 30 days]" not in said


# search


NEIGHBORS = content("new", "1.9.0-SNAPSHOT-6", "1.9.0", "1.9.0-SNAPSHOT-5", "x-1.9.0")


@pytest.mark.parametrize("how", ["enter", "button"])
def test_the_exact_tag_comes_first(bot: RunningBot, ann: SimulatedUser, how: str) -> None:
    reviews(bot, ann, bot.posted(NEIGHBORS))
    if how == "enter":
        found = uses(bot, ann, "review_search", value="1.9.0")
    else:
        assert bot.submits(ann, review_search="1.9.0").ok
        found = shown(ann)
    assert tags_in(found)[0] == "1.9.0"
    assert {*tags_in(found)[1:3]} == {"1.9.0-SNAPSHOT-5", "1.9.0-SNAPSHOT-6"}
    assert tags_in(found)[3] == "x-1.9.0"


def test_a_search_shows_the_view_of_the_best_match(bot: RunningBot, ann: SimulatedUser) -> None:
    reviews(bot, ann, bot.posted(content("1.9", "1.9-rc", "1.8")))
    found = uses(bot, ann, "review_search", value="1.9")
    assert tags_in(found) == ["1.9"]
    assert "[To delete (1)] [To keep (1)]" in found
    assert tags_in(uses(bot, ann, "review_tab:0")) == ["1.9-rc"]


def test_an_empty_search_shows_all(bot: RunningBot, ann: SimulatedUser) -> None:
    reviews(bot, ann, bot.posted())
    assert "No image has a tag like `x`." in uses(bot, ann, "review_search", value="x")
    assert tags_in(uses(bot, ann, "review_search")) == ["old", "older"]


# keep


def test_an_image_is_kept_for_30_days(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    message = bot.posted()
    reviews(bot, ann, message)
    said = uses(bot, ann, "review_pin:0")
    (pin,) = pins(bot)
    assert (pin.pin, pin.by, pin.until) == (image(1).digest, ann.id, IN_A_MONTH)
    assert pin.reason == "Keep in Review images (old)"
    assert "[To delete (1)] [To keep (2)]" in said
    assert tags_in(said) == ["old", "older"]
    assert said.count("[Keep 30 days]") == 1
    assert f":pushpin: *Pinned until 2026-12-23 by <@{ann.id}>*" in said
    assert bot.stored(message).version == 2
    assert f"Version 2: <@{ann.id}> pinned `old`." in report(bot, ann, message)
    assert "*1 pinned*\n`old`" in uses(bot, ann, "review_tab:1")
    assert tags_in(uses(bot, ann, "review_tab:0")) == ["old", "older"]
    assert [each["view"]["title"]["text"] for each in calls(slack, "views.update")] == [
        "Review images"
    ] * 5


def test_the_row_changes_at_once(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    """Making the next version of a large plan takes seconds."""
    reviews(bot, ann, bot.posted())
    uses(bot, ann, "review_pin:0")
    before = [read(each["view"]["blocks"]) for each in calls(slack, "views.update")][1]
    assert "`old`\n1 GB · pushed 41 days ago\n:hourglass_flowing_sand: Pinning …\n`older`" in before


def test_a_kept_image_is_named_by_its_tag(bot: RunningBot, ann: SimulatedUser) -> None:
    """In the pin modal, the list of pins, the Home tab and the warning before it expires."""
    message = bot.posted()
    bot.store.save_tag_scan(HERE, TagScan(NOW, {"old": TagBinding(image(1).digest, None)}, {}))
    bot.store.save_repositories(HERE.registry, [HERE], NOW)
    reviews(bot, ann, message)
    uses(bot, ann, "review_pin:0")
    ann.closes()
    bot.clicks(ann, "pin_tags", message)
    line = f"`old` until 2026-12-23 12:00 UTC, by <@{ann.id}>: Keep in Review images"
    assert line in shown(ann)
    assert bot.send_command(ann, "/ecr-clean pins team/api").ok
    listed = [each for each in ann.messages(bot.channel) if each["ephemeral"]]
    assert line in read(listed[-1]["blocks"])
    bot.context.home_tab.open(ann.id)
    home = ann.home()
    assert home
    assert "`old` in `team/api` until" in read(home["blocks"])
    warn = PinExpiryNotifier(bot.context.client, bot.store, bot.context.rules_of).send
    warn(bot.store.pins(HERE.uri))
    assert "`old` in `team/api` is pinned until" in ann.messages(ann.opens_im())[-1]["text"]
    assert ann.uses("unpin:0", confirm=True).ok
    bot.wait_until_idle()
    assert pins(bot) == []


def test_several_images_are_kept(bot: RunningBot, ann: SimulatedUser, many: Plan) -> None:
    """The rows and the pages do not move."""
    message = bot.posted(many)
    first = reviews(bot, ann, message)
    for number in (0, 3):
        uses(bot, ann, f"review_pin:{number}")
    assert tags_in(shown(ann)) == tags_in(first)
    assert bot.stored(message).deletions == 47
    assert len({*tags_in(first)} & {*tags_in(uses(bot, ann, "review_page:1"))}) == 0


def test_another_replica_shows_the_newest_version(start_bot: StartBot, ann: SimulatedUser) -> None:
    """The version that was shown before is no longer stored."""
    before = start_bot()
    reviews(before, ann, before.posted())
    uses(before, ann, "review_pin:0")
    close(before.connection)
    after = start_bot()
    assert tags_in(uses(after, ann, "review_tab:0")) == ["older"]


def test_another_scan_changes_the_plan(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    reviews(bot, ann, message)
    before = bot.stored(message)
    changed = content("newest", "new", "old", "older")
    after = replace(
        before,
        version=2,
        revision=before.revision + 1,
        deletions=3,
        manifests=4,
        hash=content_hash(changed),
    )
    assert bot.store.commit(StoreChange((event(plan=before.id),), before, after, changed))
    assert tags_in(uses(bot, ann, "review_tab:0")) == ["new", "old", "older"]


def test_a_pin_of_another_user_is_refused_above_the_images(
    start_bot: StartBot, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    bot = start_bot(approval={"approvers": [bob.id]})
    reviews(bot, ann, bot.posted())
    pin = Pin(image(1).digest, bob.id, "why", NOW + timedelta(days=300))
    made = RepositoryPin(HERE.uri, pin, NOW)
    assert bot.store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=[made]))
    said = uses(bot, ann, "review_pin:0")
    assert "is pinned" in said.splitlines()[0]
    assert tags_in(said) == ["old", "older"]
    assert pins(bot) == [pin]


def test_an_image_is_kept_during_the_deletion(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    plan = bot.stored(message)
    assert bot.store.commit(started(plan, run_of(plan)))
    reviews(bot, ann, message)
    said = uses(bot, ann, "review_pin:1")
    assert f":pushpin: *Pinned until 2026-12-23 by <@{ann.id}>*" in said
    assert said.count("[Keep 30 days]") == 1


def test_two_clicks_pin_once(bot: RunningBot, ann: SimulatedUser) -> None:
    reviews(bot, ann, bot.posted())
    ann.uses("review_pin:0")
    ann.uses("review_pin:0")
    bot.wait_until_idle()
    assert len(pins(bot)) == 1


def test_the_modal_is_closed_before_the_image_is_kept(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    reviews(bot, ann, bot.posted())
    slack.faults.add(CallFault(method="views.update", error="not_found", times=2))
    assert ann.uses("review_pin:0").ok
    bot.wait_until_idle()
    (said,) = private_messages(ann, bot.channel)
    assert said.startswith("Pinned `old` in `team/api` until")
    assert len(pins(bot)) == 1


def test_a_version_is_read_once(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_versions: list[int] = []
    contents = bot.context.contents
    of_store = contents._read

    def counted(plan_id: str, version: int) -> Plan:
        read_versions.append(version)
        return of_store(plan_id, version)

    monkeypatch.setattr(contents, "_read", counted)
    reviews(bot, ann, bot.posted())
    uses(bot, ann, "review_pin:0")
    uses(bot, ann, "review_tab:1")
    uses(bot, ann, "review_search", value="old")
    assert read_versions == [1]


@pytest.mark.parametrize("number", [500, pytest.param(20_000, marks=pytest.mark.slow)])
def test_a_large_repository(bot: RunningBot, ann: SimulatedUser, number: int) -> None:
    """Every answer takes less than two seconds of CPU time, without the transport."""
    message = bot.posted(plan(*crowd(number), newest=10))
    seconds: list[float] = []
    context = replace(bot.context, contents=PlanContents(bot.store.content))

    def view(state: ReviewState) -> str:
        before = time.thread_time()
        shown = image_review._view(context, state, sender(ann))
        seconds.append(time.thread_time() - before)
        return read(shown["blocks"])

    state = ReviewState(PlanRef(message.plan, 1, bot.channel))
    assert f"[To delete ({number // 2 - 10:,})] [To keep (10)]" in view(state)
    last = view(replace(state, page=number))
    assert f" of {number // 2 - 10:,} images" in last
    assert tags_in(view(replace(state, search="v0"))) == ["v0"]
    assert "*Usage sources*" in view(replace(state, verdict=Verdict.KEEP))
    assert max(seconds) < 2
    reviews(bot, ann, message)
    assert ":pushpin:" in uses(bot, ann, "review_pin:0")
    assert bot.stored(message).version == 2


# failures


def test_the_modal_is_closed_before_it_is_filled(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, caplog: pytest.LogCaptureFixture
) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", delay=0.5))
    ann.uses("show_images", channel=message.channel, ts=message.ts)
    until(ann.modal)
    ann.closes()
    bot.wait_until_idle()
    assert ann.modal() is None
    assert private_messages(ann, bot.channel) == []
    assert "bot.slack" not in caplog.text


def test_another_page_in_a_closed_modal(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, many: Plan
) -> None:
    reviews(bot, ann, bot.posted(many))
    slack.faults.add(CallFault(method="views.update", error="not_found"))
    assert ann.uses("review_page:1").ok
    bot.wait_until_idle()
    assert private_messages(ann, bot.channel) == []


def test_the_plan_is_unknown(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = bot.posted()
    monkeypatch.setattr(bot.store, "plan", lambda _: None)
    assert f"No plan {message.plan}" in reviews(bot, ann, message)


def test_slack_is_busy(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.open", error="ratelimited", retry_after=30))
    bot.clicks(ann, "show_images", message)
    (said,) = private_messages(ann, bot.channel)
    assert "Slack's rate limit is reached" in said


def test_slack_rejects_the_update(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    message = bot.posted()
    slack.faults.add(CallFault(method="views.update", error="internal_error"))
    assert "Showing a modal in Slack failed" in reviews(bot, ann, message)


def test_slack_does_not_know_the_user_now(
    bot: RunningBot, ann: SimulatedUser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click on Keep checks the permission again."""

    def fail(*_: object) -> None:
        raise ServiceError("Looking up a user in Slack failed")

    message = bot.posted()
    monkeypatch.setattr(bot.context.users, "profile", fail)
    assert "[Keep 30 days]" in reviews(bot, ann, message)
