"""`ecr-clean pin`, `unpin` and `pins`, which protect images from deletion."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from typing import TYPE_CHECKING

import click

from bot.bootstrap.planning import open_registries
from bot.bootstrap.usecases import command_line_person, open_authority, open_pins
from bot.cli.approver_refusal import naming_approvers
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.open_storage import existing_store, opened_store
from bot.cli.options import (
    UNTIL,
    CommonOptions,
    common_options,
    format_option,
    repositories_argument,
)
from bot.cli.planning import find_all
from bot.cli.terminal import OutputFormats, note, print_line
from bot.cli.user_names import UserNames
from bot.core.records import PlanRecord, RepositoryPin
from bot.core.repository import RepositoryId, parse_repository_uri
from bot.core.text_formatting import first_few
from bot.process import system_clock
from bot.render.pins import PIN_COLUMNS, ListedPin, no_pins, pin_as_text, pin_words
from bot.render.quantities import count
from bot.render.stored_plans import status_sentence
from bot.settings.load import load_settings
from bot.settings.model import Settings
from bot.usecases.repositories import find_repository

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.store.store import Store


@click.command()
@click.argument("repository")
@click.argument("pins", nargs=-1, required=True, metavar="TAG|DIGEST|PATTERN…")
@click.option("--reason", required=True, metavar="TEXT", help="Why the image is needed.")
@click.option(
    "--until", type=UNTIL, metavar="30d|DATE", help="Expiry of the pin.  [default: never]"
)
@common_options
@click.pass_obj
def pin(
    options: CommonOptions,
    repository: str,
    pins: Sequence[str],
    reason: str,
    until: datetime | None,
) -> None:
    """Pin images by tag, digest or pattern to keep them.

    A pinned tag keeps the image that it currently names. An open plan gets a new version
    immediately, which needs new approvals.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        target, person = _repository(settings, repository), command_line_person(settings)
        done = open_pins(settings, store).pin(target, pins, person, reason, until)
    for each in done.pins:
        print_line(f"In {target.name}, {pin_words(each)}")
    if done.plan:
        print_line(_new_version_words(done.plan, settings.approval.required))
    for text in done.unmatched:
        note(f"{text} matched no image in the last scan, so it protects nothing now")


@click.command()
@click.argument("repository")
@click.argument("pins", nargs=-1, required=True, metavar="TAG|DIGEST|PATTERN…")
@common_options
@click.pass_obj
def unpin(options: CommonOptions, repository: str, pins: Sequence[str]) -> None:
    """Remove pins.

    TAG, DIGEST and PATTERN are as in the pin. Open plans still keep the images. The next plan
    ignores the removed pins.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        target, person = _repository(settings, repository), command_line_person(settings)
        opened = open_pins(settings, store)
        with naming_approvers(opened.rules_of(target)):
            done = opened.unpin(target, pins, person)
    print_line(f"Unpinned in {target.name}: {first_few([each.pin.pin for each in done])}")


def _repository(settings: Settings, argument: str) -> RepositoryId:
    return find_repository(argument, open_registries(settings)).repository


def _new_version_words(plan: PlanRecord, required: int) -> str:
    kept = f"Kept now: {plan.manifests - plan.deletions:,} of {count(plan.manifests, 'manifest')}."
    return f"{kept} {status_sentence(plan, required)}"


@click.command()
@repositories_argument(required=False)
@format_option("pin")
@common_options
@click.pass_obj
def pins(options: CommonOptions, repositories: Sequence[str], format_: str) -> int:
    """List pins of all or some repositories.

    Pins of the settings file come last.
    """
    settings, outcome = load_settings(options.config), ExitStatusCollector(options.debug)
    asked = None
    if repositories:
        found = find_all(repositories, open_registries(settings), outcome)
        asked = [each.repository for each in found]
    with existing_store() as store:
        PINS.print_all(format_, _pins(store, settings, asked))
    return outcome.status


def _pins(
    store: "Store | None", settings: Settings, asked: Sequence[RepositoryId] | None
) -> Iterator[ListedPin]:
    """`asked` None: pins of all repositories."""
    uris = None if asked is None else {repository.uri for repository in asked}
    for stored in store.pins() if store else ():
        if uris is None or stored.repository in uris:
            yield ListedPin(stored.repository, stored.pin)
    for in_force in _still_in_force(store, settings) if store else ():
        if uris is None or in_force.repository in uris:
            yield ListedPin(in_force.repository, in_force.pin)
    for entry in settings.pin_entries():
        if asked is None or any(each.matches(entry.repositories) for each in asked):
            yield ListedPin(entry.repositories.texts[0], entry.pin)


def _still_in_force(store: "Store", settings: Settings) -> Iterator[RepositoryPin]:
    """Pins that were removed by people without that permission under the settings."""
    authority, now = open_authority(settings), system_clock()
    for uri, removals in groupby(store.pin_removals(), lambda each: each.pin.repository):
        if repository := parse_repository_uri(uri):
            found = authority.pins_still_in_force(repository, list(removals), now)
            yield from (each.shown for each in found)


def _texts(pins: Iterable[ListedPin]) -> Iterator["RenderableType"]:
    names = UserNames()
    named = (listed._replace(pin=names.in_pin(listed.pin)) for listed in pins)
    texts = [pin_as_text(pin, system_clock()) for pin in named]
    yield from texts or [no_pins()]


PINS = OutputFormats(_texts, PIN_COLUMNS.as_line, PIN_COLUMNS.header, PIN_COLUMNS.as_rows)
