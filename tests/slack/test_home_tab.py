"""The Home tab: what all repositories cost, and what is going on."""

from datetime import timedelta

import pytest

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import (
    AuditEventName,
    LastScan,
    Pause,
    PlanMessage,
    PlanRecord,
    RepositoryPin,
    StoreChange,
)
from bot.playground.slack import CallFault, Person, Workspace
from bot.slack.api import SlackError
from tests.render.builders import GB, HERE
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import STAR, read
from tests.slack.running_bot import RunningBot, until
from tests.slack.support import calls
from tests.store.support import PLACE, closed, event
from tests.support import NOW


def opened(bot: RunningBot, person: Person) -> str:
    assert person.opens_home().ok
    until(person.home)
    bot.settle()
    return seen(person)


def seen(person: Person) -> str:
    home = person.home()
    assert home
    return read(home["blocks"])


def scanned_at(
    bot: RunningBot, message: PlanMessage, stored_bytes: int | None = 100 * GB
) -> PlanRecord:
    plan = bot.stored(message)
    bot.store.save_scan(plan.repository, LastScan(plan, NOW, stored_bytes))
    return plan


def pin(bot: RunningBot, text: str, by: str, days: float) -> None:
    made = Pin(text, by, "*bold* <!channel>", NOW + timedelta(days=days))
    added = RepositoryPin(HERE.uri, made, NOW)
    assert bot.store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=[added]))


def test_with_nothing_in_it(bot: RunningBot, ann: Person) -> None:
    told = opened(bot, ann)
    assert "No repository was looked at yet: `/ecr-clean REPOSITORY` begins with one." in told
    assert "*Saved so far:* $0.00 a month (0 bytes)" in told
    assert "# Open plans\nNone." in told


def test_what_everything_costs(bot: RunningBot, ann: Person) -> None:
    plan = scanned_at(bot, bot.posted())
    bot.store.save_repositories(PLACE, [HERE], NOW)
    told = opened(bot, ann)
    assert "*Cost now:* $10.00 a month (100 GB), in 1 repository\n" in told
    assert f"*Could be saved:* $0.20 a month ({plan.freed_bytes / GB:.2f} GB)" in told


def test_what_nobody_knows_yet_is_named(bot: RunningBot, ann: Person) -> None:
    scanned_at(bot, bot.posted(), stored_bytes=None)
    assert "in 0 of 1 repository; of the rest nobody knows yet" in opened(bot, ann)


def test_open_plans_link_to_their_reports(bot: RunningBot, ann: Person) -> None:
    message = bot.posted()
    told = opened(bot, ann)
    link = f"{bot.context.url}archives/{bot.channel}/p{message.ts.replace('.', '')}"
    assert (
        f"`{HERE.name}`: waits for approval · 2 of 3 manifests, $0.20 a month · <{link}|report>"
        in told
    )


def test_one_that_is_shown_nowhere_is_named(bot: RunningBot, ann: Person) -> None:
    plan = bot.proposed()
    assert f"plan {plan.id}" in opened(bot, ann)


def test_pins_that_run_out_mine_first(bot: RunningBot, ann: Person, bob: Person) -> None:
    pin(bot, "theirs", bob.id, days=2)
    pin(bot, "mine", ann.id, days=10)
    pin(bot, "later", ann.id, days=20)
    pin(bot, "over", ann.id, days=-1)
    told = opened(bot, ann)
    assert told.index("`mine`") < told.index("`theirs`")
    assert f"by <@{bob.id}>: {STAR}bold{STAR} &lt;!channel&gt;" in told
    assert "later" not in told
    assert "over" not in told


def test_next_reports(start_bot: StartBot, ann: Person) -> None:
    entries = [
        {"repositories": ["team/*"], "channel": "#releases", "schedule": "thu 09:00"},
        {"repositories": ["*"], "channel": "#releases", "schedule": "daily 10:00"},
        {"repositories": ["x"]},
    ]
    bot = start_bot(reports=entries)
    told = opened(bot, ann).partition("# Next reports\n")[2].splitlines()
    assert told[0] == f"• 2026-11-24 10:00 UTC in <#{bot.channel}>: `*`"
    assert told[1] == f"• 2026-11-26 09:00 UTC in <#{bot.channel}>: `team/*`"
    assert told[2].startswith("# ")


