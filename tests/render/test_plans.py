"""A plan as a table, and parts of its JSON and CSV that command tests do not cover: users, usage,
unusual characters."""

import csv
import io
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from rich.console import Console

from bot.core.errors import ErrorText
from bot.core.last_use import MemoryReach
from bot.core.manifest import OCI_INDEX, ManifestContent, ManifestReadFailure
from bot.core.pins import Pin
from bot.core.plan import Plan
from bot.core.plan_problems import UsageDrop
from bot.core.repository import RegistryId
from bot.core.usage import PastTagUser, RepositoryUsage, SourceScan, UnscannedRegion
from bot.render.output import write_rows
from bot.render.plan_summary import PlanSummary
from bot.render.plans import (
    CSV_HEADER,
    IMAGES_PER_CHUNK,
    plan_as_json,
    plan_as_rows,
    plan_as_table,
    unchecked_note,
    usage_notes,
)
from bot.render.quantities import ago
from bot.render.terminal import ROWS
from tests.render.builders import GB, image, plan
from tests.support import NOW
from tests.support import Plan as Data

USAGE = RepositoryUsage(
    by_digest={image(1).digest: ("lambda: mail", "ecs: web")},
    by_tag={"b": ('k8s: "prod"; ns/pod, é',)},
    scans=(
        SourceScan("ecs", "eu-west-1", 7),
        SourceScan("lambda", "eu-west-1", 0, ErrorText("AccessDenied")),
    ),
    not_checked=("files",),
)


def as_json(made: Plan) -> Data:
    line = b"".join(plan_as_json(made))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    loaded: Data = orjson.loads(line)
    return loaded


def as_rows(made: Plan) -> list[dict[str, str]]:
    text = io.StringIO()
    write_rows([CSV_HEADER, *plan_as_rows(made)], text)
    return list(csv.DictReader(io.StringIO(text.getvalue())))


def test_usage_in_json() -> None:
    (whole, failed), before = USAGE.scans, NOW - timedelta(days=3)
    whole, failed = replace(whole, at=NOW, last_whole_at=NOW), replace(failed, last_whole_at=before)
    usage = replace(USAGE, scans=(whole, failed))
    found = as_json(plan(image(1, "a"), image(2, "b"), usage=usage))
    assert [each["used_by"] for each in found["images"]] == [
        ["ecs: web", "lambda: mail"],
        ['k8s: "prod"; ns/pod, é'],
    ]
    assert found["usage"] == [
        {
            "source": "ecs",
            "scope": "eu-west-1",
            "images": 7,
            "error": None,
            "scanned_at": "2026-11-23T12:00:00Z",
            "last_whole_scan_at": "2026-11-23T12:00:00Z",
        },
        {
            "source": "lambda",
            "scope": "eu-west-1",
            "images": 0,
            "error": "AccessDenied",
            "scanned_at": None,
            "last_whole_scan_at": "2026-11-20T12:00:00Z",
        },
    ]
    assert found["not_checked"] == ["files"]


def test_usage_in_csv() -> None:
    first, second = as_rows(plan(image(1, "a"), image(2, "b", "c"), usage=USAGE))
    assert first["used_by"] == "ecs: web; lambda: mail"
    assert second["used_by"] == 'k8s: "prod"; ns/pod, é'
    assert second["tags"] == "b c"


def test_users_by_tags_that_have_moved_are_texts() -> None:
    had = PastTagUser("ECS shop/web", "v1", certain=True)
    may_have_had = PastTagUser("ECS shop/web", "v2", certain=False)
    digest = image(1).digest
    usage = RepositoryUsage(by_digest={digest: ("pod",)}, by_past_tag={digest: (had, may_have_had)})
    made = plan(image(1, "a"), usage=usage)
    users = [
        "ECS shop/web (by the tag v1, which this image had)",
        "ECS shop/web (by the tag v2, which this image may have had)",
        "pod",
    ]
    (as_entry,) = as_json(made)["images"]
    assert as_entry["used_by"] == users
    assert as_entry["reasons"] == [
        {"rule": "in_use", "detail": f"is in use by {', '.join(users)}", "users": users}
    ]
    (as_row,) = as_rows(made)
    assert as_row["used_by"] == "; ".join(users)
    assert as_row["reasons"] == f"is in use by {', '.join(users)}"


@pytest.mark.parametrize(
    "count", [0, 1, IMAGES_PER_CHUNK, IMAGES_PER_CHUNK + 1, 2 * IMAGES_PER_CHUNK]
)
def test_json_of_any_number_of_images(count: int) -> None:
    manifests = [image(number, f"v{number}") for number in range(count)]
    made = plan(*manifests)
    digests = [manifest.digest for manifest in manifests]
    assert [each["digest"] for each in as_json(made)["images"]] == digests
    assert [row["digest"] for row in as_rows(made)] == digests


