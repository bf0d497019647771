"""`ecr-clean approve`, `dismiss`, `stop`, `pause`, `resume` and `confirm-usage`: decisions."""

import sys
from dataclasses import replace

import click

from bot import sanitize
from bot.bootstrap.prices import open_price_reader
from bot.bootstrap.processes import is_gone
from bot.bootstrap.storage import Storage
from bot.bootstrap.usecases import command_line_person, open_decisions
from bot.cli.approver_refusal import naming_approvers
from bot.cli.exit_status import ExitStatus
from bot.cli.open_storage import opened_memory, opened_store
from bot.cli.options import CommonOptions, common_options
from bot.cli.runs import PlanExecutor, execute, note_after_interrupt
from bot.cli.terminal import note, print_line
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.core.workload_counts import DoubtedUsage
from bot.process import system_clock
from bot.render.refusals import figures_words, pause_words
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
    help="Name of the repository, required to approve a large plan.",
)
@click.option(
    "--version",
    type=click.IntRange(min=1),
    help="Approve only this version.  [default: the newest]",
)
@click.option(
    "--wait",
    is_flag=True,
    help="Wait out the undo window, then run the plan. Ctrl-C stops the deletion.",
)
@common_options
@click.pass_obj
def approve(
    options: CommonOptions, plan: str, confirm: str | None, version: int | None, *, wait: bool
) -> int:
    """Approve a stored plan.

    The approver is the AWS identity of the current credentials. Without --wait, `ecr-clean serve`
    or `ecr-clean recover` runs the plan once its undo window is over. PLAN is the ID that
    `ecr-clean propose` and `ecr-clean plans` print.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person, decisions = command_line_person(settings), open_decisions(settings, store)
        record = find_plan(store, plan, system_clock())
        request = ApprovalRequest(version or record.version, typed=confirm)
        cost = open_price_reader(settings, store)().cost_of(record.repository, record.freed_bytes)
        words = deletion_words(record, cost.usd_per_month)
        if confirm is None and decisions.lacks_only_the_name(record, person, request):
            request = replace(request, typed=_typed_name(record, words))
        with naming_approvers(decisions.rules_of(record.repository)):
            approved = decisions.approve(plan, person, request)
        with note_after_interrupt(store, approved):
            print_line(status_sentence(approved, settings.approval.required))
            print_line(f"Approved: {words}.")
            if not wait:
                return ExitStatus.DONE
            return execute(PlanExecutor(settings, store, person), approved)


@click.command()
@click.argument("plan")
@common_options
@click.pass_obj
def dismiss(options: CommonOptions, plan: str) -> None:
    """Dismiss a proposed plan without deleting anything.

    PLAN is the ID that `ecr-clean propose` and `ecr-clean plans` print.
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
    """Stop an approved plan, before or during its deletion.

    Before the deletion starts, the plan is proposed again, without approvals. During the deletion,
    it stops after the batches in flight; images already deleted are not restored. PLAN is the ID
    that `ecr-clean propose` and `ecr-clean plans` print.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person = command_line_person(settings)
        stopped = open_decisions(settings, store).stop(plan, person)
        runs = find_runs(store, system_clock(), is_gone)
    print_line(_stop_words(stopped, settings.approval.required))
    if any(active.plan.id == stopped.id for active in runs.abandoned):
        note("no process runs the plan any more: ecr-clean recover completes its result")


def _stop_words(plan: PlanRecord, required: int) -> str:
    is_in_time = plan.state is PlanState.PROPOSED
    return f"{'Nothing was deleted. ' if is_in_time else ''}{status_sentence(plan, required)}"


def _typed_name(plan: PlanRecord, deletion: str) -> str | None:
    """The typed name. None without a terminal."""
    name = plan.repository.name
    if not sys.stdin.isatty():
        note(f"{deletion}: to confirm, add --confirm {name}")
        return None
    note(deletion)
    question = sanitize.line(f"Type the repository's name ({name}) to approve")
    typed: str = click.prompt(question, err=True)
    return typed


@click.command()
@click.option("--reason", default="", metavar="TEXT", help="Shown in every report.")
@common_options
@click.pass_obj
def pause(options: CommonOptions, reason: str) -> None:
    """Start no deletion anywhere, until `ecr-clean resume`.

    Needs approver rights. Running deletions continue: `ecr-clean stop` stops them. Plans can still
    be approved; they start after the pause.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person, decisions = command_line_person(settings), open_decisions(settings, store)
        with naming_approvers(decisions.general_rules):
            decisions.pause(person, reason)
        running = [plan for plan in store.open_plans() if plan.state is PlanState.EXECUTING]
    print_line("Paused. No deletion starts until `ecr-clean resume`.")
    for plan in running:
        note(f"{plan.repository.name} is being deleted: `ecr-clean stop {plan.id}` stops it")


@click.command()
@common_options
@click.pass_obj
def resume(options: CommonOptions) -> None:
    """End a pause.

    Needs approver rights. Approved plans whose undo window is over start: those that are late get
    a new undo window.
    """
    settings = load_settings(options.config)
    with opened_store() as store:
        person, decisions = command_line_person(settings), open_decisions(settings, store)
        with naming_approvers(decisions.general_rules):
            ended = decisions.resume(person)
    print_line(f"Resumed. {pause_words(ended)}.")


@click.command("confirm-usage")
@click.argument("source")
@click.argument("scope")
@click.option(
    "--workloads",
    type=click.IntRange(min=0),
    metavar="N",
    help="Number of workloads to confirm.  [default: ask]",
)
@common_options
@click.pass_obj
def confirm_usage(options: CommonOptions, source: str, scope: str, workloads: int | None) -> int:
    """Confirm an expected drop in a source's workloads.

    Needs approver rights. SOURCE and SCOPE are as in the incomplete plan: ecs '123456789012 in
    eu-west-1'.
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
    """None if the user declines, or without a terminal."""
    number = doubted.listed.workloads
    if not sys.stdin.isatty():
        note(f"{figures_words(figures(doubted))}: to confirm, add --workloads {number}")
        return None
    note(figures_words(figures(doubted)))
    return number if click.confirm("Is that expected?", err=True) else None


def _confirm(
    options: CommonOptions, memory: Storage, source: str, scope: str, workloads: int
) -> DoubtedUsage:
    if memory.store is None:
        return confirm_usage_without_store(memory.scans.usage, source, scope, workloads)
    settings = load_settings(options.config)
    decisions = open_decisions(settings, memory.store)
    person = command_line_person(settings)
    with naming_approvers(decisions.general_rules):
        return decisions.confirm_usage(source, scope, workloads, person)
