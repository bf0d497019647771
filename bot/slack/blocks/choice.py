"""What somebody may have meant: a button for each."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.slack.blocks.kit import Element, actions, button, section
from bot.slack.ids import MOST_IN_LINE, RUN_COMMAND
from bot.slack.message import Content
from bot.slack.wording import prose, shortened

MOST_CHOICES = 10
MOST_IN_BUTTON = 75
MOST_IN_SENTENCE = 1000


class Choice(NamedTuple):
    """`line`: what would be typed after `/ecr-clean`."""

    label: str
    line: str


def choices(sentence: str, offered: Iterable[Choice]) -> Content:
    """Lines that are longer than a button carries have to be typed."""
    every = list(offered)
    buttons = [
        line_button(each.label, number, each.line)
        for number, each in enumerate(every[:MOST_CHOICES])
        if len(each.line) <= MOST_IN_LINE
    ]
    more = len(every) - MOST_CHOICES
    said = prose(sentence, MOST_IN_SENTENCE) + (f" … and {more:,} more." if more > 0 else "")
    return Content(said, [section(said), *([actions(*buttons)] if buttons else [])])


def line_button(label: str, number: int, line: str, *, style: str | None = None) -> Element:
    """Does what typing the line would do. `number`: of the buttons of one message."""
    text = shortened(label, MOST_IN_BUTTON)
    return button(text, f"{RUN_COMMAND}:{number}", line, style=style)
