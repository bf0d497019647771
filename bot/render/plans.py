"""Plans as tables, JSON and CSV. `docs/output.md` lists the keys."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bot.core.image_groups import PlannedImageGroup
from bot.core.judge import JudgedManifest
from bot.core.last_use import MemoryReach
from bot.core.manifest import Manifest
from bot.core.permissions import forgets_many
from bot.core.plan import Plan, count_image_groups
from bot.core.repository import RepositoryId
from bot.core.savings import Savings
from bot.core.text_formatting import (
    first_few,
    format_duration,
)
from bot.core.unmatched_tags import UnmatchedTags
from bot.core.usage import RepositoryUsage, SourceScan
from bot.render.hints import Surface
from bot.render.image_counts import count_images, image_and_manifest_words
from bot.render.last_uses import short_memory_words
from bot.render.output import Column, Columns, TableColumn, dumps, place, place_columns
from bot.render.plan_problem_sentences import (
    last_whole_scan_words,
    plan_problem_words,
    scan_words,
)
from bot.render.plan_summary import PlanSummary, name_of, why
from bot.render.quantities import age, ago, count, freed_of_all, iso, saves, size
from bot.render.reasons import reason_as_keys, reason_words, user_words
from bot.render.terminal import (
    NUMBER,
    ONE_LINE,
    ONE_LINE_NUMBER,
    REST_OF_LINE,
    ROWS,
    Heading,
    how_many_more,
    indented,
    section,
    shown,
    stacked,
    table,
)
from bot.render.unmatched_tags import forgotten_words, unmatched_words

if TYPE_CHECKING:
    from rich.console import RenderableType


IMAGES_PER_CHUNK = 1000
ALL_LISTED = "--format csv lists all"
PLACE_COLUMNS: Columns[Plan, Any] = Columns(*place_columns(lambda plan: place(plan.repository)))


def group_name(group: PlannedImageGroup) -> str:
    """`1.2 (+3)`"""
    others = f" (+{len(group.others)})" if group.others else ""
    return f"{name_of(group.root)}{others}"


def pushed_words(manifest: Manifest, now: datetime) -> str:
    return f"{age(now - manifest.pushed_at)} ago" if manifest.pushed_at else "?"


def recently_pulled_note(number: int) -> "RenderableType":
    """`number`: of images to delete, at least 1."""
    words = f"{count(number, 'of these was', 'of these were')} pulled in the last 30 days"
    return shown(f"{words}: pin images that unscanned workloads need", style="yellow")


def _why(group: PlannedImageGroup, _now: datetime) -> "RenderableType":
    return shown(why(group.root), style="yellow" if group.root.pulled_recently else "")


MANIFEST_COLUMNS: Columns[JudgedManifest, PlannedImageGroup] = Columns(
    Column(
        "digest",
        lambda judged: judged.manifest.digest,
        table=TableColumn(
            Heading("To delete, largest first", ONE_LINE), lambda group, _: group_name(group)
        ),
    ),
    Column("tags", lambda judged: judged.manifest.tags),
    Column("kind", lambda judged: judged.manifest.kind),
    Column("parent", lambda judged: judged.parent),
    Column("verdict", lambda judged: judged.verdict),
    Column("rules", None, lambda judged: "; ".join(each.rule for each in judged.reasons)),
    Column(
        "reasons",
        lambda judged: list(map(reason_as_keys, judged.reasons)),
        lambda judged: "; ".join(map(reason_words, judged.reasons)),
        TableColumn(Heading("why", REST_OF_LINE), _why),
    ),
    Column(
        "pushed_at",
        lambda judged: iso(judged.manifest.pushed_at),
        table=TableColumn(
            Heading("pushed", ONE_LINE), lambda group, now: pushed_words(group.root.manifest, now)
        ),
    ),
    Column("pulled_at", lambda judged: iso(judged.manifest.pulled_at)),
    Column("pulled_lately", None, lambda judged: judged.pulled_recently),
    Column(
        "size_bytes",
        lambda judged: judged.manifest.size_bytes,
        table=TableColumn(
            Heading("listed", ONE_LINE_NUMBER), lambda group, _: size(group.listed_bytes)
        ),
    ),
    Column(
        "used_by",
        lambda judged: list(map(user_words, judged.used_by)),
        lambda judged: "; ".join(map(user_words, judged.used_by)),
    ),
    table_first=("digest", "size_bytes", "pushed_at"),
)
"""The entries of `images`, the lines of CSV, and the table of deletions. A row of the table is a
root with the manifests that belong to it."""

CSV_HEADER = (*PLACE_COLUMNS.header, *MANIFEST_COLUMNS.header)


def plan_as_rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    """A row for each manifest."""
    place = PLACE_COLUMNS.as_row(plan)
    for judged in plan.judged:
        yield (*place, *MANIFEST_COLUMNS.as_row(judged))


def deletions_as_rows(plan: Plan) -> Iterator[tuple[object, ...]]:
    """A row for each manifest to delete."""
    place = PLACE_COLUMNS.as_row(plan)
    deleted = frozenset(plan.delete)
    for judged in plan.judged:
        if judged.manifest.digest in deleted:
            yield (*place, *MANIFEST_COLUMNS.as_row(judged))


def plan_as_json(plan: Plan) -> Iterator[bytes]:
    """One object on one line, in chunks, so that a large plan is not in memory twice. The last
    chunk ends with the line end."""
    yield dumps(PLACE_COLUMNS.as_object(plan))[:-1] + b',"images":['
    for start in range(0, len(plan.judged), IMAGES_PER_CHUNK):
        chunk = plan.judged[start : start + IMAGES_PER_CHUNK]
        entries = dumps([MANIFEST_COLUMNS.as_object(judged) for judged in chunk])
        yield (b"," if start else b"") + entries[1:-1]
    yield b"]," + dumps(_totals(plan))[1:] + b"\n"


def _totals(plan: Plan) -> dict[str, Any]:
    return {
        "delete": plan.delete,
        "savings": savings_as_keys(plan.savings),
        "complete": plan.complete,
        "unmatched_tags": unmatched_as_keys(plan.unmatched_tags),
        "problems": [plan_problem_words(each, Surface.TERMINAL) for each in plan.problems],
        "usage": [
            {
                "source": scan.source,
                "scope": scan.scope,
                "images": scan.images,
                "error": _error(scan),
                "scanned_at": iso(scan.at),
                "last_whole_scan_at": iso(scan.last_whole_at),
            }
            for scan in plan.usage.scans
        ],
        "not_checked": plan.usage.not_checked,
        "usage_memory": memory_as_keys(plan.usage.memory),
        "deleted_also_in": [str(registry) for registry in plan.deleted_also_in],
    }


def savings_as_keys(savings: Savings) -> dict[str, Any]:
    return {
        "freed_bytes": savings.freed_bytes,
        "listed_bytes": savings.listed_bytes,
        "usd_per_month": savings.usd_per_month,
        "exact": savings.exact,
    }


def unmatched_as_keys(unmatched: UnmatchedTags) -> dict[str, Any]:
    return {"count": unmatched.count, "examples": list(unmatched.examples)}


def _error(scan: SourceScan) -> str | None:
    return scan_words(scan.problem, Surface.TERMINAL) if scan.problem else None


def memory_as_keys(memory: MemoryReach | None) -> dict[str, str | None] | None:
    if memory is None:
        return None
    return {"since": iso(memory.since), "within": format_duration(memory.within)}


def plan_as_table(plan: Plan, now: datetime) -> "RenderableType":
    """The overview of a plan in a terminal."""
    summary = PlanSummary(plan)
    parts = [
        repository_title(plan.repository, _usage_age(plan, now)),
        *_warnings(plan, now),
        *_forgotten(plan),
        *_short_memory(plan, now),
        _headline(summary),
    ]
    if summary.kept:
        parts.append(_keepers(summary))
    if summary.used:
        parts.append(_uses(summary))
    if plan.delete:
        parts.append(_deletions(summary.deleted_groups, now))
    if plan.deleted_also_in:
        places = ", ".join(map(str, plan.deleted_also_in))
        parts.append(
            indented(shown(f"Replication also deletes these in {places}.", style="yellow"))
        )
    return stacked(*parts, shown(""))


def _forgotten(plan: Plan) -> Iterator["RenderableType"]:
    """Tags that no keep rule could match, on top if that deletes many images."""
    if not plan.unmatched_tags.count:
        return
    images = count_image_groups(plan)
    if forgets_many(images):
        yield indented(shown(f"{forgotten_words(images)}.", style="yellow"))
    yield indented(shown(f"{unmatched_words(plan.unmatched_tags)}.", style="yellow"))


def _short_memory(plan: Plan, now: datetime) -> Iterator["RenderableType"]:
    if words := short_memory_words(plan.usage.memory, plan.usage.scanned_at or now):
        yield indented(shown(words, style="yellow"))


def repository_title(repository: RepositoryId, more: str = "") -> "RenderableType":
    return shown((repository.name, "bold"), (f"  {repository.registry}{more}", "dim"))


def _usage_age(plan: Plan, now: datetime) -> str:
    scanned = plan.usage.scanned_at
    return f", usage scanned {ago(now - scanned)}" if scanned else ""


def _warnings(plan: Plan, now: datetime) -> Iterator["RenderableType"]:
    if plan.problems:
        yield shown("INCOMPLETE: it cannot be approved until this is fixed", style="bold red")
        for problem in plan.problems:
            unread = plan.usage.unread_source(problem)
            last = last_whole_scan_words(unread, lambda at: ago(now - at))
            words = f"- {plan_problem_words(problem, Surface.TERMINAL)}{last}"
            yield indented(shown(words, style="red"))


def _headline(summary: PlanSummary) -> "RenderableType":
    plan = summary.plan
    if not plan.judged:
        return indented(shown("No images."))
    if not plan.delete:
        return indented(shown("Nothing to delete."))
    savings = plan.savings
    deleted = image_and_manifest_words(count_images(summary.deleted_groups))
    headline = shown(
        (f"{deleted} to delete", "bold"),
        f": frees {freed_of_all(savings)}, ",
        (saves(savings.usd_per_month, exact=savings.exact), "bold green"),
        ".",
    )
    listed = f"ECR lists {size(savings.listed_bytes)} for them"
    if not savings.exact:
        why = (
            "; the exact saving may be lower, since some manifests could not be read or layers may "
            "be shared with other repositories."
        )
    elif savings.freed_bytes < savings.listed_bytes:
        why = ", but shared layers are stored once, and layers of kept images are kept."
    else:
        why = ", and they share no layers."
    return indented(stacked(headline, shown(listed + why, style="dim")))


def _keepers(summary: PlanSummary) -> "RenderableType":
    others = "the other" if summary.plan.delete else "all"
    headings = [
        Heading(f"Why {others} {len(summary.kept):,} are kept"),
        Heading("manifests", NUMBER),
    ]
    rows = [(shown(why_kept), f"{number:,}") for why_kept, number in summary.kept_by_reason]
    return section(table(headings, rows))


def _uses(summary: PlanSummary) -> "RenderableType":
    rows = []
    for used in summary.used[:ROWS]:
        style = "bold" if used.by_use_alone else ""
        users = first_few([user_words(user) for user in used.users])
        rows.append((shown(name_of(used.root), style=style), users or "a part of it is in use"))
    parts = [table([Heading("In use", ONE_LINE), Heading("by", REST_OF_LINE)], rows)]
    parts += how_many_more(len(summary.used), ALL_LISTED)
    if summary.kept_only_by_use:
        number = len(summary.kept_only_by_use)
        words = f"{number:,} of these {'is' if number == 1 else 'are'} kept only by usage."
        parts.append(shown(words, style="bold"))
    return section(*parts)


def _deletions(groups: Sequence[PlannedImageGroup], now: datetime) -> "RenderableType":
    parts = [MANIFEST_COLUMNS.as_table(groups[:ROWS], now)]
    parts += how_many_more(len(groups), ALL_LISTED)
    if lately := sum(group.root.pulled_recently for group in groups):
        parts.append(recently_pulled_note(lately))
    return section(*parts)


def usage_notes(usage: RepositoryUsage) -> Iterator["RenderableType"]:
    """Sources and Regions that are not scanned: the same for all plans of a command."""
    if sources := ", ".join(usage.not_checked):
        words = f"Sources not scanned: {sources}. Images in use there are not protected."
        yield shown(words, style="yellow")
    if regions := first_few([*map(str, usage.unscanned_regions)]):
        words = f"Regions not scanned: {regions}. Images in use there are not protected."
        yield shown(words, style="yellow")


def unchecked_note(plan: Plan) -> Iterator["RenderableType"]:
    """For plans that are not stored. The status of a stored plan includes the same note."""
    if not plan.checked:
        words = (
            "No usage source is switched on, so plans cannot be approved: switch one on under "
            "usage."
        )
        yield shown(words, style="yellow")
