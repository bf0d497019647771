"""A plan as a person reads it in ten seconds, in a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.padding import Padding

from bot.core.plan import Plan
from bot.core.words import first_few
from bot.render.obstacles import obstacle_words
from bot.render.plan_summary import Family, PlanSummary, name_of, why
from bot.render.reasons import user_words
from bot.render.terminal import ROWS, how_many_more, indented, shown, table
from bot.render.words import age, count, freed_of_all, money, size

ALL_LISTED = "--format csv lists all"
NAME_WIDTH = 34


def plan_as_table(plan: Plan, now: datetime) -> RenderableType:
    summary = PlanSummary(plan)
    parts = [_title(plan), *_warnings(plan), _totals(plan)]
    if summary.kept:
        parts.append(_keepers(summary))
    if summary.used:
        parts.append(_uses(summary))
    if plan.delete:
        parts.append(_deletions(summary.deleted_families, now))
    if plan.deleted_also_in:
        places = ", ".join(map(str, plan.deleted_also_in))
        parts.append(indented(shown(f"Replication deletes these in {places} too.", style="yellow")))
    return Group(*parts, shown(""))


def _title(plan: Plan) -> RenderableType:
    repository = plan.repository
    return shown((repository.name, "bold"), ("  " + str(repository.registry), "dim"))


def _warnings(plan: Plan) -> Iterator[RenderableType]:
    if plan.problems:
        yield shown("INCOMPLETE: it cannot be approved until this is mended", style="bold red")
        for problem in plan.problems:
            yield indented(shown(f"- {obstacle_words(problem)}", style="red"))


def _totals(plan: Plan) -> RenderableType:
    if not plan.judged:
        return indented(shown("No images."))
    if not plan.delete:
        return indented(shown("Nothing to delete."))
    savings = plan.savings
    headline = shown(
        (f"{len(plan.delete):,} of {_manifests(len(plan.judged))} may go", "bold"),
        f", which frees {freed_of_all(savings)}: ",
        (f"{money(savings.usd_per_month)} a month", "bold green"),
        f" ({money(12 * savings.usd_per_month)} a year).",
    )
    listed = f"ECR lists {size(savings.listed_bytes)} for them"
    if not savings.exact:
        why = (
            "; the true figure may be lower, since some manifests could not be read or layers may "
            "be shared with other repositories."
        )
    elif savings.freed_bytes < savings.listed_bytes:
        why = ", but layers that they share are stored once, and those of kept images stay."
    else:
        why = ", and they share no layer."
    return indented(Group(headline, shown(listed + why, style="dim")))


def _keepers(summary: PlanSummary) -> RenderableType:
    others = "the other" if summary.plan.delete else "all"
    rows = table()
    rows.add_column(f"What keeps {others} {len(summary.kept):,}")
    rows.add_column("manifests", justify="right")
    for why_kept, number in summary.keepers:
        rows.add_row(shown(why_kept), f"{number:,}")
    return Padding(rows, (1, 0, 0, 2))


def _uses(summary: PlanSummary) -> RenderableType:
    rows = table()
    rows.add_column("In use", no_wrap=True, max_width=NAME_WIDTH)
    rows.add_column("by", ratio=1, overflow="fold")
    for used in summary.used[:ROWS]:
        style = "bold" if used.by_use_alone else ""
        users = first_few([user_words(user) for user in used.users])
        rows.add_row(shown(name_of(used.root), style=style), shown(users or "what hangs on it"))
    parts: list[RenderableType] = [rows, *how_many_more(len(summary.used), ALL_LISTED)]
    if summary.saved_by_use:
        words = f"Of these, nothing but their use keeps {len(summary.saved_by_use):,}."
        parts.append(shown(words, style="bold"))
    return Padding(Group(*parts), (1, 0, 0, 2))


def _deletions(families: Sequence[Family], now: datetime) -> RenderableType:
    rows = table()
    rows.add_column("To be deleted, largest first", no_wrap=True, max_width=NAME_WIDTH)
    rows.add_column("listed", justify="right", no_wrap=True)
    rows.add_column("pushed", no_wrap=True)
    rows.add_column("why", ratio=1, overflow="fold")
    for family in families[:ROWS]:
        manifest = family.root.manifest
        pushed = f"{age(now - manifest.pushed_at)} ago" if manifest.pushed_at else "?"
        style = "yellow" if family.root.pulled_lately else ""
        others = f" (+{len(family.others)})" if family.others else ""
        name = f"{name_of(family.root)}{others}"
        rows.add_row(name, size(family.listed_bytes), pushed, shown(why(family.root), style=style))
    parts: list[RenderableType] = [rows, *how_many_more(len(families), ALL_LISTED)]
    if lately := sum(family.root.pulled_lately for family in families):
        words = f"{count(lately, 'of these was', 'of these were')} pulled in the last 30 days"
        parts.append(shown(f"{words}: pin what something unseen may need", style="yellow"))
    return Padding(Group(*parts), (1, 0, 0, 2))


def usage_notes(plan: Plan) -> Iterator[RenderableType]:
    """How far usage was looked at: the same for all plans of a run."""
    if sources := ", ".join(plan.usage.not_checked):
        words = f"Not checked for use: {sources}. What runs there is not protected."
        yield shown(words, style="yellow")
    if regions := first_few([*map(str, plan.usage.unscanned_regions)]):
        words = f"Regions not checked for use: {regions}. What runs there is not protected."
        yield shown(words, style="yellow")


def unchecked_note(plan: Plan) -> Iterator[RenderableType]:
    """For plans that are not stored: the standing of stored ones says so."""
    if not plan.checked:
        words = "No source of usage is on, so nobody can approve a plan: switch one on under usage."
        yield shown(words, style="yellow")


def _manifests(number: int) -> str:
    return count(number, "manifest")
