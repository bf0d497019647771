"""The Home tab: costs of all repositories, open plans, pins, next reports, last runs."""

from collections.abc import Iterator

from slack_sdk.models.views import View

from bot.core.records import RepositoryPin
from bot.render.pins import pin_reason_words
from bot.slack.action_ids import COMMAND
from bot.slack.api import Json
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import and_more, context, header, section
from bot.slack.messages.plan import last_run, open_plan
from bot.slack.messages.repositories import totals
from bot.slack.mrkdwn import channel_link, code, codes, date, mention, prose
from bot.slack.view_models import HomeView, NextReport

PINS = 7
REPORTS = 5

MOST_IN_REASON = 120


def home_tab(view: HomeView) -> Json:
    blocks = [
        header("Storage costs"),
        section(*totals(view.storage, view.saved_bytes, view.usd_per_gb_month)),
        *map(section, common_texts.paused(view.pause)),
        header("Open plans"),
        section(*_plans(view)),
        header("Pins expiring soon"),
        section(*_pins(view)),
        header("Next reports"),
        section(*_next_reports(view)),
        header("Last deletions"),
        section(*_last_runs(view)),
        context(f"As of {date(view.now)}. `{COMMAND} help` lists all commands."),
    ]
    return View(type="home", blocks=blocks).to_dict()


def refused_home_tab(why: str) -> Json:
    """For users without permission to see plans."""
    return View(type="home", blocks=[section(prose(why))]).to_dict()


def _plans(view: HomeView) -> Iterator[str]:
    if not view.open_plans:
        yield "None."
    yield from (
        open_plan(each, view.usd_per_gb_month, view.pause, view.now) for each in view.open_plans
    )
    yield from and_more(view.more_plans)


def _pins(view: HomeView) -> Iterator[str]:
    """The user's own pins first."""
    if not view.pins:
        yield "None."
    own_first = sorted(view.pins, key=lambda each: each.pin.by != view.user)
    yield from map(_pin, own_first[:PINS])
    yield from and_more(len(view.pins) - PINS)


def _pin(each: RepositoryPin) -> str:
    pin = each.pin
    assert pin.until, "the pin expires"
    name = code(each.repository.partition("/")[2])
    return (
        f"• {code(pin.pin)} in {name} until {date(pin.until)}, by {mention(pin.by)}: "
        f"{prose(pin_reason_words(pin), MOST_IN_REASON)}"
    )


def _next_reports(view: HomeView) -> Iterator[str]:
    if not view.next_reports:
        yield "None: no entry of `reports` in the settings has a `channel`."
    yield from map(_report, view.next_reports[:REPORTS])
    yield from and_more(len(view.next_reports) - REPORTS)


def _report(each: NextReport) -> str:
    return f"• {date(each.at)} in {channel_link(each.channel)}: {codes(each.repositories)}"


def _last_runs(view: HomeView) -> Iterator[str]:
    if not view.last_runs:
        yield "None yet."
    yield from (last_run(each, view.usd_per_gb_month) for each in view.last_runs)
