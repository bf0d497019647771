"""`ecr-clean plans` and `show`, which print stored plans and their results."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from bot.cli.open_storage import existing_store
from bot.cli.options import CommonOptions, common_options, format_option
from bot.cli.terminal import OutputFormats, print_exactly
from bot.cli.user_names import UserNames
from bot.core.errors import RequestError
from bot.core.plan import Plan
from bot.core.records import PlanItem, PlanRecord
from bot.process import system_clock
from bot.render.plans import plan_as_table
from bot.render.stored_plans import (
    PLAN_COLUMNS,
    RESULT_HEADER,
    result_as_rows,
    stored_plan_as_json,
    stored_plan_as_text,
    stored_plans_as_table,
)
from bot.settings.load import load_settings
from bot.usecases.explanations import find_kept_manifest
from bot.usecases.proposals import find_plan

if TYPE_CHECKING:
    from rich.console import RenderableType

    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A stored plan. Reads its items and its content on access. `required`: the number of people
    who must approve it."""

    record: PlanRecord
    store: "Store"
    required: int

    @property
    def items(self) -> Sequence[PlanItem]:
        return self.store.items(self.record.id, self.record.version)

    @property
    def content(self) -> Plan:
        return self.store.content(self.record.id, self.record.version)


@click.command()
@format_option("plan")
@common_options
@click.pass_obj
def plans(options: CommonOptions, format_: str) -> None:
    """List all stored plans, newest first."""
    required = load_settings(options.config).approval.required
    with existing_store() as store:
        found = (StoredPlan(record, store, required) for record in store.plans()) if store else ()
        LIST.print_all(format_, found)


@click.command()
@click.argument("plan")
@click.option(
    "--manifest",
    metavar="TAG|DIGEST",
    help="Print the text of a manifest as it was before its deletion.",
)
@format_option("manifest to delete")
@common_options
@click.pass_obj
def show(options: CommonOptions, plan: str, manifest: str | None, format_: str) -> None:
    """Show a stored plan, its approvals and its result.

    PLAN is the ID that `ecr-clean propose` and `ecr-clean plans` print.
    """
    required = load_settings(options.config).approval.required
    with existing_store() as store:
        if store is None:
            raise RequestError(f"No plan {plan}: the database does not exist yet")
        record = find_plan(store, plan, system_clock())
        if manifest is not None:
            print_exactly(find_kept_manifest(store, record, manifest).text)
            return
        DETAILS.print_all(format_, [StoredPlan(record, store, required)])


def _list_texts(plans: Iterable[StoredPlan]) -> Iterator["RenderableType"]:
    yield stored_plans_as_table((plan.record for plan in plans), system_clock())


def _detail_texts(plans: Iterable[StoredPlan]) -> Iterator["RenderableType"]:
    names = UserNames()
    for plan in plans:
        yield plan_as_table(plan.content, system_clock())
        yield from stored_plan_as_text(names.in_plan(plan.record), plan.items, plan.required)


def _json(plan: StoredPlan) -> Iterator[bytes]:
    return stored_plan_as_json(plan.record, plan.items)


def _list_rows(plan: StoredPlan) -> Iterator[tuple[object, ...]]:
    return PLAN_COLUMNS.as_rows(plan.record)


def _result_rows(plan: StoredPlan) -> Iterator[tuple[object, ...]]:
    return result_as_rows(plan.record, plan.items)


LIST = OutputFormats(_list_texts, _json, PLAN_COLUMNS.header, _list_rows)
DETAILS = OutputFormats(_detail_texts, _json, RESULT_HEADER, _result_rows)
