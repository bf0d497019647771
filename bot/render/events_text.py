"""The audit, as a person reads it in a terminal."""

from rich.console import Group, RenderableType
from rich.text import Text

from bot.core.records import Event, EventName
from bot.core.words import moment
from bot.render.places import place_of
from bot.render.terminal import indented
from bot.render.words import count

STYLES = {EventName.REFUSED: "red", EventName.APPROVED: "bold yellow"}


def event_as_text(event: Event) -> RenderableType:
    heading = Text.assemble(
        f"{moment(event.at)}  ", (event.event.replace("_", " "), STYLES.get(event.event, "bold"))
    )
    if event.repository:
        heading.append(f"  {place_of(event.repository).repository}")
    if event.plan:
        heading.append(f"  plan {event.plan}, version {event.version}")
    if event.digests:
        heading.append(f"  {count(len(event.digests), 'digest')}", style="dim")
    return Group(heading, indented(Text(f"{event.by}: {event.detail}")))


def no_events() -> RenderableType:
    return Text("Nothing has happened.")
