"""`ecr-clean report`: posts reports now."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from bot.cli.options import Options, common_options, format_option, repositories_argument
from bot.cli.planning import Planning, find_all, tell_if_incomplete
from bot.cli.printing import Forms
from bot.cli.remembering import opened_memory
from bot.cli.status import StatusCollector
from bot.cli.terminal import note
from bot.core.due import Entry, Round, belongs_to
from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RepositoryId
from bot.render.reports import REPORT_COLUMNS, PostedReport, report_words
from bot.render.terminal import shown, shown_whole
from bot.settings import load_settings
from bot.usecases.planning import Planner
from bot.usecases.reports import PlannedReport, ReportRequest, is_left_out
from bot.usecases.repositories import Found
from bot.wiring import (
    command_line_person,
    open_client,
    open_proposer,
    open_registries,
    open_store,
    open_workspace,
    system_clock,
)

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.aws.ecr import EcrRegistry

NO_CHANNEL = "`channel` is not set in the entry of `reports`"


@click.command()
@repositories_argument(required=False)
@format_option("report")
@common_options
@click.pass_obj
def report(options: Options, repositories: Sequence[str], format_: str) -> int:
    """Post reports now, each in the channel that the settings give its repository.

    Without REPOSITORY those of all that have a channel, as if they were due: what saves less than
    `min_saving` is told in one line, and what people decided on already is left out.
    """
    outcome = StatusCollector(options.debug)
    REPORTS.print_all(format_, _posted(options, repositories, outcome))
    return outcome.status


def _posted(
    options: Options, arguments: Sequence[str], outcome: StatusCollector
) -> Iterator[PostedReport]:
    from bot.cli.posting import open_report_poster  # noqa: PLC0415 - no other command needs Slack

    settings = load_settings(options.config)
    entries = settings.due_entries()
    if not any(entry.is_posted for entry in entries):
        raise RequestError(f"{NO_CHANNEL} of any repository: give it the id or name of a channel")
    workspace = open_workspace(settings, open_client())
    registries = open_registries(settings)
    found = _found(arguments, registries, entries, outcome)
    person = command_line_person(settings)
    with opened_memory(open_store) as memory:
        store = memory.store
        assert store
        poster = open_report_poster(workspace, store, settings.approval.expires_after, outcome)

        def plan(planner: Planner, each: Found) -> PlannedReport:
            channel = workspace.rules_of(each.repository).channel
            entry = None if arguments else _entry_of(each.repository, entries)
            request = ReportRequest(each.repository, channel, _round(entry))
            proposer = open_proposer(settings, store, planner, person)
            return poster.reports.plan(request, partial(proposer.propose, each))

        for planned in Planning(settings, memory, outcome, plan).of(found, registries):
            yield from poster.post(planned)
            if planned.proposal:
                tell_if_incomplete(planned.proposal.content, outcome)
        yield from poster.post_summaries()


def _round(entry: Entry | None) -> Round | None:
    """The round of this command: nobody claims its reports."""
    now = system_clock().replace(tzinfo=None)
    return Round(entry.name, now, entry.min_saving) if entry else None


def _found(
    arguments: Sequence[str],
    registries: "Sequence[EcrRegistry]",
    entries: Sequence[Entry],
    outcome: StatusCollector,
) -> list[Found]:
    if arguments:
        named = find_all(arguments, registries, outcome)
        return list(_with_channel(named, entries, outcome))
    return [each for registry in registries for each in _due_in(registry, entries, outcome)]


def _with_channel(
    found: Iterable[Found], entries: Sequence[Entry], outcome: StatusCollector
) -> Iterator[Found]:
    for each in found:
        if _entry_of(each.repository, entries):
            yield each
        else:
            name = each.repository.name
            outcome.failed(
                RequestError(f"{NO_CHANNEL} of {name}: give it the id or name of a channel")
            )


def _due_in(
    registry: "EcrRegistry", entries: Sequence[Entry], outcome: StatusCollector
) -> Iterator[Found]:
    """But for those that their tags leave out."""
    try:
        for repository in registry.repositories():
            is_posted = _entry_of(repository, entries) is not None
            if is_posted and not is_left_out(registry, repository, note):
                yield Found(repository, registry)
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _entry_of(repository: RepositoryId, entries: Sequence[Entry]) -> Entry | None:
    """None if it has no channel."""
    entry = belongs_to(repository, entries)
    return entry if entry and entry.is_posted else None


def _texts(reports: Iterable[PostedReport]) -> Iterator["RenderableType"]:
    last = None
    for last in reports:
        yield shown_whole(report_words(last))
    if last is None:
        yield shown("Nothing was posted.")


REPORTS = Forms(_texts, REPORT_COLUMNS.as_line, REPORT_COLUMNS.header, REPORT_COLUMNS.as_rows)
