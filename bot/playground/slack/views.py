"""Modals, stacked by person, and Home tabs."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from bot.playground.slack.errors import SlackError
from bot.playground.slack.feed import Feed
from bot.playground.slack.ids import Ids
from bot.playground.slack.models import View

MOST_VIEWS_IN_A_STACK = 3


class Views:
    """Every person has one stack of modals, the topmost last, and one Home tab of the app."""

    def __init__(self, ids: Ids, feed: Feed) -> None:
        self._ids = ids
        self._feed = feed
        self._stacks: dict[str, tuple[View, ...]] = {}
        self._homes: dict[str, View] = {}

    def stack_of(self, user: str) -> tuple[View, ...]:
        return self._stacks.get(user, ())

    def home_of(self, user: str) -> View | None:
        return self._homes.get(user)

    def find(self, view_id: str | None, external_id: str | None = None) -> View | None:
        """A view that is open, or a Home tab."""
        stacked = (view for stack in self._stacks.values() for view in stack)
        for view in (*stacked, *self._homes.values()):
            if view.id == view_id or (external_id and view.external_id == external_id):
                return view
        return None

    def open(self, user: str, content: Mapping[str, Any]) -> View:
        """A new stack takes the place of the one that the person had open."""
        self._refuse_known(content)
        view = self._new(user, content)
        return self._stack(user, (view,), view)

    def push(self, user: str, content: Mapping[str, Any]) -> View:
        """Raises SlackError if the stack is full, or nothing is open."""
        self._refuse_known(content)
        stack = self.stack_of(user)
        if not stack:
            raise SlackError("not_found")
        if len(stack) >= MOST_VIEWS_IN_A_STACK:
            raise SlackError("push_limit_reached")
        view = replace(self._new(user, content), root_id=stack[0].id, previous_id=stack[-1].id)
        return self._stack(user, (*stack, view), view)

    def update(self, view: View, content: Mapping[str, Any]) -> View:
        if content.get("external_id", "") != view.external_id:
            self._refuse_known(content)
        changed = replace(view, content=content, hash=self._hash())
        if view.kind == "home":
            return self._put_home(changed)
        stack = self.stack_of(view.user)
        return self._stack(
            view.user, tuple(changed if each.id == view.id else each for each in stack), changed
        )

    def publish(self, user: str, content: Mapping[str, Any]) -> View:
        known = self.home_of(user)
        return self.update(known, content) if known else self._put_home(self._new(user, content))

    def close(self, view: View) -> None:
        """Closes one modal; the one below is seen again."""
        rest = tuple(each for each in self.stack_of(view.user) if each.id != view.id)
        self._stack(view.user, rest, view)

    def close_all(self, user: str) -> tuple[View, ...]:
        closed = self.stack_of(user)
        if closed:
            self._stack(user, (), closed[-1])
        return closed

    def _refuse_known(self, content: Mapping[str, Any]) -> None:
        external_id = content.get("external_id")
        if external_id and self.find(None, external_id):
            raise SlackError("duplicate_external_id")

    def _new(self, user: str, content: Mapping[str, Any]) -> View:
        view_id = self._ids.new("V")
        return View(id=view_id, user=user, content=content, hash=self._hash(), root_id=view_id)

    def _hash(self) -> str:
        return f"{self._ids.stamp()}.{self._ids.short()}"

    def _stack(self, user: str, stack: tuple[View, ...], view: View) -> View:
        self._stacks[user] = stack
        self._feed.add("modal", user=user, view=view.id)
        return view

    def _put_home(self, view: View) -> View:
        self._homes[view.user] = view
        self._feed.add("home", user=view.user, view=view.id)
        return view
