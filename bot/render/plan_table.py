"""A plan as a person reads it in ten seconds, in a terminal."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bot.core.judge import NO_OTHER_RULE, Judged
from bot.core.plan import Plan
from bot.core.reasons import RuleName, Verdict
from bot.core.words import first_few, short
from bot.render.terminal import ROWS, how_many_more, indented, table
from bot.render.words import age, count, money, size

ALL_LISTED = "--format csv lists all"
NAME_WIDTH = 34

KEPT_BECAUSE = {
    RuleName.PINNED: "pinned",
    RuleName.IN_USE: "in use",
    RuleName.TAGS: "kept by their tag",
    RuleName.NEWEST: "among the newest of their class",
    RuleName.SEMVER: "among the newest versions",
    RuleName.PUSHED_WITHIN: "pushed lately",
    RuleName.PULLED_WITHIN: "pulled lately",
    RuleName.MIN_AGE: "too young to be proposed",
    RuleName.ARTIFACT: "no container images",
    RuleName.ARCHIVED: "archived",
    RuleName.ORPHAN: "about something that may be in another repository",
    RuleName.UNKNOWN: "not known well enough to judge",
    RuleName.NO_POLICY: "not covered by any policy",
    RuleName.FOLLOWS: "hang on something kept",
}


@dataclass(frozen=True, slots=True)
class DeletedFamily:
    """A root that goes, how many others go with it, and what ECR lists for them all, in bytes."""

    root: Judged
    others: int
    listed_bytes: int


def plan_as_table(plan: Plan, now: datetime) -> RenderableType:
    parts = [_title(plan), *_warnings(plan), _totals(plan)]
    if kept := [judged for judged in plan.judged if judged.verdict is Verdict.KEEP]:
        others = "the other" if plan.delete else "all"
        parts.append(_keepers(kept, f"What keeps {others} {len(kept):,}"))
    if used := [judged for judged in plan.judged if judged.used_by]:
        parts.append(_uses(used))
    if plan.delete:
        parts.append(_deletions(deleted_families(plan.judged), now))
    if plan.deleted_also_in:
        places = ", ".join(map(str, plan.deleted_also_in))
        parts.append(indented(Text(f"Replication deletes these in {places} too.", style="yellow")))
    return Group(*parts, Text(""))


def deleted_families(judged: Iterable[Judged]) -> list[DeletedFamily]:
    """Largest first. Who hangs on several goes with its nearest."""
    deleted = {j.manifest.digest: j for j in judged if j.verdict is Verdict.DELETE}
    members: defaultdict[str, list[Judged]] = defaultdict(list)
    for member in deleted.values():
        members[_root(member, deleted)].append(member)
    families = [
        DeletedFamily(
            root=deleted[root],
            others=len(found) - 1,
            listed_bytes=sum(m.manifest.size_bytes for m in found if not m.manifest.is_index),
        )
        for root, found in members.items()
    ]
    return sorted(families, key=attrgetter("listed_bytes"), reverse=True)


def _root(member: Judged, deleted: Mapping[str, Judged]) -> str:
    while member.parent is not None:
        member = deleted[member.parent]
    return member.manifest.digest


def _title(plan: Plan) -> Text:
    repository = plan.repository
    return Text.assemble((repository.name, "bold"), ("  " + str(repository.registry), "dim"))


def _warnings(plan: Plan) -> Iterator[RenderableType]:
    if plan.problems:
        yield Text("INCOMPLETE: it cannot be approved until this is mended", style="bold red")
        for problem in plan.problems:
            yield indented(Text(f"- {problem}", style="red"))


def _totals(plan: Plan) -> RenderableType:
    if not plan.judged:
        return indented(Text("No images."))
    if not plan.delete:
        return indented(Text("Nothing to delete."))
    savings = plan.savings
    freed = size(savings.freed_bytes)
    headline = Text.assemble(
        (f"{len(plan.delete):,} of {_manifests(len(plan.judged))} may go", "bold"),
        f", which frees {'' if savings.exact else 'about '}{freed}: ",
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
    return indented(Group(headline, Text(listed + why, style="dim")))


def _keepers(kept: list[Judged], heading: str) -> RenderableType:
    by_rule = Counter(judged.reasons[0].rule for judged in kept)
    rows = table()
    rows.add_column(heading)
    rows.add_column("manifests", justify="right")
    for rule, number in by_rule.most_common():
        rows.add_row(KEPT_BECAUSE[rule], f"{number:,}")
    return Padding(rows, (1, 0, 0, 2))


def _uses(used: list[Judged]) -> RenderableType:
    """First those that stay for no other reason: age and count alone would delete them."""
    rows = table()
    rows.add_column("In use", no_wrap=True, max_width=NAME_WIDTH)
    rows.add_column("by", ratio=1, overflow="fold")
    saved = [judged for judged in used if _only_use_keeps(judged)]
    others = [judged for judged in used if not _only_use_keeps(judged)]
    for judged in (saved + others)[:ROWS]:
        style = "bold" if _only_use_keeps(judged) else ""
        rows.add_row(Text(_name(judged), style=style), Text(first_few(judged.used_by)))
    parts: list[RenderableType] = [rows, *how_many_more(len(used), ALL_LISTED)]
    if saved:
        words = f"Of these, nothing but their use keeps {len(saved):,}."
        parts.append(Text(words, style="bold"))
    return Padding(Group(*parts), (1, 0, 0, 2))


def _only_use_keeps(judged: Judged) -> bool:
    return {reason.rule for reason in judged.reasons} == {RuleName.IN_USE}


def _deletions(families: list[DeletedFamily], now: datetime) -> RenderableType:
    rows = table()
    rows.add_column("To be deleted, largest first", no_wrap=True, max_width=NAME_WIDTH)
    rows.add_column("listed", justify="right", no_wrap=True)
    rows.add_column("pushed", no_wrap=True)
    rows.add_column("why", ratio=1, overflow="fold")
    for family in families[:ROWS]:
        manifest = family.root.manifest
        pushed = f"{age(now - manifest.pushed_at)} ago" if manifest.pushed_at else "?"
        style = "yellow" if family.root.pulled_lately else ""
        why = "; ".join(reason.detail.replace(NO_OTHER_RULE, "") for reason in family.root.reasons)
        name = f"{_name(family.root)} (+{family.others})" if family.others else _name(family.root)
        rows.add_row(name, size(family.listed_bytes), pushed, Text(why, style=style))
    parts: list[RenderableType] = [rows, *how_many_more(len(families), ALL_LISTED)]
    if lately := sum(family.root.pulled_lately for family in families):
        words = f"{count(lately, 'of these was', 'of these were')} pulled in the last 30 days"
        parts.append(Text(f"{words}: pin what something unseen may need", style="yellow"))
    return Padding(Group(*parts), (1, 0, 0, 2))


def _name(judged: Judged) -> str:
    manifest = judged.manifest
    return manifest.tags[0] if manifest.tags else short(manifest.digest)


def not_checked(sources: tuple[str, ...]) -> RenderableType:
    """Told once for all plans of a run."""
    words = f"Not checked for use: {', '.join(sources)}. What runs there is not protected."
    return Text(words, style="yellow")


def _manifests(number: int) -> str:
    return count(number, "manifest")
