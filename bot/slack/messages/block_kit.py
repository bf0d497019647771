"""Block Kit within Slack's limits: long texts are cut, and names never become links or emoji.

Builders work with the models of slack_sdk and return JSON. Limits: docs.slack.dev, Block Kit
reference: section text 3,000 characters, header 150, button 75, option 75.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from slack_sdk.models.blocks import (
    ButtonElement,
    ConfirmObject,
    ContextBlock,
    HeaderBlock,
    MarkdownTextObject,
    Option,
    PlainTextObject,
    SectionBlock,
)
from slack_sdk.models.views import View

from bot.slack.action_ids import RUN_COMMAND
from bot.slack.api import Json, MessageContent
from bot.slack.messages.charts import SeriesChart
from bot.slack.messages.data_tables import DataTable
from bot.slack.mrkdwn import shortened

MOST_CHARTS = 2
"""In a message."""

MOST_TABLES = 1
"""In a message, since Slack limits the characters of all tables together."""

MOST_IN_BUTTON = 75
MOST_IN_HEADER = 150
MOST_IN_OPTION = 75
MOST_IN_SECTION = 3000

LINES_IN_SECTION = 5
"""Lines of a list in one section; more of the longest lines would not fit."""


class JsonBlock(Protocol):
    """A block of slack_sdk, a chart or a data table."""

    def to_dict(self) -> Json: ...


def message(text: str, *blocks: JsonBlock) -> MessageContent:
    """`text`: a short form of the blocks, for notifications and screen readers. Raises ValueError
    for more than MOST_CHARTS charts or MOST_TABLES data tables."""
    if sum(isinstance(block, SeriesChart) for block in blocks) > MOST_CHARTS:
        raise ValueError(f"a message has at most {MOST_CHARTS} charts")
    if sum(isinstance(block, DataTable) for block in blocks) > MOST_TABLES:
        raise ValueError(f"a message has at most {MOST_TABLES} data table")
    return MessageContent(text, as_json(blocks))


def as_json(blocks: Iterable[JsonBlock]) -> list[Json]:
    return [block.to_dict() for block in blocks]


def loading_view() -> Json:
    """The modal that is shown until its content is read."""
    return text_view(as_json([section(":hourglass_flowing_sand: Loading …")]))


def text_view(blocks: Sequence[Json]) -> Json:
    """A modal without inputs."""
    return View(
        type="modal", title=plain("ecr-clean"), close=plain("Close"), blocks=blocks
    ).to_dict()


def header(text: str) -> HeaderBlock:
    return HeaderBlock(text=plain(shortened(text, MOST_IN_HEADER)))


def section(*lines: str, button: ButtonElement | None = None) -> SectionBlock:
    """As many whole lines as fit."""
    return SectionBlock(text=mrkdwn(_fitting(lines)), accessory=button)


def facts(*texts: str) -> SectionBlock:
    """Up to ten short texts in two columns; in one on narrow screens."""
    return SectionBlock(fields=[mrkdwn(text) for text in texts])


def sections(lines: Sequence[str]) -> Iterator[SectionBlock]:
    """Sections for a list of any length."""
    for start in range(0, len(lines), LINES_IN_SECTION):
        yield section(*lines[start : start + LINES_IN_SECTION])


def full_sections(lines: Iterable[str]) -> Iterator[SectionBlock]:
    """As few sections as possible for a list of any length."""
    fitting: list[str] = []
    room = MOST_IN_SECTION
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            yield section(*fitting)
            fitting, room = [], MOST_IN_SECTION - len(line) - 1
        fitting.append(line)
    if fitting:
        yield section(*fitting)


def and_more(number: int) -> list[str]:
    """A line with the number of omitted lines; empty if there are none."""
    return [f"… and {number:,} more"] if number > 0 else []


def context(*lines: str) -> ContextBlock:
    """As many whole lines as fit."""
    return ContextBlock(elements=[mrkdwn(_fitting(lines))])


def button(
    text: str,
    action_id: str,
    value: object,
    *,
    style: str | None = None,
    confirm: ConfirmObject | None = None,
) -> ButtonElement:
    """`style`: `primary` or `danger`. `confirm`: a dialog that opens first."""
    return ButtonElement(
        text=plain(shortened(text, MOST_IN_BUTTON)),
        action_id=action_id,
        value=str(value),
        style=style,
        confirm=confirm,
    )


def link_button(text: str, action_id: str, url: str) -> ButtonElement:
    """Opens the URL. Slack also sends a click of the button."""
    return ButtonElement(text=plain(text), action_id=action_id, url=url)


def command_button(text: str, number: int, line: str, *, style: str | None = None) -> ButtonElement:
    """Runs `/ecr-clean` with `line`. `number`: unique in the message."""
    return button(text, f"{RUN_COMMAND}:{number}", line, style=style)


def option(text: str, value: str, description: str = "") -> Option:
    """An option of a select."""
    return Option(
        text=plain(shortened(text, MOST_IN_OPTION)),
        value=value,
        description=plain(description) if description else None,
    )


def danger(title: str, text: str, yes: str, no: str) -> ConfirmObject:
    """A dialog to confirm an action that cannot be undone."""
    return ConfirmObject(
        title=plain(title), text=mrkdwn(text), confirm=plain(yes), deny=plain(no), style="danger"
    )


def plain(text: str) -> PlainTextObject:
    """Text without markup; `:name:` is no emoji."""
    return PlainTextObject(text=text, emoji=False)


def mrkdwn(text: str) -> MarkdownTextObject:
    """`verbatim`: Slack does not turn names into links."""
    return MarkdownTextObject(text=text, verbatim=True)


def _fitting(lines: Iterable[str]) -> str:
    fitting: list[str] = []
    room = MOST_IN_SECTION
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        fitting.append(line)
    return "\n".join(fitting)
