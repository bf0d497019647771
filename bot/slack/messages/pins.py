"""Messages about the pins of one repository: the list, and the warning before they expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from slack_sdk.models.blocks import ActionsBlock, ButtonElement, ContextBlock, SectionBlock

from bot.core.pins import Pin
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId
from bot.render.pins import pin_reason_words
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.ids import COMMAND, KEEP_PIN, EndOfPin, PinRef
from bot.slack.messages.kit import and_more, button, command_button, context, message, section
from bot.slack.wording import code, date, mention, prose

SHOWN = 20
"""Pins; each may have a long reason."""

MOST_IN_NAME = 256
MOST_IN_COMMAND = 300
MOST_IN_REASON = 200

KEEPS_FOR = timedelta(days=30)
"""By the button of the warning."""


@dataclass(frozen=True, slots=True)
class PinnedView:
    """`settled`: pins of the settings file."""

    repository: RepositoryId
    pins: Sequence[RepositoryPin]
    settled: Sequence[Pin]


def pinned_message(view: PinnedView) -> MessageContent:
    """Lists the pins, each with a button to remove it."""
    name = code(view.repository.name, MOST_IN_NAME)
    number = len(view.pins) + len(view.settled)
    if not number:
        said = f"Nothing is pinned in {name}. `{COMMAND} pin REPOSITORY TAG… because REASON` does."
        return message(said, section(said))
    said = f"*Pinned in {name}:* {number:,}"
    lines = [
        *(
            section(pin_line(each.pin), button=_unpin(view, each.pin, place))
            for place, each in enumerate(view.pins)
        ),
        *(section(f"{pin_line(pin)} _(settings file)_") for pin in view.settled),
    ]
    more = and_more(number - SHOWN)
    return message(said, section(said), *lines[:SHOWN], *map(context, more))


def expiring_message(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    """`pins`: all of one owner, with an end."""
    return _one(pins[0].pin, repository) if len(pins) == 1 else _several(pins, repository)


def pin_line(pin: Pin) -> str:
    until = f" until {date(pin.until)}" if pin.until else ""
    by = prose(pin.by) if " " in pin.by else mention(pin.by)
    return f"{code(pin.pin)}{until}, by {by}: {prose(pin_reason_words(pin), MOST_IN_REASON)}"


def more_pins(number: int, repository: RepositoryId) -> list[ContextBlock]:
    """The number of pins left out, if there are any, and the command that lists them."""
    command = code(f"{COMMAND} pins {repository.name}", MOST_IN_COMMAND)
    return [context(f"… and {number:,} more: {command} lists them")] if number > 0 else []


def _unpin(view: PinnedView, pin: Pin, place: int) -> ButtonElement:
    return command_button("Unpin", place, f"unpin {view.repository.uri} `{pin.pin}`")


def _one(pin: Pin, repository: RepositoryId) -> MessageContent:
    assert pin.until, "it expires"
    said = (
        f"{code(pin.pin)} in {code(repository.name, MOST_IN_NAME)} is pinned until "
        f"{date(pin.until)}, by {mention(pin.by)}: {prose(pin_reason_words(pin))}"
    )
    keep = _keep(f"Keep for {KEEPS_FOR.days} more days", KEEP_PIN, pin, repository)
    return message(
        f"A pin runs out soon: {said}",
        section("*A pin runs out soon.*", said),
        ActionsBlock(elements=[keep]),
    )


def _several(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    name = code(repository.name, MOST_IN_NAME)
    said = f"{count(len(pins), 'pin')} in {name} run out soon"
    lines = [_line(each.pin, number, repository) for number, each in enumerate(pins[:SHOWN])]
    return message(
        f"{said}.", section(f"*{said}.*"), *lines, *more_pins(len(pins) - SHOWN, repository)
    )


def _line(pin: Pin, number: int, repository: RepositoryId) -> SectionBlock:
    label = f"Keep {KEEPS_FOR.days} days"
    return section(pin_line(pin), button=_keep(label, f"{KEEP_PIN}:{number}", pin, repository))


def _keep(label: str, action_id: str, pin: Pin, repository: RepositoryId) -> ButtonElement:
    assert pin.until, "it expires"
    return button(label, action_id, EndOfPin(PinRef(repository, pin.pin), pin.until))
