"""The Home tab: its content and its updates."""

from dataclasses import replace
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
from bot.core.storage_history import StorageDay
from bot.playground.slack import CallFault, SimulatedUser, Workspace
from bot.slack.api import SlackError
from tests.render.builders import GB, HERE
from tests.slack.conftest import StartBot
from tests.slack.messages.plan_views import STAR, read
from tests.slack.running_bot import IN_DOUBT, SCANNED, RunningBot, content, private_messages, until
from tests.slack.support import calls, queries_of
from tests.store.support import PLACE, closed, event
from tests.support import NOW

DAY = timedelta(days=1)


def opened(bot: RunningBot, person: SimulatedUser) -> str:
    assert person.opens_home().ok
    until(person.home)
    bot.wait_until_idle()
    return seen(person)


def seen(person: SimulatedUser) -> str:
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


def test_an_empty_tab(bot: RunningBot, ann: SimulatedUser) -> None:
    said = opened(bot, ann)
    assert "No repository has been scanned yet. `/ecr-clean REPOSITORY` scans one." in said
    assert "*Saved so far:* nothing" in said
    assert "# Waiting for approval\nNone." in said


def test_costs_of_all_repositories(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned_at(bot, bot.posted())
    bot.store.save_repositories(PLACE, [HERE], NOW)
    said = opened(bot, ann)
    assert "*Cost now:* $120 a year (100 GB), in 1 repository\n" in said
    assert "*Could be saved:* $2.40 a year (2 GB)" in said


def test_the_change_of_the_last_week(bot: RunningBot, ann: SimulatedUser) -> None:
    """With one query for any number of repositories."""
    scanned_at(bot, bot.posted())
    bot.store.save_storage_day(HERE, StorageDay(NOW - 8 * DAY, 90, 97 * GB))
    with queries_of("storage_history") as found:
        said = opened(bot, ann)
    assert "*Within a week:* $3.60 a year more (3 GB)\n" in said
    assert len(found) == 1


def test_repositories_of_unknown_size(bot: RunningBot, ann: SimulatedUser) -> None:
    scanned_at(bot, bot.posted(), stored_bytes=None)
    assert "*Cost now:* unknown. `/ecr-clean REPOSITORY` scans a repository." in opened(bot, ann)


def test_open_plans_link_to_their_reports(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    said = opened(bot, ann)
    assert "~ 1 plan, $2.40 a year (2 GB) together. Largest savings first." in said
    assert f"`{HERE.name}`: *saves $2.40 a year*, frees 2 GB\n" in said
    home = ann.home()
    assert home
    links = [each["accessory"]["url"] for each in home["blocks"] if "accessory" in each]
    assert links == [f"{bot.context.url}archives/{bot.channel}/p{message.ts.replace('.', '')}"]


def test_a_click_on_open_is_acknowledged(bot: RunningBot, ann: SimulatedUser) -> None:
    """Slack opens the link itself, and shows a warning if the app does not answer."""
    bot.posted()
    opened(bot, ann)
    assert ann.uses("open_link:0", home=True).ok
    assert private_messages(ann, bot.channel) == []


def test_the_plan_with_the_largest_savings_is_first(bot: RunningBot, ann: SimulatedUser) -> None:
    """However many newer plans save less."""
    big = replace(HERE, name="shop/big", uri=HERE.uri.replace("team/api", "shop/big"))
    bot.proposed(replace(content("new", *"abcdef"), repository=big))
    for number in range(12):
        uri = HERE.uri.replace("team/api", f"lab/{number}")
        lab = replace(HERE, name=f"lab/{number}", uri=uri)
        bot.proposed(replace(content("new", "old"), repository=lab))
    said = opened(bot, ann).partition("# Waiting for approval\n")[2].splitlines()
    assert said[1].startswith("`shop/big`: ")
    assert "~ … and 3 more: `/ecr-clean list` lists all" in said


def test_incomplete_plans_are_apart(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed(content("new", "old", scans=[SCANNED, IN_DOUBT]))
    said = opened(bot, ann)
    assert "# Waiting for approval\nNone.\n# Cannot be approved yet\n" in said
    assert f"• `{HERE.name}` · `/ecr-clean {HERE.name}` posts its report" in said


def test_a_plan_without_a_message_names_the_command(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.proposed()
    assert f"frees 2 GB · `/ecr-clean {HERE.name}` posts its report" in opened(bot, ann)


def test_a_plan_that_expires_soon(bot: RunningBot, ann: SimulatedUser) -> None:
    plan = bot.proposed()
    bot.clock.now = plan.expires_at - timedelta(hours=30)
    assert "frees 2 GB · expires 2026-11-30 12:00 UTC" in opened(bot, ann)


def test_own_pins(bot: RunningBot, ann: SimulatedUser, bob: SimulatedUser) -> None:
    pin(bot, "theirs", bob.id, days=2)
    pin(bot, "later", ann.id, days=90)
    pin(bot, "soon", ann.id, days=10)
    pin(bot, "over", ann.id, days=-1)
    said = opened(bot, ann).partition("# My pins\n")[2].splitlines()
    assert said[0].startswith(f"• `soon` in `{HERE.name}` until 2026-12-03: {STAR}bold")
    assert said[1].startswith("• `later` in ")
    assert said[2] == "# Next reports"


def test_next_reports(start_bot: StartBot, ann: SimulatedUser) -> None:
    entries = [
        {"repositories": ["team/*"], "channel": "#releases", "schedule": "thu 09:00"},
        {"repositories": ["*"], "channel": "#releases", "schedule": "daily 10:00"},
        {"repositories": ["x"]},
    ]
    bot = start_bot(reports=entries)
    said = opened(bot, ann).partition("# Next reports\n")[2].splitlines()
    assert said[0] == f"• 2026-11-24 10:00 UTC in <#{bot.channel}>: `*`"
    assert said[1] == f"• 2026-11-26 09:00 UTC in <#{bot.channel}>: `team/*`"
    assert said[2].startswith("# ")


def test_last_deletions(bot: RunningBot, ann: SimulatedUser) -> None:
    message = bot.posted()
    bot.clicks(ann, "approve_plan", message)
    plan = bot.stored(message)
    assert bot.store.commit(closed(plan, PlanState.STOPPED, AuditEventName.ENDED))
    said = opened(bot, ann).partition("# Last results\n")[2]
    assert f"`{HERE.name}`: stopped, 0 manifests deleted; freed" in said
    assert f"approved by <@{ann.id}>" in said


def test_last_deletions_skip_plans_that_did_not_run(bot: RunningBot, ann: SimulatedUser) -> None:
    assert bot.store.commit(closed(bot.proposed(), PlanState.DONE, AuditEventName.ENDED))
    for _ in range(60):
        assert bot.store.commit(closed(bot.proposed(), PlanState.EXPIRED, AuditEventName.EXPIRED))
    assert "None yet" not in opened(bot, ann).partition("# Last results\n")[2]


def test_a_pause_is_shown(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.store.set_pause(Pause(ann.id, NOW, "the registry moves"), event(AuditEventName.PAUSED))
    said = opened(bot, ann)
    assert f"*ecr-clean is paused* by <@{ann.id}> 2026-11-23 12:00 UTC. Reason: the " in said


def test_events_update_the_tab(bot: RunningBot, ann: SimulatedUser) -> None:
    assert HERE.name not in opened(bot, ann)
    bot.posted()
    bot.clock.now += timedelta(seconds=11)
    bot.context.home_tab.update_outdated(9)
    assert HERE.name in seen(ann)


def test_unneeded_updates_are_skipped(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    opened(bot, ann)
    bot.store.record(event())
    bot.context.home_tab.update_outdated(9)
    assert len(calls(slack, "views.publish")) == 1, "the tab was updated recently"
    bot.clock.now += timedelta(seconds=11)
    for _ in range(3):
        bot.context.home_tab.update_outdated(9)
    assert len(calls(slack, "views.publish")) == 2
    bot.clock.now += timedelta(days=2)
    bot.store.record(event())
    bot.context.home_tab.update_outdated(9)
    assert len(calls(slack, "views.publish")) == 2, "the tab was last opened days ago"


def test_a_failed_update_is_retried(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    assert ann.opens_home().ok
    until(lambda: calls(slack, "views.publish"))
    bot.wait_until_idle()
    assert ann.home() is None
    bot.clock.now += timedelta(seconds=11)
    bot.context.home_tab.update_outdated(9)
    assert "# Waiting for approval" in seen(ann)


def test_a_tab_of_an_unknown_user_is_not_retried(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="views.publish", error="user_not_found"))
    bot.context.home_tab.open(ann.id)
    bot.clock.now += timedelta(seconds=11)
    bot.context.home_tab.update_outdated(9)
    assert len(calls(slack, "views.publish")) == 1


def test_a_failure_is_raised(bot: RunningBot, slack: Workspace, ann: SimulatedUser) -> None:
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    with pytest.raises(SlackError, match="Showing the Home tab in Slack failed"):
        bot.context.home_tab.open(ann.id)


def test_a_guest_sees_the_refusal(bot: RunningBot, slack: Workspace, guest: SimulatedUser) -> None:
    bot.posted()
    said = opened(bot, guest)
    assert "guest" in said
    assert HERE.name not in said
    assert len(list(bot.store.events())) == 1, "opening the tab records no event"
    bot.clock.now += timedelta(seconds=11)
    bot.context.home_tab.update_outdated(9)
    assert len(calls(slack, "views.publish")) == 1


def test_an_unknown_user_sees_the_refusal(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    bot.posted()
    slack.faults.add(CallFault(method="users.info", error="user_not_found"))
    shown = opened(bot, ann)
    assert "This Slack workspace has no user" in shown
    assert HERE.name not in shown


def test_a_failed_tab_does_not_stop_the_others(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    for person in (ann, bob):
        bot.store.open_home(person.id, bot.clock())
    slack.faults.add(CallFault(method="views.publish", error="internal_error"))
    bot.store.record(event())
    with pytest.raises(SlackError):
        bot.context.home_tab.update_outdated(9)
    assert (ann.home() is None, bob.home() is None) in ((True, False), (False, True))
