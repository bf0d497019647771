"""What every user action needs: the state, Socket Mode, and the workspace's address."""

from collections.abc import Callable
from dataclasses import dataclass

from bot.playground.slack.models import Channel, ResponseUrl, WorkspaceUser
from bot.playground.slack.socket_mode import Acknowledgement, SocketModeServer
from bot.playground.slack.socket_mode.envelopes import SocketEnvelope
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.outcome import (
    ActionNotPossibleError,
    ActionOutcome,
    not_found,
)


@dataclass(frozen=True)
class ActionContext:
    """Hold the lock of `state` to read or change it, but not while waiting for the app."""

    state: WorkspaceState
    socket_mode: SocketModeServer
    base_url: Callable[[], str]

    def user(self, user: str) -> WorkspaceUser:
        """Raises KeyError."""
        return self.state.directory.users[user]

    def joined_channel(self, user: WorkspaceUser, channel: str) -> Channel:
        """Raises KeyError, or ActionNotPossibleError if the user is not in the channel."""
        found = self.state.directory.channels[channel]
        if user.id not in found.members:
            raise not_found("this user is not in the channel")
        return found

    def url_of(self, response_url: ResponseUrl) -> str:
        return f"{self.base_url()}/hooks{response_url.path}"

    async def send(self, envelope: SocketEnvelope) -> Acknowledgement:
        """Delivers to the app; raises ActionNotPossibleError if it does not acknowledge in time."""
        answer = await self.socket_mode.deliver(envelope)
        if isinstance(answer, Acknowledgement):
            return answer
        raise ActionNotPossibleError(ActionOutcome(answer, sent=True))

    def check_interactivity(self) -> None:
        """Raises ActionNotPossibleError if the manifest has no interactivity."""
        if not self.state.app.manifest.is_interactive:
            raise ActionNotPossibleError(ActionOutcome("not_configured"))

    def invalid_response(self, where: str, problem: str) -> ActionNotPossibleError:
        """Adds a warning about an answer of the app that Slack would reject."""
        self.state.warn(where, problem)
        return ActionNotPossibleError(ActionOutcome("invalid_response", problem, sent=True))
