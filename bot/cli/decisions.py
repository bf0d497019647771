"""`ecr-clean approve`, `dismiss`, `stop` and `confirm-usage`: what somebody decides."""

import sys
from dataclasses import replace

import click

from bot import sanitize
from bot.bootstrap.planning import system_clock
from bot.bootstrap.processes import is_gone
from bot.bootstrap.storage import Storage
from bot.bootstrap.usecases import command_line_person, open_decisions
from bot.cli.database import opened_memory, opened_store
from bot.cli.exit_status import ExitStatus
from bot.cli.options import CommonOptions, common_options
from bot.cli.runs import PlanExecutor, execute, explained_interruption
from bot.cli.terminal import note, print_line
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.core.savings import usd_per_month
from bot.ports import DoubtedUsage
from bot.render.decisions import figures_words
from bot.render.stored_plans import deletion_words, status_sentence
from bot.settings.load import load_settings
from bot.usecases.decisions import (
    ApprovalRequest,
    confirm_usage_without_store,
    figures,
    find_doubted,
)
from bot.usecases.deletion.start import find_runs
from bot.usecases.proposals import find_plan


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
@click.option(
    "--wait",
    is_flag=True,
    help="Carry the plan out here, once its undo window is over. Ctrl-C stops the deletion.",
)
@common_options
@click.pass_obj
def approve(
    options: CommonOptions, plan: str, confirm: str | None, version: int | None, *, wait: bool
) -> int:
    """Approve a stored plan, as the AWS identity behind the credentials.

    PLAN is the id that propose prints. Without --wait, ecr-clean serve carries it out, or
    ecr-clean recover.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person, decisions = command_line_person(settings), open_decisions(settings, store)
        record = find_plan(store, plan, system_clock())
        consent = ApprovalRequest(version or record.version, typed=confirm)
        usd = usd_per_month(record.freed_bytes, settings.price_per_gb_month)
        if confirm is None and decisions.lacks_only_the_name(record, person, consent):
            consent = replace(consent, typed=_name_as_typed(record, deletion_words(record, usd)))
        approved = decisions.approve(plan, person, consent)
        with explained_interruption(store, approved):
            print_line(status_sentence(approved, settings.approval.required))
            print_line(f"Approved: {deletion_words(record, usd)}.")
            if not wait:
                return ExitStatus.DONE
            return execute(PlanExecutor(settings, store, person), approved)


@click.command()
@click.argument("plan")
@common_options
@click.pass_obj
def dismiss(options: CommonOptions, plan: str) -> None:
    """End a proposed plan without deleting anything.

    PLAN is the id that propose prints.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person = command_line_person(settings)
        dismissed = open_decisions(settings, store).dismiss(plan, person)
    print_line(status_sentence(dismissed, settings.approval.required))


@click.command()
@click.argument("plan")
@common_options
@click.pass_obj
def stop(options: CommonOptions, plan: str) -> None:
    """Take an approved plan back, or stop its deletion after the batches in flight.

    PLAN is the id that propose prints. What was deleted stays deleted.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person = command_line_person(settings)
        stopped = open_decisions(settings, store).stop(plan, person)
        work = find_runs(store, system_clock(), is_gone)
    print_line(_how_it_stopped(stopped, settings.approval.required))
    if any(begun.plan.id == stopped.id for begun in work.abandoned):
        note("nobody carries the plan out any more: ecr-clean recover writes its receipt")


def _how_it_stopped(plan: PlanRecord, required: int) -> str:
    is_in_time = plan.state is PlanState.PROPOSED
    return f"{'Nothing was deleted. ' if is_in_time else ''}{status_sentence(plan, required)}"


def _name_as_typed(plan: PlanRecord, at_stake: str) -> str | None:
    """None if there is nobody to ask."""
    name = plan.repository.name
    if not sys.stdin.isatty():
        note(f"{at_stake}: add --confirm {name}, if that is right")
        return None
    note(at_stake)
    question = sanitize.line(f"Type the repository's name ({name}) to approve")
    typed: str = click.prompt(question, err=True)
    return typed


@click.command("confirm-usage")
@click.argument("source")
@click.argument("scope")
@click.option(
    "--workloads",
    type=click.IntRange(min=0),
    metavar="N",
    help="The number that you confirm.  [default: shown, and asked for]",
)
@common_options
@click.pass_obj
def confirm_usage(options: CommonOptions, source: str, scope: str, workloads: int | None) -> int:
    """Confirm the number of workloads of a source that lists far fewer than before.

    SOURCE and SCOPE are what the plan names: ecs '123456789012 in eu-west-1'.
    """
    with opened_memory() as memory:
        if workloads is None:
            workloads = _confirmed_number(find_doubted(memory.scans.usage, source, scope))
        if workloads is None:
            return ExitStatus.REFUSED
        confirmed = _confirm(options, memory, source, scope, workloads)
    print_line(f"Confirmed: {figures_words(figures(confirmed))}.")
    return ExitStatus.DONE


def _confirmed_number(doubted: DoubtedUsage) -> int | None:
    """None if it was not confirmed, or there is nobody to ask."""
    number = doubted.listed.workloads
    if not sys.stdin.isatty():
        note(f"{figures_words(figures(doubted))}: add --workloads {number}, if that is right")
        return None
    note(figures_words(figures(doubted)))
    return number if click.confirm("Is that right?", err=True) else None


def _confirm(
    options: CommonOptions, memory: Storage, source: str, scope: str, workloads: int
) -> DoubtedUsage:
    if memory.store is None:
        return confirm_usage_without_store(memory.scans.usage, source, scope, workloads)
    settings = load_settings(options.config)
    decisions = open_decisions(settings, memory.store)
    person = command_line_person(settings)
    return decisions.confirm_usage(source, scope, workloads, person)
