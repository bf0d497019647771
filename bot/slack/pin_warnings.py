"""Warns the owner of a pin before it expires."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from slack_sdk import WebClient

from bot.core.approval_rules import ApprovalRules
from bot.core.pins import Pin
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.render.pins import pin_reason_words
from bot.render.words import count
from bot.slack.api import UNREACHABLE, MessageContent, SlackError, post_message
from bot.slack.ids import KEEP_PIN, EndOfPin, PinRef
from bot.slack.messages.kit import Element, actions, button, section
from bot.slack.messages.pins import SHOWN, more_pins, pin_line
from bot.slack.wording import code, date, is_user, mention, prose

KEEPS_FOR = timedelta(days=30)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PinWarnings:
    """The rules name channels by id."""

    client: WebClient
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def send(self, pins: Sequence[RepositoryPin]) -> None:
        """For pins of one owner and one repository: in a direct message, or for pins from the
        command line in the repository's channel, if it has one. Raises SlackError, except for
        people and channels that no retry reaches."""
        repository, by = parse_repository_uri(pins[0].repository), pins[0].pin.by
        assert repository, "pins are stored by URI"
        channel = by if is_user(by) else self.rules_of(repository).channel
        if channel is None:
            return
        content = expiring_message(pins, repository)
        try:
            post_message(self.client, "Telling that a pin runs out", channel, content)
        except SlackError as error:
            if error.code not in UNREACHABLE:
                raise
            _log.warning("%s", error)


def expiring_message(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    return _one(pins[0].pin, repository) if len(pins) == 1 else _several(pins, repository)


def _one(pin: Pin, repository: RepositoryId) -> MessageContent:
    said = (
        f"{code(pin.pin)} in {code(repository.name, most=256)} is pinned until {_end(pin)}, by "
        f"{mention(pin.by)}: {prose(pin_reason_words(pin))}"
    )
    keep = _keep(f"Keep for {KEEPS_FOR.days} more days", KEEP_PIN, pin, repository)
    return MessageContent(
        f"A pin runs out soon: {said}", [section("*A pin runs out soon.*", said), actions(keep)]
    )


def _several(pins: Sequence[RepositoryPin], repository: RepositoryId) -> MessageContent:
    said = f"{count(len(pins), 'pin')} in {code(repository.name, most=256)} run out soon"
    lines = [
        section(
            pin_line(each.pin),
            button=_keep(
                f"Keep {KEEPS_FOR.days} days", f"{KEEP_PIN}:{number}", each.pin, repository
            ),
        )
        for number, each in enumerate(pins[:SHOWN])
    ]
    return MessageContent(
        f"{said}.", [section(f"*{said}.*"), *lines, *more_pins(len(pins) - SHOWN, repository)]
    )


def _keep(label: str, action_id: str, pin: Pin, repository: RepositoryId) -> Element:
    assert pin.until, "it expires"
    return button(label, action_id, EndOfPin(PinRef(repository, pin.pin), pin.until))


def _end(pin: Pin) -> str:
    assert pin.until, "it expires"
    return date(pin.until)