def test_money_is_not_rounded() -> None:
    made = plan(image(1, size=1))
    assert as_json(made)["savings"]["usd_per_month"] == 1 / 2**30 * 0.10


def shown(made: Plan, width: int = 80) -> list[str]:
    console = Console(width=width, file=io.StringIO())
    console.print(plan_as_table(made, NOW))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def words(made: Plan) -> str:
    return " ".join(" ".join(shown(made)).split())


def test_the_age_of_usage() -> None:
    whole, failed = (
        replace(scan, at=NOW - timedelta(hours=5), last_whole_at=NOW - timedelta(days=3))
        for scan in USAGE.scans
    )
    never = replace(failed, scope="eu-west-2", last_whole_at=None)
    drop = replace(failed, source="files", failure=UsageDrop(1, 9, NOW, NOW))
    no_source = SourceScan("references", "team/api", 0, ErrorText("cannot be read"))
    usage = replace(USAGE, scans=(whole, failed, never, drop, no_source))
    told = shown(plan(image(1), usage=usage), width=200)
    assert told[0].endswith("123456789012 in eu-west-1, usage scanned 5 hours ago")
    assert [line.strip() for line in told if line.startswith("  - ")] == [
        "- lambda (eu-west-1): AccessDenied. Last whole scan 3 days ago",
        "- lambda (eu-west-2): AccessDenied. Never scanned whole",
        "- files (eu-west-1): it lists 1 workload, but listed 9 on 2026-11-23, the most of the "
        "8 days before; if that is expected, confirm it: ecr-clean confirm-usage files 'eu-west-1' "
        "--workloads 1",
        "- references (team/api): cannot be read",
    ]


def test_the_memory_of_usage() -> None:
    """As it was when usage was scanned, also if the stored plan is shown later."""
    scanned = NOW - timedelta(days=25)
    memory = MemoryReach(scanned - timedelta(days=10), timedelta(days=30))
    scans = (replace(USAGE.scans[0], at=scanned),)
    usage = replace(USAGE, scans=scans, memory=memory)
    words = (
        "Usage is remembered since 2026-10-19 12:00 UTC (10d of 30d): `used_within` also keeps "
        "images pulled in the last 30d."
    )
    made = plan(image(1), usage=usage)
    assert words in [line.strip() for line in shown(made, width=200)]
    assert as_json(made)["usage_memory"] == {"since": "2026-10-19T12:00:00Z", "within": "30d"}
    never = replace(made, usage=replace(usage, memory=MemoryReach(None, memory.within)))
    assert as_json(never)["usage_memory"] == {"since": None, "within": "30d"}
    needless = replace(made, usage=replace(usage, memory=None))
    assert as_json(needless)["usage_memory"] is None
    assert not any("remembered" in line for line in shown(needless, width=200))


