"""Surfaces on which users act: a message, the topmost modal, or the Home tab."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.blocks.traversal import Block, ElementInBlock, find_element
from bot.playground.slack.models import Message, SlackView, WorkspaceUser
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.outcome import not_found


@dataclass(frozen=True, kw_only=True)
class SurfaceAddress:
    """A message by channel and timestamp, the Home tab, or otherwise the topmost modal."""

    channel: str | None = None
    ts: str | None = None
    home: bool = False


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A message, modal or Home tab, as one user sees it at one time."""

    user: WorkspaceUser
    container: Message | SlackView

    @property
    def key(self) -> str:
        """The key of its field values."""
        return self.container.ts if isinstance(self.container, Message) else self.container.id

    @property
    def blocks(self) -> Sequence[Block]:
        return (
            self.container.all_blocks
            if isinstance(self.container, Message)
            else self.container.blocks
        )

    @property
    def view_id(self) -> str | None:
        return self.container.id if isinstance(self.container, SlackView) else None

    def find_element(self, action_id: str, block_id: str | None) -> ElementInBlock:
        """Raises ActionNotPossibleError if the surface does not have the element."""
        found = find_element(self.blocks, action_id, block_id)
        if found is None:
            raise not_found(f"no element with action_id {action_id}")
        return found

    def values(self, state: WorkspaceState) -> Mapping[str, Any]:
        return state.fields.values_of(self.user.id, self.key, self.blocks)


def find_surface(state: WorkspaceState, user: WorkspaceUser, address: SurfaceAddress) -> Surface:
    """Raises ActionNotPossibleError if the user does not see the surface."""
    if address.ts is not None:
        return Surface(
            user=user, container=visible_message(state, user, address.channel or "", address.ts)
        )
    if address.home:
        home = state.views.home_of(user.id)
        if home is None:
            raise not_found("the Home tab is empty")
        return Surface(user=user, container=home)
    return Surface(user=user, container=top_modal(state, user))


def top_modal(state: WorkspaceState, user: WorkspaceUser) -> SlackView:
    stack = state.views.stack_of(user.id)
    if not stack:
        raise not_found("no modal is open")
    return stack[-1]


def visible_message(state: WorkspaceState, user: WorkspaceUser, channel: str, ts: str) -> Message:
    """Raises ActionNotPossibleError if the user does not see the message."""
    message = state.messages.find(channel, ts)
    if message is None or message.is_tombstone:
        raise not_found("the message does not exist")
    if message.only_for not in (None, user.id):
        raise not_found("the message is only visible to another user")
    if not state.directory.can_see(state.directory.channels[channel], user):
        raise not_found("this user cannot see the channel")
    return message
