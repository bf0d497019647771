"""`ecr-clean propose`, which stores plans, and `ecr-clean report`, which also posts them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import click

from bot.bootstrap.planning import open_registries
from bot.bootstrap.slack import open_client, open_workspace
from bot.bootstrap.sources import UsageSources
from bot.bootstrap.storage import open_store
from bot.bootstrap.usecases import command_line_person, open_proposer
from bot.cli.exit_status import ExitStatusCollector
from bot.cli.open_storage import opened_memory
from bot.cli.options import CommonOptions, common_options, format_option, repositories_argument
from bot.cli.planning import MultiRepositoryPlanner, find_all, note_if_incomplete
from bot.cli.plans import StoredPlan
from bot.cli.terminal import OutputFormats, note
from bot.core.errors import RequestError, ServiceError
from bot.core.plan import Plan, PlanState
from bot.core.report_schedules import ScheduleEntry, entry_named, entry_of, requested_round
from bot.core.repository import RepositoryId
from bot.process import system_clock
from bot.render.plans import plan_as_table, usage_notes
from bot.render.refusals import state_words
from bot.render.stored_plans import (
    PROPOSAL_HEADER,
    REPORT_COLUMNS,
    PostedReport,
    database_age_note,
    proposal_as_json,
    proposal_as_rows,
    report_words,
    status_as_text,
)
from bot.render.terminal import shown, shown_whole
from bot.settings.load import load_settings
from bot.usecases.planning import Planner
from bot.usecases.proposals import Proposal
from bot.usecases.reports import PlannedReport, ReportRequest, is_ignored
from bot.usecases.repositories import FoundRepository

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.aws.ecr import EcrRegistry

NEW_DATABASE_AGE = timedelta(days=7)
"""A younger database gets a note that earlier pins and tags are unknown."""

NO_CHANNEL = "`channel` is not set in the entry of `reports`"


class ProposedPlan(NamedTuple):
    plan: StoredPlan
    content: Plan


@click.command()
@repositories_argument(required=True)
@format_option("manifest")
@common_options
@click.pass_obj
def propose(options: CommonOptions, repositories: Sequence[str], format_: str) -> int:
    """Plan deletions and store the plans for approval.

    Deletes nothing.

    If an open plan of a repository has the same content or is already approved, it is shown
    unchanged. Otherwise, the plan gets a new version.
    """
    outcome = ExitStatusCollector(options.debug)
    PROPOSALS.print_all(format_, _proposals(options, repositories, outcome))
    return outcome.status


def _proposals(
    options: CommonOptions, repositories: Sequence[str], outcome: ExitStatusCollector
) -> Iterator[ProposedPlan]:
    settings = load_settings(options.config)
    with opened_memory(open_store) as memory:
        store, person = memory.store, command_line_person(settings)
        assert store

        def make(planner: Planner, found: FoundRepository) -> Proposal:
            return open_proposer(settings, store, planner, person).propose(found)

        planning = MultiRepositoryPlanner(
            settings, memory, outcome, make, UsageSources.scan_with_other_regions
        )
        for proposal in planning.plan_all(repositories):
            plan = StoredPlan(proposal.record, store, settings.approval.required)
            yield ProposedPlan(plan, proposal.content)
            _note_if_unchanged(proposal)
            note_if_incomplete(proposal.content, outcome)


def _note_if_unchanged(proposal: Proposal) -> None:
    plan = proposal.record
    if plan.state is not PlanState.PROPOSED and not proposal.is_new:
        note(
            f"the plan for {plan.repository.name} {state_words(plan.state)}, so it is unchanged: "
            f"plan {plan.id}, version {plan.version}"
        )


def _texts(proposals: Iterable[ProposedPlan]) -> Iterator["RenderableType"]:
    last: ProposedPlan | None = None
    for last in proposals:
        yield plan_as_table(last.content, system_clock())
        yield status_as_text(last.plan.record, last.plan.required)
        yield ""
    if last:
        yield from usage_notes(last.content.usage)
    if last and system_clock() - last.plan.store.made_at < NEW_DATABASE_AGE:
        yield database_age_note(last.plan.store.made_at)


def _json(proposal: ProposedPlan) -> Iterator[bytes]:
    return proposal_as_json(proposal.plan.record, proposal.plan.items, proposal.content)


def _rows(proposal: ProposedPlan) -> Iterator[tuple[object, ...]]:
    return proposal_as_rows(proposal.plan.record, proposal.content)


PROPOSALS = OutputFormats(_texts, _json, PROPOSAL_HEADER, _rows)


@click.command()
@repositories_argument(required=False)
@format_option("report")
@common_options
@click.pass_obj
def report(options: CommonOptions, repositories: Sequence[str], format_: str) -> int:
    """Post reports in Slack now.

    Posts each report in the channel that `reports` sets for the repository. Without REPOSITORY,
    reports on all repositories with a channel, as on schedule: more than `digest_over` plans are
    one digest, those that save less than `min_saving` go into one summary, and plans that were
    already decided on are left out.
    """
    outcome = ExitStatusCollector(options.debug)
    REPORTS.print_all(format_, _posted(options, repositories, outcome))
    return outcome.status


def _posted(
    options: CommonOptions, arguments: Sequence[str], outcome: ExitStatusCollector
) -> Iterator[PostedReport]:
    from bot.cli.report_posting import open_report_poster  # noqa: PLC0415 - other commands need no Slack

    settings = load_settings(options.config)
    if not any(entry.is_posted for entry in settings.due_entries()):
        raise RequestError(f"{NO_CHANNEL} of any repository: give it the id or name of a channel")
    workspace = open_workspace(settings, open_client())
    entries, now = workspace.settings.due_entries(), system_clock()
    registries = open_registries(settings)
    found = _found(arguments, registries, entries, outcome)
    person = command_line_person(settings)
    with opened_memory(open_store) as memory:
        store = memory.store
        assert store
        poster = open_report_poster(workspace, store, settings.approval.expires_after, outcome)

        def plan(planner: Planner, each: FoundRepository) -> PlannedReport:
            channel = workspace.rules_of(each.repository).channel
            entry = None if arguments else _entry_of(each.repository, entries)
            round_ = requested_round(entry, now) if entry else None
            request = ReportRequest(each.repository, channel, round_)
            proposer = open_proposer(settings, store, planner, person)
            return poster.reports.plan(request, partial(proposer.propose, each))

        rounds: defaultdict[ScheduleEntry, list[PlannedReport]] = defaultdict(list)
        planning = MultiRepositoryPlanner(
            settings, memory, outcome, plan, UsageSources.scan_with_other_regions
        )
        for planned in planning.plan_found(found, registries):
            if planned.request.round is None:
                yield from poster.post(planned)
            elif entry := entry_named(planned.request.round.entry, entries):
                rounds[entry].append(planned)
            if planned.proposal:
                note_if_incomplete(planned.proposal.content, outcome)
        for entry, of_entry in rounds.items():
            yield from poster.post_round(of_entry, entry)


def _found(
    arguments: Sequence[str],
    registries: "Sequence[EcrRegistry]",
    entries: Sequence[ScheduleEntry],
    outcome: ExitStatusCollector,
) -> list[FoundRepository]:
    if arguments:
        named = find_all(arguments, registries, outcome)
        return list(_with_channel(named, entries, outcome))
    return [each for registry in registries for each in _due_in(registry, entries, outcome)]


def _with_channel(
    found: Iterable[FoundRepository], entries: Sequence[ScheduleEntry], outcome: ExitStatusCollector
) -> Iterator[FoundRepository]:
    for each in found:
        if _entry_of(each.repository, entries):
            yield each
        else:
            name = each.repository.name
            outcome.failed(
                RequestError(f"{NO_CHANNEL} of {name}: give it the id or name of a channel")
            )


def _due_in(
    registry: "EcrRegistry", entries: Sequence[ScheduleEntry], outcome: ExitStatusCollector
) -> Iterator[FoundRepository]:
    """The repositories of a registry that get a report. Those with the ignore tag do not."""
    try:
        for repository in registry.repositories():
            is_posted = _entry_of(repository, entries) is not None
            if is_posted and not is_ignored(registry, repository, note):
                yield FoundRepository(repository, registry)
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _entry_of(repository: RepositoryId, entries: Sequence[ScheduleEntry]) -> ScheduleEntry | None:
    """The entry of `reports` for a repository. None if it sets no channel."""
    entry = entry_of(repository, entries)
    return entry if entry and entry.is_posted else None


def _report_texts(reports: Iterable[PostedReport]) -> Iterator["RenderableType"]:
    last = None
    for last in reports:
        yield shown_whole(report_words(last))
    if last is None:
        yield shown("Nothing was posted.")


REPORTS = OutputFormats(
    _report_texts, REPORT_COLUMNS.as_line, REPORT_COLUMNS.header, REPORT_COLUMNS.as_rows
)
