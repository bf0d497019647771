"""Tells whoever made a pin that it runs out."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from slack_sdk import WebClient

from bot.core.approval_rules import ApprovalRules
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.slack.blocks.kit import actions, button, section
from bot.slack.calls import NOBODY_THERE, SlackError, in_words
from bot.slack.ids import KEEP_PIN, EndOfPin, PinRef
from bot.slack.message import Content
from bot.slack.wording import code, date, mention, prose

KEEPS_FOR = timedelta(days=30)

_USER = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PinWarnings:
    """The rules name channels by id."""

    client: WebClient
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def tell(self, pin: RepositoryPin) -> None:
        """In their own conversation with the bot; what was pinned from the command line in the
        repository's channel, if it has one. Raises SlackError, but not where nobody is."""
        repository = parse_repository_uri(pin.repository)
        assert repository, "pins are kept by URI"
        channel = pin.pin.by if _USER.fullmatch(pin.pin.by) else self.rules_of(repository).channel
        if channel is None:
            return
        content = running_out(pin, repository)
        try:
            with in_words("Telling that a pin runs out"):
                self.client.chat_postMessage(
                    channel=channel, text=content.text, blocks=list(content.blocks)
                )
        except SlackError as error:
            if error.code not in NOBODY_THERE:
                raise
            _log.warning("%s", error)


def running_out(pin: RepositoryPin, repository: RepositoryId) -> Content:
    assert pin.pin.until, "it runs out"
    said = (
        f"{code(pin.pin.pin)} in {code(repository.name, most=256)} is pinned until "
        f"{date(pin.pin.until)}, by {mention(pin.pin.by)}: {prose(pin.pin.reason)}"
    )
    keep = button(
        f"Keep for {KEEPS_FOR.days} more days",
        KEEP_PIN,
        EndOfPin(PinRef(repository, pin.pin.pin), pin.pin.until),
    )
    return Content(
        f"A pin runs out soon: {said}", [section("*A pin runs out soon.*", said), actions(keep)]
    )
