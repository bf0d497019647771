"""The open modals and the Home tabs of all users."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.playground.slack.change_feed import ChangeFeed
from bot.playground.slack.errors import SlackError
from bot.playground.slack.id_generator import IdGenerator
from bot.playground.slack.models import SlackView

MAX_STACKED_VIEWS = 3


class ViewStore:
    """Each user has a stack of modals, the topmost last, and a Home tab."""

    def __init__(self, ids: IdGenerator, feed: ChangeFeed) -> None:
        self._ids = ids
        self._feed = feed
        self._stacks: dict[str, tuple[SlackView, ...]] = {}
        self._homes: dict[str, SlackView] = {}

    def stack_of(self, user: str) -> tuple[SlackView, ...]:
        return self._stacks.get(user, ())

    def home_of(self, user: str) -> SlackView | None:
        return self._homes.get(user)

    def find(self, view_id: str | None, external_id: str | None = None) -> SlackView | None:
        """An open modal or a Home tab."""
        stacked = (view for stack in self._stacks.values() for view in stack)
        for view in (*stacked, *self._homes.values()):
            if view.id == view_id or (external_id and view.external_id == external_id):
                return view
        return None

    def open(self, user: str, content: Mapping[str, Any]) -> SlackView:
        """Replaces the user's stack of modals."""
        self._reject_known_external_id(content)
        view = self._new(user, content)
        return self._stack(user, (view,), view)

    def push(self, user: str, content: Mapping[str, Any]) -> SlackView:
        """Raises SlackError if the stack is full or empty."""
        self._reject_known_external_id(content)
        stack = self.stack_of(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MAX_STACKED_VIEWS:
            raise SlackError("push_limit_reached")
        view = replace(self._new(user, content), root_id=stack[0].id, previous_id=stack[-1].id)
        return self._stack(user, (*stack, view), view)

    def update(self, view: SlackView, content: Mapping[str, Any]) -> SlackView:
        if content.get("external_id", "") != view.external_id:
            self._reject_known_external_id(content)
        changed = replace(view, content=content, hash=self._hash())
        if view.kind == "home":
            return self._put_home(changed)
        stack = self.stack_of(view.user)
        return self._stack(
            view.user, tuple(changed if each.id == view.id else each for each in stack), changed
        )

    def publish(self, user: str, content: Mapping[str, Any]) -> SlackView:
        known = self.home_of(user)
        return self.update(known, content) if known else self._put_home(self._new(user, content))

    def close(self, view: SlackView) -> None:
        """Closes one modal of the stack."""
        rest = tuple(each for each in self.stack_of(view.user) if each.id != view.id)
        self._stack(view.user, rest, view)

    def close_all(self, user: str) -> tuple[SlackView, ...]:
        closed = self.stack_of(user)
        if closed:
            self._stack(user, (), closed[-1])
        return closed

    def _reject_known_external_id(self, content: Mapping[str, Any]) -> None:
        external_id = content.get("external_id")
        if external_id and self.find(None, external_id):
            raise SlackError("duplicate_external_id")

    def _new(self, user: str, content: Mapping[str, Any]) -> SlackView:
        view_id = self._ids.new("V")
        return SlackView(id=view_id, user=user, content=content, hash=self._hash(), root_id=view_id)

    def _hash(self) -> str:
        return f"{self._ids.timestamp()}.{self._ids.short_id()}"

    def _stack(self, user: str, stack: tuple[SlackView, ...], view: SlackView) -> SlackView:
        self._stacks[user] = stack
        self._feed.add("modal", user=user, view=view.id)
        return view

    def _put_home(self, view: SlackView) -> SlackView:
        self._homes[view.user] = view
        self._feed.add("home", user=view.user, view=view.id)
        return view
