"""`ecr-clean audit`, which prints the audit log."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import click

from bot.cli.open_storage import existing_store
from bot.cli.options import SINCE, common_options, format_option
from bot.cli.terminal import OutputFormats
from bot.cli.user_names import UserNames
from bot.core.records import AuditEvent
from bot.render.audit_events import EVENT_COLUMNS, events_as_texts, no_events
from bot.usecases.audit import all_events

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@click.option("--since", type=SINCE, metavar="30d|DATE", help="Show only events since then.")
@format_option("event")
@common_options
def audit(since: datetime | None, format_: str) -> None:
    """List what users and the bot did, oldest first."""
    with existing_store() as store:
        EVENTS.print_all(format_, all_events(store, since) if store else ())


def _texts(events: Iterable[AuditEvent]) -> Iterator["RenderableType"]:
    text = None
    for text in events_as_texts(map(UserNames().in_event, events)):
        yield text
    if text is None:
        yield no_events()


EVENTS = OutputFormats(_texts, EVENT_COLUMNS.as_line, EVENT_COLUMNS.header, EVENT_COLUMNS.as_rows)
