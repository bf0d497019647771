"""`ecr-clean init`, which proposes a settings file."""

from collections.abc import Sequence

import click

from bot import sanitize
from bot.bootstrap.planning import open_registries
from bot.bootstrap.settings_proposal import open_settings_proposer, read_proposed_file
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions, debug_option
from bot.cli.planning import MultiRepositoryPlanner, make_plan
from bot.cli.terminal import note, print_lines, progress_display
from bot.core.proposed_settings import PlannedProposal, SettingsProposal
from bot.render.proposal_outcome import proposal_outcome
from bot.render.proposed_settings import proposed_file
from bot.settings.model import Settings
from bot.settings.source import VARIABLE, settings_variable
from bot.usecases.repositories import FoundRepository


@click.command()
@debug_option
@click.pass_obj
def init(options: CommonOptions) -> int:
    """Propose a settings file for the AWS account.

    Prints the file, with comments for review: ecr-clean init > ecr-clean.yml. Reads repositories,
    tags, lifecycle policies and clusters, but no settings file. Read-only: deletes nothing, stores
    no plan.
    """
    outcome = ExitStatusCollector(options.debug)
    with progress_display() as progress:
        proposal, found = open_settings_proposer(progress).propose()
    text = sanitize.lines(proposed_file(proposal))
    settings = read_proposed_file(text, proposal.policies)
    planned = _plan(settings, _with_entry(proposal, found), outcome)
    print_lines(text.rstrip("\n"))
    print_lines(proposal_outcome(proposal, planned).rstrip("\n"))
    note("review the file, above all its end: what to check by hand")
    if settings_variable():
        note(
            f"{VARIABLE} is set, and applies instead of the file: unset it before you use the file"
        )
    return outcome.status


def _with_entry(
    proposal: SettingsProposal, found: Sequence[FoundRepository]
) -> list[FoundRepository]:
    by_repository = {each.repository: each for each in found}
    policies = proposal.policies.policies
    return [by_repository[each.repository] for entry in policies for each in entry.repositories]


def _plan(
    settings: Settings, found: Sequence[FoundRepository], outcome: ExitStatusCollector
) -> PlannedProposal:
    with opened_memory() as memory:
        planner = MultiRepositoryPlanner(settings, memory, outcome, make_plan)
        plans = tuple(planner.plan_found(found, open_registries(settings)))
    planned = {plan.repository for plan in plans}
    failed = [each.repository for each in found if each.repository not in planned]
    return PlannedProposal(plans, tuple(failed))
