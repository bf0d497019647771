"""A plan that is approved, or being carried out."""

from collections.abc import Iterator

from bot.core.records import EventName, Outcome
from bot.render.reasons import stopper_words
from bot.render.words import about, freed_of_all
from bot.slack.api import Block, MessageContent
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import Element, actions, button, context, header, section
from bot.slack.ids import PIN_TAGS, SHOW_IMAGES, STOP_PLAN
from bot.slack.view import PlanView
from bot.slack.wording import escape, mention, mentions

CELLS = 20


def approved(view: PlanView) -> MessageContent:
    starts = f"Deletion starts {_start(view)}"
    by = f"Approved by {mentions(each.by for each in view.plan.current_approvals)}"
    return MessageContent(
        f"{escape(view.plan.repository.name)}: {by}. {starts}: {phrases.deletions(view)}.",
        [
            header(view.plan.repository.name),
            section(f"*{starts}.* {by}.", _at_stake(view), *_postponed(view)),
            *map(section, phrases.paused(view.pause)),
            context(phrases.place_and_version(view)),
            actions(
                _stop_button(view),
                _pin_button(view),
                button("Show images", SHOW_IMAGES, phrases.ref(view)),
            ),
        ],
    )


def executing(view: PlanView) -> MessageContent:
    plan = view.plan
    done = f"{view.done:,} of {plan.deletions:,} done"
    said = _stopping(view) if plan.stop_asked_by else "Deleting"
    return MessageContent(
        f"{escape(plan.repository.name)}: {said}, {done}{_besides(view)}.",
        [
            header(plan.repository.name),
            section(f"*{said}*", f"{bar(view.done, plan.deletions)}  {done}{_besides(view)}"),
            context(phrases.place_and_version(view)),
            *_stop(view),
        ],
    )


def bar(done: int, total: int) -> str:
    """Full only when all is done."""
    full = CELLS * done // total if total else 0
    return "█" * full + "░" * (CELLS - full)


def _start(view: PlanView) -> str:
    return phrases.starts(view.plan.execute_after or view.now, view.pause, view.now)


def _at_stake(view: PlanView) -> str:
    savings = view.content.savings
    usd = phrases.a_month_and_a_year(savings.usd_per_month)
    return (
        f"{phrases.deletions(view)} go, which frees {freed_of_all(savings)} and saves "
        f"{about(savings)}{usd}."
    )


def _postponed(view: PlanView) -> Iterator[str]:
    last = view.last_event
    if last and last.event is EventName.POSTPONED:
        yield "It could not begin in time, and waits once more: until then *Stop* calls it off."


def _stopping(view: PlanView) -> str:
    by = stopper_words(view.plan)
    assert by
    return f"{mention(by)} stopped it: stopping after the batches in flight"


def _besides(view: PlanView) -> str:
    """What was not deleted so far."""
    spared, failed = (view.counts.get(each, 0) for each in (Outcome.SPARED, Outcome.FAILED))
    told = [f"{spared:,} spared"] * bool(spared) + [f"{failed:,} failed"] * bool(failed)
    return f" ({', '.join(told)})" if told else ""


def _stop(view: PlanView) -> Iterator[Block]:
    if not view.plan.stop_asked_by:
        yield actions(_stop_button(view), _pin_button(view))


def _stop_button(view: PlanView) -> Element:
    return button("Stop", STOP_PLAN, phrases.ref(view), style="danger")


def _pin_button(view: PlanView) -> Element:
    return button("Pin tags…", PIN_TAGS, phrases.ref(view))
