"""The few blocks that messages are made of, within Slack's limits.

docs.slack.dev, Block Kit reference: section text 3,000 characters, header 150, button 75, confirm
dialog 100 and 300, modal title and buttons 24.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from bot.slack.api import Block
from bot.slack.wording import shortened

MOST_IN_HEADER = 150
MOST_IN_OPTION = 75
MOST_IN_SECTION = 3000

LINES_IN_SECTION = 5
"""Of lists: of the longest ones no more fit."""

Element = dict[str, Any]


def header(name: str) -> Block:
    return {"type": "header", "text": plain(shortened(name, MOST_IN_HEADER))}


def section(*lines: str, button: Element | None = None) -> Block:
    block: Block = {"type": "section", "text": mrkdwn("\n".join(_fitting(lines)))}
    return block | ({"accessory": button} if button else {})


def sections(lines: Sequence[str]) -> Iterator[Block]:
    """Of long lists: as many sections as they need."""
    for start in range(0, len(lines), LINES_IN_SECTION):
        yield section(*lines[start : start + LINES_IN_SECTION])


def and_more(number: int) -> list[str]:
    """How many lines are left out."""
    return [f"… and {number:,} more"] if number > 0 else []


def context(*lines: str) -> Block:
    return {"type": "context", "elements": [mrkdwn("\n".join(_fitting(lines)))]}


def actions(*buttons: Element) -> Block:
    return {"type": "actions", "elements": list(buttons)}


def button(
    text: str,
    action_id: str,
    value: object,
    *,
    style: str | None = None,
    confirm: Element | None = None,
) -> Element:
    """`style`: `primary` or `danger`. `confirm`: a dialog that comes first."""
    element: Element = {
        "type": "button",
        "text": plain(text),
        "action_id": action_id,
        "value": str(value),
    }
    return element | {
        key: found for key, found in (("style", style), ("confirm", confirm)) if found
    }


def field(id_: str, label: str, element: Element) -> Block:
    """An input, whose block and action are called the same."""
    return {
        "type": "input",
        "block_id": id_,
        "label": plain(label),
        "element": {**element, "action_id": id_},
    }


def option(text: str, value: str, description: str = "") -> Element:
    """Of a select; a long text is cut."""
    chosen: Element = {"text": plain(shortened(text, MOST_IN_OPTION)), "value": value}
    return chosen | ({"description": plain(description)} if description else {})


def danger(title: str, text: str, yes: str, no: str) -> Element:
    """A dialog before something that cannot be undone."""
    return {
        "title": plain(title),
        "text": mrkdwn(text),
        "confirm": plain(yes),
        "deny": plain(no),
        "style": "danger",
    }


def plain(text: str) -> Element:
    """Text in which nothing means anything: `:name:` stays as it is, too."""
    return {"type": "plain_text", "text": text, "emoji": False}


def mrkdwn(text: str) -> Element:
    """`verbatim`: names that look like links are none."""
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _fitting(lines: Iterable[str]) -> Iterable[str]:
    """As many whole lines as a section takes."""
    room = MOST_IN_SECTION
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line
