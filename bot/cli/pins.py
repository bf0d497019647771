"""`ecr-clean pins`: what is pinned."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

import click

from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.planning import find_all
from bot.cli.printing import Forms
from bot.cli.remembering import found_store
from bot.cli.status import StatusCollector
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.render.pins import PIN_COLUMNS, ListedPin, no_pins, pin_as_text
from bot.settings import Settings, load_settings
from bot.wiring import open_authority, open_registries, system_clock

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.store.store import Store


@click.command()
@repositories_argument(required=False)
@format_option("pin")
@common_options
@click.pass_obj
def pins(options: Options, repositories: Sequence[str], format_: str) -> int:
    """List what is pinned: everywhere, or in these repositories.

    Pins of the settings file stand at the end.
    """
    settings, outcome = load_settings(options.config), StatusCollector(options.debug)
    asked = None
    if repositories:
        found = find_all(repositories, open_registries(settings), outcome)
        asked = [each.repository for each in found]
    with found_store() as store:
        PINS.print_all(format_, _pins(store, settings, asked))
    return outcome.status


def _pins(
    store: "Store | None", settings: Settings, asked: Sequence[RepositoryId] | None
) -> Iterator[ListedPin]:
    """`asked` None: all."""
    uris = None if asked is None else {repository.uri for repository in asked}
    for stored in store.pins() if store else ():
        if uris is None or stored.repository in uris:
            yield ListedPin(stored.repository, stored.pin)
    for still_on in _still_on(store, settings) if store else ():
        if uris is None or still_on.repository in uris:
            yield ListedPin(still_on.repository, still_on.pin)
    for entry in settings.pin_entries():
        if asked is None or any(each.matches(entry.repositories) for each in asked):
            yield ListedPin(entry.repositories.globs[0], entry.pin)


def _still_on(store: "Store", settings: Settings) -> Iterator[RepositoryPin]:
    """Pins that people removed who may not, by the settings here."""
    authority, now = open_authority(settings), system_clock()
    for uri, removals in groupby(store.pin_removals(), lambda each: each.pin.repository):
        if repository := parse_repository_uri(uri):
            found = authority.pins_still_on(repository, list(removals), now)
            yield from (each.shown for each in found)


def _texts(pins: Iterable[ListedPin]) -> Iterator["RenderableType"]:
    texts = [pin_as_text(pin, system_clock()) for pin in pins]
    yield from texts or [no_pins()]


PINS = Forms(_texts, PIN_COLUMNS.as_line, PIN_COLUMNS.header, PIN_COLUMNS.as_rows)