def test_last_cleanups(bot: RunningBot, ann: Person) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    plan = bot.stored(message)
    assert bot.store.commit(closed(plan, PlanState.STOPPED, AuditEventName.ENDED))
    told = opened(bot, ann).partition("# Last cleanups\n")[2]
    assert f"`{HERE.name}`: stopped, 0 deleted; freed" in told
    assert f"approved by <@{ann.id}>" in told


def test_last_cleanups_lie_behind_many_plans_that_deleted_nothing(
    bot: RunningBot, ann: Person
) -> None:
    assert bot.store.commit(closed(bot.proposed(), PlanState.DONE, AuditEventName.ENDED))
    for _ in range(60):
        assert bot.store.commit(closed(bot.proposed(), PlanState.EXPIRED, AuditEventName.EXPIRED))
    assert "None yet" not in opened(bot, ann).partition("# Last cleanups\n")[2]


def test_a_pause_is_told(bot: RunningBot, ann: Person) -> None:
    bot.store.set_pause(Pause(ann.id, NOW, "the registry moves"), event(AuditEventName.PAUSED))
    told = opened(bot, ann)
    assert f"*ecr-clean is paused* by <@{ann.id}> 2026-11-23 12:00 UTC (the registry moves)" in told


def test_it_follows_what_happens(bot: RunningBot, ann: Person) -> None:
    assert "waits for approval" not in opened(bot, ann)
    bot.posted()
    bot.clock.now += timedelta(seconds=11)
    bot.context.home.refresh_behind(9)
    assert "waits for approval" in seen(ann)


def test_it_is_not_shown_again_without_need(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    opened(bot, ann)
    bot.store.record(event())
    bot.context.home.refresh_behind(9)
    assert len(calls(slack, "views.publish")) == 1, "it was shown just now"
    bot.clock.now += timedelta(seconds=11)
    for _ in range(3):
        bot.context.home.refresh_behind(9)
    assert len(calls(slack, "views.publish")) == 2
    bot.clock.now += timedelta(days=2)
    bot.store.record(event())
    bot.context.home.refresh_behind(9)
    assert len(calls(slack, "views.publish")) == 2, "nobody has looked for days"


def test_slack_was_away(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    assert ann.opens_home().ok
    until(lambda: calls(slack, "views.publish"))
    bot.settle()
    assert ann.home() is None
    bot.clock.now += timedelta(seconds=11)
    bot.context.home.refresh_behind(9)
    assert "# Open plans" in seen(ann)


def test_somebody_who_left_is_asked_no_more(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    slack.faults.add(CallFault(method="views.publish", error="user_not_found"))
    bot.context.home.open(ann.id)
    bot.clock.now += timedelta(seconds=11)
    bot.context.home.refresh_behind(9)
    assert len(calls(slack, "views.publish")) == 1


def test_what_fails_is_raised(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    with pytest.raises(SlackError, match="Showing the Home tab in Slack failed"):
        bot.context.home.open(ann.id)


def test_a_guest_is_told_why_there_is_nothing(
    bot: RunningBot, slack: Workspace, guest: Person
) -> None:
    bot.posted()
    told = opened(bot, guest)
    assert "guest" in told
    assert HERE.name not in told
    assert len(list(bot.store.events())) == 1, "looking is no deed"
    bot.clock.now += timedelta(seconds=11)
    bot.context.home.refresh_behind(9)
    assert len(calls(slack, "views.publish")) == 1


def test_a_person_whom_slack_does_not_know(bot: RunningBot, slack: Workspace, ann: Person) -> None:
    bot.posted()
    slack.faults.add(CallFault(method="users.info", error="user_not_found"))
    shown = opened(bot, ann)
    assert "Slack knows nobody called" in shown
    assert HERE.name not in shown


def test_one_that_fails_keeps_none_of_the_others_back(
    bot: RunningBot, slack: Workspace, ann: Person, bob: Person
) -> None:
    for person in (ann, bob):
        bot.store.open_home(person.id, bot.clock())
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    bot.store.record(event())
    with pytest.raises(SlackError):
        bot.context.home.refresh_behind(9)
    assert (ann.home() is None, bob.home() is None) in ((True, False), (False, True))
