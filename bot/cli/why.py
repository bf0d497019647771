"""`ecr-clean why`: the verdict on one manifest, and all that speaks for it."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bot.cli.options import Options, common_options, format_option
from bot.cli.planning import Planning, make_plan, tell_if_incomplete
from bot.cli.printing import Forms
from bot.cli.remembering import opened_memory
from bot.cli.status import StatusCollector
from bot.render.explained import (
    EXPLANATION_HEADER,
    explained_as_json,
    explained_as_rows,
    explained_as_text,
)
from bot.settings import load_settings
from bot.usecases.explanations import Explanation, explain
from bot.wiring import Memory

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command()
@click.argument("repository")
@click.argument("manifest", metavar="TAG|DIGEST")
@format_option("manifest")
@common_options
@click.pass_obj
def why(options: Options, repository: str, manifest: str, format_: str) -> int:
    """Tell why one manifest stays or may go, who uses it, and what hangs on it.

    The beginning of a digest will do. The repository is planned afresh; nothing is stored.
    """
    outcome = StatusCollector(options.debug)
    with opened_memory() as memory:
        found = _explanations(options, memory, outcome, repository, manifest)
        EXPLANATIONS.print_all(format_, found)
    return outcome.status


def _explanations(
    options: Options, memory: Memory, outcome: StatusCollector, repository: str, manifest: str
) -> Iterator[Explanation]:
    settings = load_settings(options.config)
    for plan in Planning(settings, memory, outcome, make_plan).of_one(repository):
        yield explain(plan, manifest)
        tell_if_incomplete(plan, outcome)


def _texts(explanations: Iterable[Explanation]) -> Iterator["RenderableType"]:
    for each in explanations:
        yield explained_as_text(each.repository, each.judged, each.family)


def _json(each: Explanation) -> Iterator[bytes]:
    return explained_as_json(each.judged, each.family)


def _rows(each: Explanation) -> Iterator[tuple[object, ...]]:
    return explained_as_rows(each.repository, each.judged, each.family)


EXPLANATIONS = Forms(_texts, _json, EXPLANATION_HEADER, _rows)
