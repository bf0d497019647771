"""The modals of the cost calculator: its inputs, and its result."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import NamedTuple

import orjson
from slack_sdk.models.blocks import InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.core.cost_estimate import CostEstimate, EstimatedMonth
from bot.core.estimate_inputs import EstimateTexts
from bot.render.cost_estimate import (
    assumption_words,
    saving_words,
    with_cleanup_words,
    without_cleanup_words,
)
from bot.render.quantities import dollars, size
from bot.slack.action_ids import CHANGE_ESTIMATE, ESTIMATE_COST
from bot.slack.api import Json
from bot.slack.messages.block_kit import context, header, plain, section
from bot.slack.mrkdwn import escape

LONGEST_INPUT = 40
"""Characters."""

MOST_MONTHS_SHOWN = 12

_TITLE = "Cost estimate"


class _InputTexts(NamedTuple):
    label: str
    hint: str


_INPUTS = {
    "image_size": _InputTexts("Image size", "As ECR stores it, compressed: 500 MB or 1.2 GB"),
    "new_share": _InputTexts("New in each image", "The part that no earlier image has: 20%"),
    "builds_per_day": _InputTexts("Builds a day", "Each adds an image"),
    "keep": _InputTexts("Images to keep", "Cleanup keeps the newest"),
    "months": _InputTexts("Months", "Up to 120"),
}
"""By field of EstimateTexts, which is also the ID of the block and of its action."""


def inputs_view(texts: EstimateTexts) -> Json:
    """The modal with the inputs, filled with `texts`."""
    intro = "What an ECR repository stores and costs each month, with and without cleanup."
    return View(
        type="modal",
        callback_id=ESTIMATE_COST,
        title=plain(_TITLE),
        submit=plain("Calculate"),
        close=plain("Close"),
        blocks=[section(intro), *_inputs(texts)],
    ).to_dict()


def estimate_view(texts: EstimateTexts, estimate: CostEstimate) -> Json:
    """The modal with the result. `texts`: the inputs, for *Change*."""
    totals = (without_cleanup_words(estimate), with_cleanup_words(estimate))
    return View(
        type="modal",
        callback_id=CHANGE_ESTIMATE,
        private_metadata=orjson.dumps(texts).decode(),
        title=plain(_TITLE),
        submit=plain("Change"),
        close=plain("Close"),
        blocks=[
            header(saving_words(estimate)),
            section(*(escape(f"{words}.") for words in totals)),
            section(_months_table(estimate.months)),
            context(*map(escape, assumption_words(estimate))),
        ],
    ).to_dict()


def _inputs(texts: EstimateTexts) -> Iterator[InputBlock]:
    for name, typed in asdict(texts).items():
        element = PlainTextInputElement(
            action_id=name, initial_value=typed, max_length=LONGEST_INPUT
        )
        label, hint = _INPUTS[name]
        yield InputBlock(block_id=name, label=plain(label), hint=plain(hint), element=element)


def _months_table(months: Sequence[EstimatedMonth]) -> str:
    """Right-aligned columns, as code."""
    heading = ("month", "without", "cost", "with", "cost")
    rows = [heading, *map(_cells, _some_months(months))]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    text = "\n".join(
        "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        for row in rows
    )
    return f"```{escape(text)}```"


def _some_months(months: Sequence[EstimatedMonth]) -> Sequence[EstimatedMonth]:
    """The last one, and others at equal distances."""
    distance = -(-len(months) // MOST_MONTHS_SHOWN)
    return months[::-distance][::-1]


def _cells(month: EstimatedMonth) -> tuple[str, ...]:
    return (
        str(month.number),
        size(month.without_cleanup.stored_bytes),
        dollars(month.without_cleanup.usd),
        size(month.with_cleanup.stored_bytes),
        dollars(month.with_cleanup.usd),
    )
