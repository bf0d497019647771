"""What somebody asked for."""

from dataclasses import dataclass

from bot.core.authority import SlackPerson
from bot.core.repository import RepositoryId
from bot.slack.api import MessageContent
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.listeners.commands.grammar import Line
from bot.slack.payloads import Sender
from bot.usecases.repositories import find_known


@dataclass(frozen=True, slots=True)
class Asked:
    """A line after `/ecr-clean`, typed in the channel or behind a button there."""

    context: SlackContext
    sender: Sender
    channel: str
    line: Line

    @property
    def person(self) -> SlackPerson:
        """Raises RequestError for whoever is nobody to decide anything."""
        return self.context.person(self.sender)

    def find(self, repository: str) -> RepositoryId:
        """Raises AmbiguousError and UnknownError."""
        return find_known(self.context.store, repository)

    def answer(self, content: MessageContent) -> None:
        answer(self.context, self.sender, content)
