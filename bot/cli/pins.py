"""`ecr-clean pins`: what is pinned."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import click

from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.planning import find_all
from bot.cli.printing import Forms
from bot.cli.remembering import found_store
from bot.cli.status import StatusCollector
from bot.core.pins import Pin
from bot.core.records import RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.render.pins import COLUMNS, pin_as_json, pin_as_rows
from bot.settings import Settings, load_settings
from bot.wiring import open_authority, open_registries, system_clock

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.store.store import Store


class RepositoryPinLine(NamedTuple):
    """`where`: the URI of a repository, or a glob of the settings."""

    where: str
    pin: Pin


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
) -> Iterator[RepositoryPinLine]:
    """`asked` None: all."""
    uris = None if asked is None else {repository.uri for repository in asked}
    for stored in store.pins() if store else ():
        if uris is None or stored.repository in uris:
            yield RepositoryPinLine(stored.repository, stored.pin)
    for still_on in _still_on(store, settings) if store else ():
        if uris is None or still_on.repository in uris:
            yield RepositoryPinLine(still_on.repository, still_on.pin)
    for entry in settings.pin_entries():
        if asked is None or any(each.matches(entry.repositories) for each in asked):
            yield RepositoryPinLine(entry.repositories.globs[0], entry.pin)


def _still_on(store: "Store", settings: Settings) -> Iterator[RepositoryPin]:
    """Pins that people removed who may not, by the settings here."""
    authority, now = open_authority(settings), system_clock()
    for uri, removals in groupby(store.pin_removals(), lambda each: each.pin.repository):
        if repository := parse_repository_uri(uri):
            found = authority.pins_still_on(repository, list(removals), now)
            yield from (each.shown for each in found)


def _texts(pins: Iterable[RepositoryPinLine]) -> Iterator["RenderableType"]:
    from bot.render.pins_table import no_pins, pin_as_text  # noqa: PLC0415

    texts = [pin_as_text(where, pin, system_clock()) for where, pin in pins]
    yield from texts or [no_pins()]


def _json(pinned: RepositoryPinLine) -> Iterator[bytes]:
    return pin_as_json(*pinned)


def _rows(pinned: RepositoryPinLine) -> Iterator[tuple[object, ...]]:
    return pin_as_rows(*pinned)


PINS = Forms(_texts, _json, COLUMNS, _rows)
