"""The Home tab: what all repositories cost, and what is going on."""

from collections.abc import Iterable, Iterator, Sequence

from bot.core.records import Outcome, PlanRecord, PlanState, RepositoryPin
from bot.core.savings import usd_per_month
from bot.render.words import count, money, size
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import context, header, section
from bot.slack.home_view import HomeView, LastRun, NextReport, OpenPlan
from bot.slack.ids import COMMAND
from bot.slack.message import Block
from bot.slack.wording import channel_link, code, codes, date, escape, mention, prose

PINS = 7
REPORTS = 5

MOST_IN_REASON = 120

_STATES = {
    PlanState.PROPOSED: "waits for approval",
    PlanState.EXECUTING: "is being deleted",
}


def home(view: HomeView) -> Block:
    return {
        "type": "home",
        "blocks": [
            header("What the repositories cost"),
            section(*_totals(view)),
            *_paused(view),
            header("Open plans"),
            section(*_plans(view)),
            header("Pins that run out soon"),
            section(*_pins(view)),
            header("Next reports"),
            section(*_next_reports(view)),
            header("Last cleanups"),
            section(*_last_runs(view)),
            context(f"As of {date(view.now)}. `{COMMAND} help` lists all that can be asked."),
        ],
    }


def _totals(view: HomeView) -> Iterator[str]:
    estate = view.estate
    if not estate.repositories:
        yield f"No repository was looked at yet: `{COMMAND} REPOSITORY` begins with one."
    else:
        yield f"*Cost now:* {_cost(view, estate.stored_bytes)}{_of_how_many(view)}"
        yield f"*Could be saved:* {_cost(view, estate.could_free_bytes)}"
    yield f"*Saved so far:* {_cost(view, view.saved_bytes)}"


def _of_how_many(view: HomeView) -> str:
    estate = view.estate
    known = estate.repositories - estate.unknown
    if not estate.unknown:
        return f", in {count(known, 'repository', 'repositories')}"
    all_of_them = count(estate.repositories, "repository", "repositories")
    return f", in {known:,} of {all_of_them}; of the others nobody knows yet"


def _paused(view: HomeView) -> Iterator[Block]:
    yield from map(section, phrases.paused(view.pause))


def _plans(view: HomeView) -> Iterator[str]:
    if not view.open_plans:
        yield "None."
    yield from (_plan(view, each) for each in view.open_plans)
    yield from _and_more(view.more_plans)


def _plan(view: HomeView, each: OpenPlan) -> str:
    plan = each.plan
    name = code(plan.repository.name)
    where = f"<{escape(each.link)}|report>" if each.link else f"plan {plan.id}"
    return f"• {name}: {_stands(plan)} · {_stake(view, plan)} · {where}"


def _stands(plan: PlanRecord) -> str:
    if not plan.complete:
        return "incomplete, cannot be approved"
    if not plan.deletions:
        return "nothing to delete"
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return f"approved, deletion starts {date(plan.execute_after)}"
    return _STATES[plan.state]


def _stake(view: HomeView, plan: PlanRecord) -> str:
    usd = usd_per_month(plan.freed_bytes, view.usd_per_gb_month)
    return f"{plan.deletions:,} of {count(plan.manifests, 'manifest')}, {money(usd)} a month"


def _pins(view: HomeView) -> Iterator[str]:
    """Those of whoever looks come first."""
    if not view.pins:
        yield "None."
    mine_first = sorted(view.pins, key=lambda each: each.pin.by != view.user)
    yield from map(_pin, mine_first[:PINS])
    yield from _and_more(len(view.pins) - PINS)


def _pin(each: RepositoryPin) -> str:
    pin = each.pin
    assert pin.until, "it runs out"
    name = code(each.repository.partition("/")[2])
    return (
        f"• {code(pin.pin)} in {name} until {date(pin.until)}, by {mention(pin.by)}: "
        f"{prose(pin.reason, MOST_IN_REASON)}"
    )


def _next_reports(view: HomeView) -> Iterator[str]:
    if not view.next_reports:
        yield "None: no entry of `reports` in the settings has a `channel`."
    yield from map(_report, view.next_reports[:REPORTS])
    yield from _and_more(len(view.next_reports) - REPORTS)


def _report(each: NextReport) -> str:
    return f"• {date(each.at)} in {channel_link(each.channel)}: {codes(each.repositories)}"


def _last_runs(view: HomeView) -> Iterator[str]:
    if not view.last_runs:
        yield "None yet."
    yield from (_run(view, each) for each in view.last_runs)


def _run(view: HomeView, each: LastRun) -> str:
    plan, counts = each
    usd = usd_per_month(plan.freed_bytes, view.usd_per_gb_month)
    besides = "".join(
        f", {number:,} {outcome}"
        for outcome in (Outcome.SPARED, Outcome.FAILED)
        if (number := counts.get(outcome))
    )
    stopped = "stopped, " if plan.state is PlanState.STOPPED else ""
    return (
        f"• {code(plan.repository.name)}: {stopped}{counts.get(Outcome.DELETED, 0):,} deleted"
        f"{besides}; freed {size(plan.freed_bytes)}, {money(usd)} a month{_approved_by(plan)}"
    )


def _approved_by(plan: PlanRecord) -> str:
    by: Sequence[str] = [mention(each.by) for each in plan.current_approvals]
    return f" · approved by {' and '.join(by)}" if by else ""


def _cost(view: HomeView, number_of_bytes: int) -> str:
    usd = usd_per_month(number_of_bytes, view.usd_per_gb_month)
    return f"{money(usd)} a month ({size(number_of_bytes)})"


def _and_more(number: int) -> Iterable[str]:
    return [f"… and {number:,} more"] if number > 0 else []
