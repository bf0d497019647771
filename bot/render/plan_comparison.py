"""Comparisons of settings in a terminal."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from bot.core.plan_comparison import (
    ChangedImageGroup,
    ChangedManifest,
    DeletionTotal,
    ImageChanges,
    PolicyCoverage,
    SettingsComparison,
    join_changes,
    total_deletions,
)
from bot.core.plan_problems import PlanProblem
from bot.render.hints import Surface
from bot.render.image_counts import count_images, image_and_manifest_words
from bot.render.plan_comparison_json import changed_manifests
from bot.render.plan_problem_sentences import plan_problem_words
from bot.render.plan_summary import why
from bot.render.plans import (
    ALL_LISTED,
    group_name,
    pushed_words,
    recently_pulled_note,
    repository_title,
    usage_notes,
)
from bot.render.prices import price_amount
from bot.render.quantities import count, dollars, freed, saves, size, yearly
from bot.render.terminal import (
    NUMBER,
    ONE_LINE,
    ONE_LINE_NUMBER,
    PLAIN,
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
from bot.render.unmatched_tags import unmatched_words

if TYPE_CHECKING:
    from rich.console import RenderableType


COVERAGE_REMARKS = {
    PolicyCoverage.COVERED: "",
    PolicyCoverage.NO_POLICY: "no policy",
    PolicyCoverage.REGISTRY_NOT_LISTED: "not listed",
}

HALF_A_CENT = 0.005
"""In USD: less is shown as no difference."""


def comparisons_as_text(
    comparisons: Sequence[SettingsComparison], in_force: str | None, file: str, now: datetime
) -> "RenderableType":
    """`comparisons`: at least one. `in_force`: where today's settings are; None for the defaults.
    `file`: the other settings, as the user named them."""
    parts = [_overview(comparisons, file)] if len(comparisons) > 1 else []
    parts += [
        _repository(each, file, now)
        for each in comparisons
        if len(comparisons) == 1 or _is_remarkable(each)
    ]
    origin = shown(f"Today's settings: {in_force or 'the defaults'}.", style="dim")
    return stacked(*parts, *_usage_notes(comparisons[-1], file), origin)


def _is_remarkable(comparison: SettingsComparison) -> bool:
    """Whether a line of the overview does not say all."""
    return (
        any(changed_manifests(comparison))
        or not comparison.is_complete
        or _has_new_unmatched(comparison)
    )


def _overview(comparisons: Sequence[SettingsComparison], file: str) -> "RenderableType":
    headings = [
        Heading("repository", {"overflow": "fold"}),
        Heading("also\ndeletes", NUMBER),
        Heading("keeps", NUMBER),
        Heading("frees\nmore", ONE_LINE_NUMBER),
        Heading("saves more\na year", ONE_LINE_NUMBER),
        Heading("", PLAIN),
    ]
    rows = [
        (
            each.repository.name,
            f"{len(each.more_deleted.groups):,}",
            f"{len(each.more_kept.groups):,}",
            _signed_size(each.freed_difference.bytes),
            _signed_dollars(12 * each.freed_difference.usd_per_month),
            _remark(each),
        )
        for each in comparisons
    ]
    parts = [
        shown(_headline(comparisons, file), style="bold"),
        shown(_both_totals(comparisons, file), style="dim"),
    ]
    if incomplete := sum(not each.is_complete for each in comparisons):
        words = f"INCOMPLETE: {count(incomplete, 'repository', 'repositories')}"
        parts.append(shown(f"{words}. The difference may be wrong.", style="bold red"))
    return stacked(*parts, section(table(headings, rows)), shown(""))


def _signed_size(number: int) -> str:
    """`+3 GB`, `-3 GB`, `0 bytes`"""
    sign = "+" if number > 0 else "-" if number < 0 else ""
    return f"{sign}{size(abs(number))}"


def _signed_dollars(usd: float) -> str:
    """`+$4.10`, `-$41`, `$0`"""
    if abs(usd) < HALF_A_CENT:
        return dollars(0)
    return f"{'+' if usd > 0 else '-'}{dollars(abs(usd))}"


def _remark(comparison: SettingsComparison) -> "RenderableType":
    if not comparison.is_complete:
        return shown("incomplete", style="red")
    return shown(COVERAGE_REMARKS[comparison.coverage], style="yellow")


def _headline(comparisons: Sequence[SettingsComparison], file: str) -> str:
    """`new.yml also deletes 12 images (3.4 GB, $4 a year), and keeps 1 image that is deleted today
    (20 MB, < $1 a year).`"""
    more_deleted = join_changes(each.more_deleted for each in comparisons)
    more_kept = join_changes(each.more_kept for each in comparisons)
    clauses = []
    if more_deleted.groups:
        clauses.append(f"also deletes {_images(more_deleted)} {_worth(more_deleted)}")
    if more_kept.groups:
        are = "is" if len(more_kept.groups) == 1 else "are"
        words = f"keeps {_images(more_kept)} that {are} deleted today {_worth(more_kept)}"
        clauses.append(words)
    if clauses:
        return f"{file} {', and '.join(clauses)}."
    images = total_deletions(each.in_force for each in comparisons).images
    if not images:
        return f"No difference: {file} deletes nothing either."
    return f"No difference: {file} deletes the same {count(images, 'image')}."


def _images(changes: ImageChanges) -> str:
    return image_and_manifest_words(count_images(group.deleted for group in changes.groups))


def _worth(changes: ImageChanges) -> str:
    return f"({freed(changes)}, {yearly(changes.usd_per_month, exact=changes.exact)})"


def _repository(comparison: SettingsComparison, file: str, now: datetime) -> "RenderableType":
    parts = [
        repository_title(comparison.repository),
        *_warnings(comparison, file),
        indented(shown(_headline([comparison], file), style="bold")),
        *map(indented, _notes(comparison, file)),
    ]
    if any(changed_manifests(comparison)) or _has_other_price(comparison):
        parts.append(indented(shown(_both_savings(comparison, file), style="dim")))
    for title, changes in (
        (f"Deleted by {file}, kept today", comparison.more_deleted),
        (f"Kept by {file}, deleted today", comparison.more_kept),
    ):
        if changes.groups:
            parts.append(_images_table(title, file, changes.groups, now))
    return stacked(*parts, shown(""))


def _warnings(comparison: SettingsComparison, file: str) -> Iterator["RenderableType"]:
    today, other = comparison.in_force.problems, comparison.other.problems
    yield from _incomplete(f"today and under {file}", [each for each in today if each in other])
    yield from _incomplete("today", [each for each in today if each not in other])
    yield from _incomplete(f"under {file}", [each for each in other if each not in today])


def _incomplete(where: str, problems: Sequence[PlanProblem]) -> Iterator["RenderableType"]:
    if problems:
        words = f"INCOMPLETE {where}: the difference may be wrong until this is fixed"
        yield shown(words, style="bold red")
    for problem in problems:
        yield indented(shown(f"- {plan_problem_words(problem, Surface.TERMINAL)}", style="red"))


def _notes(comparison: SettingsComparison, file: str) -> Iterator["RenderableType"]:
    if words := _coverage_words(comparison.coverage, file):
        yield shown(words, style="yellow")
    if _has_new_unmatched(comparison):
        words = unmatched_words(comparison.other.unmatched_tags)
        yield shown(f"Under {file}, {words}.", style="yellow")


def _coverage_words(coverage: PolicyCoverage, file: str) -> str | None:
    match coverage:
        case PolicyCoverage.COVERED:
            return None
        case PolicyCoverage.NO_POLICY:
            return f"No policy in {file} covers this repository, so it is kept whole."
        case PolicyCoverage.REGISTRY_NOT_LISTED:
            return f"{file} does not list this registry, so the repository is kept whole."
        case _:
            assert_never(coverage)


def _has_new_unmatched(comparison: SettingsComparison) -> bool:
    other = comparison.other.unmatched_tags
    return other.count > 0 and other != comparison.in_force.unmatched_tags


def _has_other_price(comparison: SettingsComparison) -> bool:
    return comparison.in_force.price.usd != comparison.other.price.usd


def _both_savings(comparison: SettingsComparison, file: str) -> str:
    words = _both_totals([comparison], file)
    if not _has_other_price(comparison):
        return words
    today, other = comparison.in_force.price.usd, comparison.other.price.usd
    return (
        f"{words} Prices of a GB and month differ: ${price_amount(today)} today, "
        f"${price_amount(other)} under {file} and in the difference."
    )


def _both_totals(comparisons: Sequence[SettingsComparison], file: str) -> str:
    today = total_deletions(each.in_force for each in comparisons)
    other = total_deletions(each.other for each in comparisons)
    return f"Today: {_total_words(today)}. {file}: {_total_words(other)}."


def _total_words(total: DeletionTotal) -> str:
    if not total.images:
        return "nothing to delete"
    money = saves(total.usd_per_month, exact=total.exact)
    return f"{count(total.images, 'image')} to delete, frees {freed(total)}, {money}"


def _images_table(
    title: str, file: str, groups: Sequence[ChangedImageGroup], now: datetime
) -> "RenderableType":
    headings = [
        Heading("image", ONE_LINE),
        Heading("listed", ONE_LINE_NUMBER),
        Heading("pushed", ONE_LINE),
        Heading(f"why today → {file}", REST_OF_LINE),
    ]
    rows = [
        (
            group_name(group.deleted),
            size(group.deleted.listed_bytes),
            pushed_words(group.deleted.root.manifest, now),
            _both_reasons(group.root),
        )
        for group in groups[:ROWS]
    ]
    parts = [shown(title, style="bold"), table(headings, rows)]
    parts += how_many_more(len(groups), ALL_LISTED)
    if lately := sum(group.root.other.pulled_recently for group in groups):
        parts.append(recently_pulled_note(lately))
    return section(*parts)


def _both_reasons(changed: ChangedManifest) -> "RenderableType":
    style = "yellow" if changed.other.pulled_recently else ""
    return stacked(shown(why(changed.in_force)), shown(f"→ {why(changed.other)}", style=style))


def _usage_notes(comparison: SettingsComparison, file: str) -> Iterator["RenderableType"]:
    """The same for all repositories of a command."""
    today, other = comparison.in_force.usage.not_checked, comparison.other.usage.not_checked
    if sources := ", ".join(each for each in other if each not in today):
        words = f"{file} does not scan {sources}. Images in use there would not be protected."
        yield shown(words, style="yellow")
    if sources := ", ".join(each for each in today if each not in other):
        yield shown(f"{file} also scans {sources}.")
    yield from usage_notes(comparison.in_force.usage)
