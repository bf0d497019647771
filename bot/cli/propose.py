"""`ecr-clean propose`: plans, and remembers the plans for people to decide on."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import click

from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.planning import Planning, tell_if_incomplete
from bot.cli.printing import Forms
from bot.cli.remembering import opened_memory
from bot.cli.status import StatusCollector
from bot.cli.stored_plan import StoredPlan
from bot.cli.terminal import note
from bot.core.plan import Plan
from bot.core.plan_state import PlanState
from bot.render.decisions import state_words
from bot.render.plans import plan_as_table, usage_notes
from bot.render.stored_plans import (
    PROPOSAL_HEADER,
    proposal_as_json,
    proposal_as_rows,
    since_when,
    standing_as_text,
)
from bot.settings import load_settings
from bot.usecases.planning import Planner
from bot.usecases.proposals import Proposal
from bot.usecases.repositories import Found
from bot.wiring import (
    UsageSources,
    command_line_person,
    open_proposer,
    open_store,
    system_clock,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

SHORT_MEMORY = timedelta(days=7)
"""A database that is younger tells since when it knows of pins and tags."""


class Proposed(NamedTuple):
    plan: StoredPlan
    content: Plan


@click.command()
@repositories_argument(required=True)
@format_option("manifest")
@common_options
@click.pass_obj
def propose(options: Options, repositories: Sequence[str], format_: str) -> int:
    """Plan the cleanup of repositories, and remember the plans for people to decide on.

    An open plan with the same content is shown as it is, and so is one that is approved already;
    other content makes its next version. Nothing is deleted.
    """
    outcome = StatusCollector(options.debug)
    PROPOSALS.print_all(format_, _proposals(options, repositories, outcome))
    return outcome.status


def _proposals(
    options: Options, repositories: Sequence[str], outcome: StatusCollector
) -> Iterator[Proposed]:
    settings = load_settings(options.config)
    with opened_memory(open_store) as memory:
        store, person = memory.store, command_line_person(settings)
        assert store

        def make(planner: Planner, found: Found) -> Proposal:
            return open_proposer(settings, store, planner, person).propose(found)

        planning = Planning(settings, memory, outcome, make, UsageSources.scan_other_regions_too)
        for proposal in planning.of_all(repositories):
            plan = StoredPlan(proposal.record, store, settings.approval.required)
            yield Proposed(plan, proposal.content)
            _tell_if_it_stays(proposal)
            tell_if_incomplete(proposal.content, outcome)


def _tell_if_it_stays(proposal: Proposal) -> None:
    plan = proposal.record
    if plan.state is not PlanState.PROPOSED and not proposal.is_new:
        note(
            f"the plan for {plan.repository.name} {state_words(plan.state)}, so it stays as it is: "
            f"plan {plan.id}, version {plan.version}"
        )


def _texts(proposals: Iterable[Proposed]) -> Iterator["RenderableType"]:
    last: Proposed | None = None
    for last in proposals:
        yield plan_as_table(last.content, system_clock())
        yield standing_as_text(last.plan.record, last.plan.required)
        yield ""
    if last:
        yield from usage_notes(last.content)
    if last and system_clock() - last.plan.store.made_at < SHORT_MEMORY:
        yield since_when(last.plan.store.made_at)


def _json(proposal: Proposed) -> Iterator[bytes]:
    return proposal_as_json(proposal.plan.record, proposal.plan.items, proposal.content)


def _rows(proposal: Proposed) -> Iterator[tuple[object, ...]]:
    return proposal_as_rows(proposal.plan.record, proposal.content)


PROPOSALS = Forms(_texts, _json, PROPOSAL_HEADER, _rows)
