"""What every act needs: the state, the way to the app, and the workspace's own address."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.slack.acts.outcome import NotPossibleError, Outcome, gone
from bot.playground.slack.models import Channel, ResponseUrl, User
from bot.playground.slack.socket import Ack, Hub
from bot.playground.slack.socket.envelopes import Envelope
from bot.playground.slack.state import State


@dataclass(frozen=True)
class Desk:
    """State is read and changed under its lock, which nobody holds while waiting for the app."""

    state: State
    hub: Hub
    base_url: Callable[[], str]

    def user(self, user: str) -> User:
        """Raises KeyError."""
        return self.state.directory.users[user]

    def joined_channel(self, user: User, channel: str) -> Channel:
        """Raises KeyError, and NotPossibleError for a channel that the person is not in."""
        found = self.state.directory.channels[channel]
        if user.id not in found.members:
            raise gone("this person is not in the channel")
        return found

    def url_of(self, ticket: ResponseUrl) -> str:
        return f"{self.base_url()}/hooks{ticket.path}"

    async def send(self, envelope: Envelope) -> Ack:
        """Raises NotPossibleError if the app does not acknowledge it in time."""
        answer = await self.hub.deliver(envelope)
        if isinstance(answer, Ack):
            return answer
        raise NotPossibleError(Outcome(answer, sent=True))

    def need_interactivity(self) -> None:
        """Raises NotPossibleError."""
        if not self.state.app.manifest.is_interactive:
            raise NotPossibleError(Outcome("not_configured"))

    def invalid_response(self, where: str, why: str) -> NotPossibleError:
        """Records that the app answered what Slack does not take."""
        self.state.warn(where, why)
        return NotPossibleError(Outcome("invalid_response", why, sent=True))
