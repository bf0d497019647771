"""`ecr-clean pin` and `ecr-clean unpin`: what somebody keeps."""

from collections.abc import Sequence
from datetime import datetime

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_store
from bot.cli.terminal import note, say
from bot.cli.times import UNTIL
from bot.core.records import PlanRecord
from bot.core.repository import RepositoryId
from bot.core.words import first_few
from bot.render.pins import pin_words
from bot.render.stored_plans import standing
from bot.render.words import count
from bot.settings import Settings, load_settings
from bot.usecases.repositories import find_repository
from bot.wiring import command_line_person, open_pins, open_registries


@click.command()
@click.argument("repository")
@click.argument("pins", nargs=-1, required=True, metavar="TAG|DIGEST|GLOB…")
@click.option("--reason", required=True, metavar="TEXT", help="Who needs it for what.")
@click.option("--until", type=UNTIL, metavar="30d|DATE", help="When it ends.  [default: never]")
@common_options
@click.pass_obj
def pin(
    options: Options, repository: str, pins: Sequence[str], reason: str, until: datetime | None
) -> None:
    """Keep a tag (wherever it moves), a digest, or all tags that fit a glob.

    An open plan gets its next version at once, which has to be approved anew.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        where, person = _repository(settings, repository), command_line_person(settings)
        done = open_pins(settings, store).pin(where, pins, person, reason, until)
    for each in done.pins:
        say(f"In {where.name}, {pin_words(each)}")
    if done.plan:
        say(_what_became_of(done.plan, settings.approval.required))
    for text in done.idle:
        note(f"{text} fits no image that was seen there last, so it protects nothing now")


@click.command()
@click.argument("repository")
@click.argument("pins", nargs=-1, required=True, metavar="TAG|DIGEST|GLOB…")
@common_options
@click.pass_obj
def unpin(options: Options, repository: str, pins: Sequence[str]) -> None:
    """Take pins off, by the text that they were made with.

    Plans that are open keep what the pins kept; the next one is made without them.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        where, person = _repository(settings, repository), command_line_person(settings)
        done = open_pins(settings, store).unpin(where, pins, person)
    say(f"Unpinned in {where.name}: {first_few([each.pin.pin for each in done])}")


def _repository(settings: Settings, argument: str) -> RepositoryId:
    return find_repository(argument, open_registries(settings)).repository


def _what_became_of(plan: PlanRecord, required: int) -> str:
    kept = f"Kept now: {plan.manifests - plan.deletions:,} of {count(plan.manifests, 'manifest')}."
    return f"{kept} {standing(plan, required)}"
