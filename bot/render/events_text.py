"""The audit, as a person reads it in a terminal."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter

from rich.console import Group, RenderableType

from bot.core.records import Event, EventName
from bot.core.words import moment
from bot.render.events_words import detail_words
from bot.render.places import place_of
from bot.render.terminal import indented, shown
from bot.render.words import count

STYLES = {
    EventName.REFUSED: "red",
    EventName.APPROVED: "bold yellow",
    EventName.DELETED: "bold red",
    EventName.FAILED: "bold red",
}

_WHAT_HAPPENED = attrgetter("event", "by", "plan", "version", "repository")


def events_as_texts(events: Iterable[Event]) -> Iterator[RenderableType]:
    """What happens again and again, such as a batch after the other, is told once."""
    for _, group in groupby(events, _as_told):
        alike = list(group)
        digests = sum(len(event.digests) for event in alike)
        yield _as_text(alike[0], digests, times=len(alike))


def _as_told(event: Event) -> tuple[object, ...]:
    return (*_WHAT_HAPPENED(event), detail_words(event.detail))


def _as_text(event: Event, digests: int, times: int) -> RenderableType:
    heading: list[str | tuple[str, str]] = [
        f"{moment(event.at)}  ",
        (event.event.replace("_", " "), STYLES.get(event.event, "bold")),
    ]
    if event.repository:
        heading.append(f"  {place_of(event.repository).repository}")
    if event.plan:
        heading.append(f"  plan {event.plan}, version {event.version}")
    if digests:
        heading.append((f"  {count(digests, 'digest')}", "dim"))
    if times > 1:
        heading.append((f"  {times:,} times", "dim"))
    return Group(shown(*heading), indented(shown(f"{event.by}: {detail_words(event.detail)}")))


def no_events() -> RenderableType:
    return shown("Nothing has happened.")
