"""Warns the owner of a pin before it expires."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from slack_sdk import WebClient

from bot.core.policy import ApprovalRules
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.slack.api import UNREACHABLE, SlackError, post_message
from bot.slack.messages.pins import expiring_message
from bot.slack.wording import is_user

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
