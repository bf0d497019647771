"""Keeps a pin for longer."""

from datetime import datetime, timedelta

from bot.core.authority import Person
from bot.core.errors import RequestError
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId
from bot.core.words import moment
from bot.usecases.pin import PinChangedError, Pinned, Pinner


class OverError(RequestError):
    """There is nothing to keep for longer."""


def prolong(  # noqa: PLR0913 - the last two are what the person saw and wants
    pinner: Pinner,
    repository: RepositoryId,
    text: str,
    person: Person,
    *,
    seen: datetime,
    by: timedelta,
) -> Pinned:
    """From when it would run out, `seen`, or from now on if that is over. Raises OverError if it is
    there no more or lasts longer by now, RequestError if it is somebody else's."""
    while True:
        stored = _stored(pinner, repository, text, seen)
        until = max(seen, pinner.clock()) + by
        try:
            reason = stored.pin.reason
            return pinner.pin(repository, [text], person, reason, until, seen=stored)
        except PinChangedError:
            continue


def _stored(pinner: Pinner, repository: RepositoryId, text: str, seen: datetime) -> RepositoryPin:
    known = {each.pin.pin: each for each in pinner.store.pins(repository.uri)}
    if text not in known:
        raise OverError(
            f"{text} is pinned no more in {repository.name}: it ran out, or somebody took it off"
        )
    pin = known[text].pin
    if pin.until != seen:
        lasts = f"until {moment(pin.until)}" if pin.until else "without end"
        raise OverError(f"{text} is pinned in {repository.name} {lasts} by now, by {pin.by}")
    return known[text]
