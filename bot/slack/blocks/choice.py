"""What somebody may have meant: a button for each."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.slack.api import MessageContent
from bot.slack.blocks.kit import Element, actions, button, section
from bot.slack.ids import MOST_IN_LINE, RUN_COMMAND
from bot.slack.wording import codes, prose, shortened

MOST_CHOICES = 10
MOST_IN_BUTTON = 75
MOST_IN_SENTENCE = 1000


class Choice(NamedTuple):
    """`line`: what would be typed after `/ecr-clean`."""

    label: str
    line: str


def choices(sentence: str, offered: Iterable[Choice]) -> MessageContent:
    """What has no button, since its line is longer than a button carries or there are too many, has
    to be typed."""
    every = list(offered)
    fitting = [each for each in every if len(each.line) <= MOST_IN_LINE][:MOST_CHOICES]
    others = [each.label for each in every if each not in fitting]
    hint = f" To get {codes(others)}, type the line anew." if others else ""
    said = prose(sentence, MOST_IN_SENTENCE) + hint
    buttons = [line_button(each.label, place, each.line) for place, each in enumerate(fitting)]
    return MessageContent(said, [section(said), *([actions(*buttons)] if buttons else [])])


def line_button(label: str, number: int, line: str, *, style: str | None = None) -> Element:
    """Does what typing the line would do. `number`: of the buttons of one message."""
    text = shortened(label, MOST_IN_BUTTON)
    return button(text, f"{RUN_COMMAND}:{number}", line, style=style)