@pytest.mark.parametrize(
    ("since", "then"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(seconds=-5), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_how_long_ago(since: timedelta, then: str) -> None:
    assert ago(since) == then


def test_the_headline() -> None:
    made = plan(image(1, "a"), image(2, "b"), image(3, "c", age=1), newest=1)
    assert "2 images to delete: frees 2 of 3 GB, saves $2.40 a year." in words(made)
    assert "ECR lists 2 GB for them, and they share no layers." in words(made)
    assert "Why the other 1 are kept manifests" in words(made)
    assert "the newest of the images 1" in words(made)


def test_shared_layers_are_mentioned() -> None:
    made = plan(image(1, shared=GB), image(2, shared=GB), image(3, "kept", shared=GB), newest=1)
    assert made.savings.freed_bytes < made.savings.listed_bytes
    assert ": frees 2 of 4 GB" in words(made)
    assert (
        "ECR lists 4 GB for them, but shared layers are stored once, and layers of kept "
        "images are kept." in words(made)
    )


@pytest.mark.parametrize("why", ["setting", "unread"])
def test_inexact_savings_are_mentioned(why: str) -> None:
    unread = ManifestReadFailure(ErrorText("AWS refused it")) if why == "unread" else None
    made = plan(image(1, content=unread), exact=why != "setting")
    assert ": frees about 1 " in words(made)
    assert "the exact saving may be lower" in words(made)


def test_no_deletions_and_no_images() -> None:
    assert "Nothing to delete." in words(plan(image(1, "a"), image(2, "b"), newest=2))
    assert "Why all 2 are kept" in words(plan(image(1, "a"), image(2, "b"), newest=2))
    assert words(plan()).endswith("No images.")


def test_every_keep_reason_has_a_text() -> None:
    pin = Pin("pinned", "ann", "the audit")
    usage = RepositoryUsage(by_tag={"used": ("ecs: web",)})
    made = plan(image(1, "pinned"), image(2, "used"), image(3), pins=(pin,), usage=usage)
    assert "pinned 1" in words(made)
    assert "in use 1" in words(made)


def test_users_by_a_moved_tag() -> None:
    users = (PastTagUser("ECS shop/web", "v1", certain=True),)
    made = plan(image(1, "v2"), usage=RepositoryUsage(by_past_tag={image(1).digest: users}))
    assert "v2 ECS shop/web (by the tag v1, which this image had)" in words(made)


def test_the_largest_come_first() -> None:
    made = plan(*(image(number, f"v{number}", size=number * GB) for number in (2, 9, 4)))
    rows = [line for line in shown(made) if line.strip().startswith("v")]
    assert [row.split()[0] for row in rows] == ["v9", "v4", "v2"]
    assert "9 GB" in rows[0]
    assert "40 days ago" in rows[0]


def test_an_image_group_is_one_row() -> None:
    children = (image(1, size=2 * GB), image(2, size=GB))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    root = image(3, "multi", size=2 * GB, content=index, media_type=OCI_INDEX)
    made = plan(root, *children, image(4, "small", size=GB))
    (group, small) = PlanSummary(made).deleted_groups
    assert (group.root.manifest, len(group.others), group.listed_bytes) == (root, 2, 3 * GB)
    assert (small.others, small.listed_bytes) == ((), GB)
    assert "multi (+2)" in words(made)


@pytest.mark.parametrize(("count", "more"), [(ROWS, ""), (ROWS + 1, "… and 1 more: --format csv")])
def test_the_table_is_limited(count: int, more: str) -> None:
    said = words(plan(*(image(number, f"v{number}") for number in range(count))))
    assert (more or "… and") in said if more else "… and" not in said


@pytest.mark.parametrize(
    ("pulled", "said"),
    [
        ((31, None), None),
        ((29, None), "1 of these was pulled in the last 30 days"),
        ((29, 1), "2 of these were pulled in the last 30 days"),
    ],
)
def test_recently_pulled_images_are_marked(
    pulled: tuple[float | None, float | None], said: str | None
) -> None:
    first, second = pulled
    found = words(plan(image(1, "a", pulled=first), image(2, "b", pulled=second)))
    assert (said or "") in found
    assert ("; last pulled" in found) is (said is not None)


def test_an_incomplete_plan_shows_its_problems() -> None:
    unread = ManifestReadFailure(ErrorText("AWS refused it"))
    found = words(plan(image(1, "multi", content=unread, media_type=OCI_INDEX), image(2)))
    assert "INCOMPLETE: it cannot be approved until this is fixed" in found
    assert "could not be read: AWS refused it" in found
    assert "unknown, since something could not be read 2" in found


def test_no_push_time_is_a_question_mark() -> None:
    """ECR returned no push time: the image is kept, and the plan is incomplete."""
    assert "INCOMPLETE" in words(plan(image(1, "a", age=None)))


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_table_fits_the_width(width: int) -> None:
    unread = ManifestReadFailure(ErrorText("x" * 300))
    made = plan(
        image(1, "a-very-long-tag-" * 10, size=10**15, pulled=1),
        image(2, size=5, age=4000),
        image(3, "odd", content=unread, media_type=OCI_INDEX),
    )
    assert max(map(len, shown(made, width))) <= width


def test_tags_are_shown_as_they_are() -> None:
    """Rich interprets square brackets as markup. ECR allows none in tags, but digests and details
    may have them."""
    unread = ManifestReadFailure(ErrorText("ECR said [bold]no[/bold] [/]"))
    made = plan(image(1, "odd", content=unread, media_type=OCI_INDEX))
    assert "ECR said [bold]no[/bold] [/]" in words(made)


def notes(usage: RepositoryUsage) -> str:
    made = plan(image(1), usage=usage)
    console = Console(width=80, file=io.StringIO())
    console.print(*usage_notes(made.usage), *unchecked_note(made), sep="\n")
    assert isinstance(console.file, io.StringIO)
    return " ".join(console.file.getvalue().split())


def test_sources_that_are_not_scanned() -> None:
    scans = (SourceScan("lambda", "here", 1),)
    assert notes(RepositoryUsage(scans=scans, not_checked=("ecs", "files"))) == (
        "Sources not scanned: ecs, files. Images in use there are not protected."
    )
    assert notes(RepositoryUsage(scans=scans, not_checked=())) == ""


def test_regions_that_are_not_scanned() -> None:
    unseen = UnscannedRegion(RegistryId("123456789012", "us-east-1"), ("ecs", "lambda"))
    usage = RepositoryUsage(
        scans=(SourceScan("ecs", "here", 1),), not_checked=(), unscanned_regions=(unseen,)
    )
    assert notes(usage) == (
        "Regions not scanned: 123456789012 in us-east-1 (ecs, lambda). Images in use there are not "
        "protected."
    )


def test_all_sources_are_switched_off() -> None:
    assert notes(RepositoryUsage(scans=(), not_checked=())) == (
        "No usage source is switched on, so plans cannot be approved: switch one on under usage."
    )
