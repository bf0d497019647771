"""`ecr-clean approve` and `ecr-clean dismiss`: what somebody decides about a plan."""

import sys
from dataclasses import replace

import click

from bot.cli.options import Options, common_options
from bot.cli.remembering import opened_store
from bot.cli.status import note
from bot.core.records import PlanRecord
from bot.core.savings import usd_per_month
from bot.render.stored_words import at_stake, standing
from bot.settings import load_settings
from bot.usecases.approve import Consent
from bot.usecases.find_plan import find_plan
from bot.wiring import command_line_person, open_approver, open_dismisser, system_clock


@click.command()
@click.argument("plan")
@click.option(
    "--confirm",
    metavar="REPOSITORY",
    help="The repository's name, which a plan that deletes much asks for.",
)
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="Approve this version, and no newer one.  [default: the newest]",
)
@common_options
@click.pass_obj
def approve(options: Options, plan: str, confirm: str | None, version: int | None) -> None:
    """Approve a stored plan, as the AWS identity behind the credentials.

    PLAN is the id that propose prints.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person, approver = command_line_person(settings), open_approver(settings, store)
        record = find_plan(store, plan, system_clock())
        consent = Consent(version or record.version, typed=confirm)
        usd = usd_per_month(record.freed_bytes, settings.price_per_gb_month)
        if confirm is None and approver.lacks_nothing_but_the_name(record, person, consent):
            consent = replace(consent, typed=_name_as_typed(record, at_stake(record, usd)))
        approved = approver.approve(plan, person, consent)
    click.echo(standing(approved, settings.approval.required))
    click.echo(f"Approved: {at_stake(record, usd)}.")


@click.command()
@click.argument("plan")
@common_options
@click.pass_obj
def dismiss(options: Options, plan: str) -> None:
    """End a proposed plan without deleting anything.

    PLAN is the id that propose prints.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person = command_line_person(settings)
        dismissed = open_dismisser(settings, store).dismiss(plan, person)
    click.echo(standing(dismissed, settings.approval.required))


def _name_as_typed(plan: PlanRecord, at_stake: str) -> str | None:
    """None if there is nobody to ask."""
    name = plan.repository.name
    if not sys.stdin.isatty():
        note(f"{at_stake}: add --confirm {name}, if that is right")
        return None
    note(at_stake)
    typed: str = click.prompt(f"Type the repository's name ({name}) to approve", err=True)
    return typed
