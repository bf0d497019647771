"""The message in a plan's thread about new pins."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.render.image_counts import left_words
from bot.render.pins import pin_reason_words
from bot.render.plan_summary import PlanSummary
from bot.slack.api import MessageContent
from bot.slack.messages.block_kit import and_more, message, section
from bot.slack.mrkdwn import codes, day, mention, prose

LINES = 5
MOST_IN_REASON = 300


@dataclass(frozen=True, slots=True)
class NewPinsView:
    """Pins that changed a plan, oldest first. `summary`: of the plan's newest version."""

    plan: PlanRecord
    summary: PlanSummary
    pins: Sequence[Pin]


def new_pins_message(view: NewPinsView) -> MessageContent:
    """A line for the pins of one user with the same reason, and the number of images that are left
    to delete."""
    lines = [*_lines(view)]
    shown = [*lines[:LINES], *and_more(len(lines) - LINES)]
    shown[-1] = f"{shown[-1]} {_left(view)}"
    return message("\n".join(shown), section(*shown))


def _lines(view: NewPinsView) -> Iterator[str]:
    for (by, until, reason), pins in groupby(view.pins, key=_occasion):
        named = codes(view.summary.name_of_pin(pin.pin) for pin in pins)
        end = f" until {day(until)}" if until else ""
        yield f"{mention(by)} pinned {named}{end}: {prose(reason, MOST_IN_REASON).rstrip('.')}."


def _occasion(pin: Pin) -> tuple[str, datetime | None, str]:
    return pin.by, pin.until, pin_reason_words(pin)


def _left(view: NewPinsView) -> str:
    if view.plan.state is PlanState.EXECUTING:
        return "The deletion is running: it skips pinned images that still exist."
    return left_words(view.summary.deleted_groups)
