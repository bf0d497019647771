"""Where people act: on a message, on the topmost modal, or on the Home tab."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.acts.outcome import gone
from bot.playground.slack.blocks.walking import Block, Place, find_place
from bot.playground.slack.models import Message, User, View
from bot.playground.slack.state import State


@dataclass(frozen=True, kw_only=True)
class Spot:
    """A message by channel and timestamp; otherwise the modal, or `home`."""

    channel: str | None = None
    ts: str | None = None
    home: bool = False


@dataclass(frozen=True, kw_only=True)
class Surface:
    """What a person sees at a spot, found in the state at one instant."""

    user: User
    held: Message | View

    @property
    def key(self) -> str:
        """Under which the values of its fields are kept."""
        return self.held.ts if isinstance(self.held, Message) else self.held.id

    @property
    def blocks(self) -> Sequence[Block]:
        return self.held.all_blocks if isinstance(self.held, Message) else self.held.blocks

    @property
    def view_id(self) -> str | None:
        return self.held.id if isinstance(self.held, View) else None

    def place(self, action_id: str, block_id: str | None) -> Place:
        """Raises NotPossibleError for what is not there any more."""
        place = find_place(self.blocks, action_id, block_id)
        if place is None:
            raise gone(f"there is no {action_id} here")
        return place

    def values(self, state: State) -> Mapping[str, Any]:
        return state.fields.values_of(self.user.id, self.key, self.blocks)


def look(state: State, user: User, spot: Spot) -> Surface:
    """Raises NotPossibleError if this person sees nothing there."""
    if spot.ts is not None:
        return Surface(user=user, held=visible_message(state, user, spot.channel or "", spot.ts))
    if spot.home:
        home = state.views.home_of(user.id)
        if home is None:
            raise gone("the Home tab is empty")
        return Surface(user=user, held=home)
    return Surface(user=user, held=top_modal(state, user))


def top_modal(state: State, user: User) -> View:
    stack = state.views.stack_of(user.id)
    if not stack:
        raise gone("no modal is open")
    return stack[-1]


def visible_message(state: State, user: User, channel: str, ts: str) -> Message:
    """Raises NotPossibleError."""
    message = state.messages.find(channel, ts)
    if message is None or message.is_tombstone:
        raise gone("the message is not there")
    if message.only_for not in (None, user.id):
        raise gone("another person alone sees the message")
    if not state.directory.can_see(state.directory.channels[channel], user):
        raise gone("this person does not see the channel")
    return message
