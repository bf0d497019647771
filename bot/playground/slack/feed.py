"""What changed in the workspace, one after another, for whoever follows it."""

import asyncio
from typing import Any

from bot.playground.slack.clock import WorkspaceClock
from bot.playground.slack.models import Change


class Feed:
    """A page asks for what came after the last number that it knows."""

    def __init__(self) -> None:
        self._changes: list[Change] = []
        self._bells: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    def add(self, kind: str, **about: Any) -> None:
        self._changes.append(Change(number=len(self._changes) + 1, kind=kind, about=about))
        for loop, bell in tuple(self._bells):
            loop.call_soon_threadsafe(bell.set)

    def after(self, number: int) -> list[Change]:
        return self._changes[number:]

    async def wait_after(self, number: int, seconds: float, clock: WorkspaceClock) -> list[Change]:
        """Waits until there is something, for so many seconds at most."""
        bell = asyncio.Event()
        ringing = (asyncio.get_running_loop(), bell)
        self._bells.add(ringing)
        try:
            await clock.wait(seconds, lambda: len(self._changes) > number, bell)
        finally:
            self._bells.discard(ringing)
        return self.after(number)
