"""What the images that a rule keeps the newest of are called."""

from bot.core.text_formatting import format_duration, join_with_or
from bot.core.verdict_reasons import CapturedGroup, NewestGroup, TagPatterns
from bot.core.version_tags import VersionKind, VersionLine
from bot.render.quantities import count

SNAPSHOT = "*SNAPSHOT*"
"""The glob that the default policy separates snapshots with. Its groups have short names."""

_VERSIONS = {
    VersionKind.RELEASE: "versions",
    VersionKind.PRERELEASE: "pre-releases",
    VersionKind.BUILD: "numbered builds",
    VersionKind.COMMIT: "builds of commits",
}


def group_words(group: TagPatterns) -> str:
    """The images that a rule selects from: `snapshots`, `images tagged 1.*`."""
    if group.tags == (SNAPSHOT,) and not group.except_tags:
        return "snapshots"
    if not group.tags and SNAPSHOT in group.except_tags:
        return "other images"
    tagged = f" tagged {join_with_or(group.tags)}" if group.tags else ""
    untagged = f" not tagged {join_with_or(group.except_tags)}" if group.except_tags else ""
    return f"images{tagged}{' and' if tagged and untagged else ''}{untagged}"


def newest_of_words(of: int, group: NewestGroup) -> str:
    """`the 3 newest snapshots`, `the newest of the snapshots`, `the 3 newest of branch main`."""
    if isinstance(group, TagPatterns):
        words = group_words(group)
        return f"the newest of the {words}" if of == 1 else f"the {of} newest {words}"
    return f"the {f'{of} ' if of != 1 else ''}newest of {captured_words(group)}"


def captured_words(group: CapturedGroup) -> str:
    """`branch pay-later`, `team web and branch pay-later`."""
    pairs = zip(group.placeholders, group.texts, strict=False)
    return " and ".join(f"{name} {text or '(empty)'}" for name, text in pairs)


def not_active_words(group: CapturedGroup) -> str:
    within = f" within {format_duration(group.active_within)}" if group.active_within else ""
    return f"not active{within}"


def placeholder_words(group: CapturedGroup) -> str:
    """`branch`, `team and branch`."""
    return " and ".join(group.placeholders)


def newest_versions_words(
    majors: int | None, minors: int | None, patches: int | None, line: VersionLine
) -> str:
    """`the newest versions in flavor alpine (2 majors, all minors, 1 patch)`."""
    levels = {"major": majors, "minor": minors, "patch": patches}
    counts = ", ".join(_level_words(level, number) for level, number in levels.items())
    of = f" of {line.prefix}" if line.prefix else ""
    flavor = f" in flavor {line.flavor}" if line.flavor else ""
    return f"the newest {_VERSIONS[line.kind]}{of}{flavor} ({counts})"


def _level_words(level: str, number: int | None) -> str:
    many = "patches" if level == "patch" else f"{level}s"
    return f"all {many}" if number is None else count(number, level, many)
