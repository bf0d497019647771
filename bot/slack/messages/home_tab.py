"""The Home tab: costs of all repositories, open plans, own pins, next reports, last results."""

from collections.abc import Iterator, Sequence

from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.core.records import RepositoryPin
from bot.render.pins import pin_reason_words
from bot.render.quantities import count
from bot.slack.action_ids import COMMAND, OPEN_LINK
from bot.slack.api import Json
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import (
    and_more,
    context,
    facts,
    header,
    link_button,
    section,
    sections,
)
from bot.slack.messages.common_texts import cost
from bot.slack.messages.plan_lists import ended_plans, open_button, open_link, open_plan
from bot.slack.messages.repositories import totals
from bot.slack.mrkdwn import channel_link, code, codes, date, day, prose
from bot.slack.view_models import FirstPlans, HomeView, LinkedPlan, NextReport

PINS = 7
REPORTS = 5

MOST_IN_REASON = 120


def home_tab(view: HomeView) -> Json:
    blocks = [
        header("Storage costs"),
        facts(*totals(view.storage, view.change, view.saved)),
        *map(section, common_texts.paused(view.pause)),
        *_digest(view),
        *_approved(view),
        header("Waiting for approval"),
        *_waiting(view),
        *_blocked(view),
        header("My pins"),
        section(*_pins(view)),
        header("Next reports"),
        section(*_next_reports(view)),
        header("Last results"),
        *_last_results(view),
        context(
            f"As of {date(view.now)}. `{COMMAND} cost` shows costs over time. `{COMMAND} help` "
            "lists all commands."
        ),
    ]
    return View(type="home", blocks=blocks).to_dict()


def refused_home_tab(why: str) -> Json:
    """For users without permission to see plans."""
    return View(type="home", blocks=[section(prose(why))]).to_dict()


def _digest(view: HomeView) -> Iterator[Block]:
    if view.digest:
        where = f"{date(view.digest.made_at)} in {channel_link(view.digest.channel)}"
        button = link_button("Open digest", OPEN_LINK, view.digest.link)
        yield section(f"*Newest digest:* {where}", button=button)


def _approved(view: HomeView) -> Iterator[Block]:
    if view.approved.plans:
        yield header("Approved")
        yield from _open_plans(view, view.approved, first_number=0)


def _waiting(view: HomeView) -> Iterator[Block]:
    waiting = view.waiting
    if not waiting.plans:
        yield section("None.")
        return
    freed = cost(waiting.freed)
    yield context(f"{count(waiting.total, 'plan')}, {freed} together. Largest savings first.")
    yield from _open_plans(view, waiting, first_number=len(view.approved.plans))


def _open_plans(view: HomeView, plans: FirstPlans, first_number: int) -> Iterator[Block]:
    """`first_number`: of the buttons."""
    for number, each in enumerate(plans.plans, first_number):
        line = open_plan(each.plan, view.prices, view.pause, view.now)
        button = open_button(each, number)
        yield section(line if button else f"{line}{open_link(each)}", button=button)
    if plans.more:
        yield context(f"… and {plans.more:,} more: `{COMMAND} list` lists all")


def _blocked(view: HomeView) -> Iterator[Block]:
    if not view.blocked.plans:
        return
    yield header("Cannot be approved yet")
    yield context("Some checks of these plans failed. The report shows how to fix them.")
    yield from sections([*map(_blocked_plan, view.blocked.plans), *and_more(view.blocked.more)])


def _blocked_plan(each: LinkedPlan) -> str:
    return f"• {code(each.plan.repository.name)}{open_link(each)}"


def _pins(view: HomeView) -> Iterator[str]:
    if not view.pins:
        yield "None. *Pin tags…* in a report keeps images."
    yield from map(_pin, view.pins[:PINS])
    if (more := len(view.pins) - PINS) > 0:
        yield f"… and {more:,} more: `{COMMAND} pins REPOSITORY` lists those of a repository"


def _pin(each: RepositoryPin) -> str:
    pin = each.pin
    name = code(each.repository.partition("/")[2])
    until = f"until {day(pin.until)}" if pin.until else "with no end date"
    reason = prose(pin_reason_words(pin), MOST_IN_REASON)
    return f"• {code(pin.pin)} in {name} {until}: {reason}"


def _next_reports(view: HomeView) -> Iterator[str]:
    if not view.next_reports:
        yield "None: no entry of `reports` in the settings has a `channel`."
    yield from map(_report, view.next_reports[:REPORTS])
    yield from and_more(len(view.next_reports) - REPORTS)


def _report(each: NextReport) -> str:
    return f"• {date(each.at)} in {channel_link(each.channel)}: {codes(each.repositories)}"


def _last_results(view: HomeView) -> Sequence[Block]:
    lines = list(ended_plans(view.last_runs, view.prices))
    return list(sections(lines or ["None yet."]))
