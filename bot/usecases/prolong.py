"""Keeps a pin for longer."""

from datetime import timedelta

from bot.core.authority import Person
from bot.core.errors import RequestError
from bot.core.repository import RepositoryId
from bot.usecases.pin import Pinned, Pinner


def prolong(
    pinner: Pinner, repository: RepositoryId, text: str, person: Person, by: timedelta
) -> Pinned:
    """From when it would run out, or from now on if that is over. Raises RequestError if it is
    there no more, has no end, or is somebody else's."""
    known = {each.pin.pin: each.pin for each in pinner.store.pins(repository.uri)}
    pin = known.get(text)
    if pin is None:
        raise RequestError(
            f"{text} is pinned no more in {repository.name}: it ran out, or somebody took it off"
        )
    if pin.until is None:
        raise RequestError(f"{text} is pinned in {repository.name} without end, by {pin.by}")
    until = max(pin.until, pinner.clock()) + by
    return pinner.pin(repository, [text], person, pin.reason, until)
