"""The numbered changes of the workspace, for pages and tests that follow them."""

import asyncio
from typing import Any

from bot.playground.slack.models import WorkspaceChange
from bot.playground.slack.workspace_clock import WorkspaceClock


class ChangeFeed:
    """A page asks for the changes after the last number that it has."""

    def __init__(self) -> None:
        self._changes: list[WorkspaceChange] = []
        self._waiters: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def add(self, kind: str, **about: Any) -> None:
        self._changes.append(WorkspaceChange(number=len(self._changes) + 1, kind=kind, about=about))
        for loop, wake in tuple(self._waiters):
            loop.call_soon_threadsafe(wake.set)

    def after(self, number: int) -> list[WorkspaceChange]:
        return self._changes[number:]

    async def wait_after(
        self, number: int, seconds: float, clock: WorkspaceClock
    ) -> list[WorkspaceChange]:
        """Waits at most `seconds` for a change after `number`."""
        wake = asyncio.Event()
        waiter = (asyncio.get_running_loop(), wake)
        self._waiters.add(waiter)
        try:
            await clock.wait(seconds, lambda: len(self._changes) > number, wake)
        finally:
            self._waiters.discard(waiter)
        return self.after(number)
