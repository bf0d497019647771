"""The summary of a plan by image group."""

from dataclasses import replace

from bot.core.errors import ErrorText
from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.savings import find_stored_bytes
from bot.core.usage import ImageUser, RepositoryUsage, SourceScan
from bot.core.verdict_reasons import LegacyReason, RuleName
from bot.render.plan_summary import PlanSummary, name_of, why
from tests.render.builders import GB, image, plan


def index(number: int, *children: Manifest, tag: str = "", **facts: float) -> Manifest:
    content = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    tags = (tag,) if tag else ()
    return image(number, *tags, content=content, media_type=OCI_INDEX, **facts)  # type: ignore[arg-type]


def used(summary: PlanSummary) -> list[tuple[str, tuple[ImageUser, ...], bool]]:
    return [(name_of(each.root), each.users, each.by_use_alone) for each in summary.used]


def test_kept_manifests_by_reason() -> None:
    usage = RepositoryUsage(by_tag={"used": ("pod",)})
    child = image(9, age=2)
    multi = index(3, child, tag="multi", age=2)
    made = plan(
        image(1, "old"),
        image(2, "used"),
        image(4, "new", age=1),
        multi,
        child,
        newest=2,
        usage=usage,
    )
    assert PlanSummary(made).kept_by_reason == [
        ("among the 2 newest images", 2),
        ("in use", 1),
        ("parts of kept images", 1),
    ]


def test_legacy_reasons_are_shown() -> None:
    made = plan(image(1, "a"), newest=1)
    (judged,) = made.judged
    earlier = replace(judged, reasons=(LegacyReason(RuleName.NEWEST, "is new"),))
    summary = PlanSummary(replace(made, judged=(earlier,)))
    assert summary.kept_by_reason == [("among the newest of their group", 1)]


def test_images_kept_only_by_usage_come_first() -> None:
    usage = RepositoryUsage(by_tag={"old": ("pod",), "new": ("task",)})
    made = plan(image(1, "old", age=300), image(2, "new", age=1), newest=1, usage=usage)
    assert used(PlanSummary(made)) == [("old", ("pod",), True), ("new", ("task",), False)]


def test_a_used_child_is_shown_as_its_index() -> None:
    child, shared = image(1), image(2)
    usage = RepositoryUsage(by_digest={child.digest: ("pod",), shared.digest: ("task",)})
    first = index(3, child, shared, tag="first")
    second = index(4, shared, tag="second")
    summary = PlanSummary(plan(first, second, child, shared, usage=usage))
    assert sorted(used(summary)) == [("first", ("pod", "task"), True), ("second", (), True)]


def test_a_pull_of_a_part_counts_for_its_root() -> None:
    child = image(1, pulled=4)
    summary = PlanSummary(plan(child, index(2, child, tag="multi"), image(3, pulled=2)))
    found = [(name_of(pulled.group.root), pulled.at) for pulled in summary.recent_pulls]
    assert [name for name, _ in found] == [name_of(summary.plan.judged[2]), "multi"]
    assert found[1][1] == child.pulled_at


def test_the_reason_of_a_deletion_that_was_pulled() -> None:
    first, second = plan(image(1, "a", pulled=4), image(2, "b"), newest=0).judged
    assert why(first) == ("not among the 0 newest images (1st); last pulled 2026-11-19 12:00 UTC")
    assert why(second) == "not among the 0 newest images (2nd)"


def test_a_circle_is_one_image_group() -> None:
    made = plan(image(1, "a"), image(2, "b"), image(3, "c"), newest=3)
    first, second, third = made.judged
    circle = (
        replace(first, parent=second.manifest.digest),
        replace(second, parent=first.manifest.digest),
        replace(third, parent=second.manifest.digest),
    )
    (group,) = PlanSummary(replace(made, judged=circle)).kept_groups
    assert group.root == circle[0]
    assert set(group.members) == set(circle)


def test_only_readable_scopes_count() -> None:
    scans = (
        SourceScan("ecs", "a", 1),
        SourceScan("ecs", "b", 0),
        SourceScan("lambda", "a", 0, ErrorText("denied")),
        SourceScan("replication", "here", 0),
    )
    assert PlanSummary(plan(usage=RepositoryUsage(scans=scans))).scopes_by_source == {"ecs": 2}


def test_stored_bytes_count_each_layer_once() -> None:
    images = [image(1, shared=GB), image(2, shared=GB)]
    assert find_stored_bytes([*images, index(3, *images)]) == 3 * GB
    assert plan(*images, newest=1).savings.stored_bytes == 3 * GB
    assert plan().savings.stored_bytes == 0
