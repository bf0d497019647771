"""What is pinned in a repository, for one person: each with a button to take it off."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.pins import Pin
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId
from bot.slack.api import MessageContent
from bot.slack.blocks.choice import line_button
from bot.slack.blocks.kit import Element, and_more, context, section
from bot.slack.blocks.pins import pin_line
from bot.slack.ids import COMMAND
from bot.slack.wording import code

SHOWN = 20
"""Pins; each may have a long reason."""

MOST_IN_NAME = 256


@dataclass(frozen=True, slots=True)
class PinnedView:
    """`settled`: pins of the settings file."""

    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]


def pinned_message(view: PinnedView) -> MessageContent:
    name = code(view.repository.name, MOST_IN_NAME)
    number = len(view.pins) + len(view.settled)
    if not number:
        said = f"Nothing is pinned in {name}. `{COMMAND} pin REPOSITORY TAG… because REASON` does."
        return MessageContent(said, [section(said)])
    said = f"*Pinned in {name}:* {number:,}"
    lines = [
        *(
            section(pin_line(each.pin), button=_unpin(view, each.pin, place))
            for place, each in enumerate(view.pins)
        ),
        *(section(f"{pin_line(pin)} _(settings file)_") for pin in view.settled),
    ]
    more = and_more(number - SHOWN)
    return MessageContent(said, [section(said), *lines[:SHOWN], *map(context, more)])


def _unpin(view: PinnedView, pin: Pin, place: int) -> Element:
    return line_button("Unpin", place, f"unpin {view.repository.uri} `{pin.pin}`")
