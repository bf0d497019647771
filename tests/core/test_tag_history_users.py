"""Images that workloads without a known digest may use, although their tag has moved."""

from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest

from bot.core.manifest import OCI_MANIFEST, DescribedImage, Manifest, ManifestContent, make_manifest
from bot.core.records import PastTagBinding, TagScan
from bot.core.tag_history import (
    START_CLOCKS_DIFFER,
    PastTagUsers,
    UnknownTagRun,
    find_past_tag_users,
    scan_tags,
)
from bot.core.usage import PastTagUser, RepositoryUsage, TagRun, TagRunner, UnresolvedTagReference
from tests.core.strategies import DIGESTS, IMAGE_CONFIG, NOW

A, B, C, D = DIGESTS[:4]
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
FIRST, SECOND, THIRD = NOW - 20 * DAY, NOW - 10 * DAY, NOW - 5 * DAY
"""When the tags were scanned."""

IN_BETWEEN = SECOND - DAY

PUSHES: Mapping[str, datetime] = {A: FIRST - DAY, B: IN_BETWEEN, C: SECOND - HOUR, D: THIRD - HOUR}


def image(digest: str, *tags: str) -> Manifest:
    content = ManifestContent(OCI_MANIFEST, IMAGE_CONFIG)
    described = DescribedImage(digest, tags, PUSHES[digest], None, 1, media_type=OCI_MANIFEST)
    return make_manifest(described, content)


MANIFESTS = [image(A), image(B), image(C), image(D, "v1")]


@pytest.fixture
def scan() -> TagScan:
    """`v1` named A, then C, and now D. B was pushed between the scans that found A and C."""
    first = scan_tags(None, [image(A, "v1")], FIRST)
    second = scan_tags(first, [image(A), image(B), image(C, "v1")], SECOND)
    third = scan_tags(second, MANIFESTS, THIRD)
    return scan_tags(third, MANIFESTS, NOW)


def run(since: datetime, runner: TagRunner = TagRunner.POD_VOLUME, used_by: str = "pod") -> TagRun:
    """`since`: the earliest possible start, by any clock."""
    return TagRun(used_by, UnresolvedTagReference(runner, since + START_CLOCKS_DIFFER))


def found(scan: TagScan, *runs: TagRun, tag: str = "v1") -> PastTagUsers:
    return find_past_tag_users(scan, {tag: list(runs)}, MANIFESTS)


@pytest.mark.parametrize(
    ("description", "since", "digests"),
    [
        ("since the first scan, or a moment later", FIRST, {A, B, C}),
        ("while it named A, and B may have had it", FIRST + DAY, {A, B, C}),
        ("since a scan saw C, before which B may have had it", SECOND, {B, C}),
        ("while it named C", SECOND + HOUR, {C}),
        ("since a scan saw D", THIRD, set()),
        ("while it named D", THIRD + HOUR, set()),
    ],
)
def test_every_image_that_had_the_tag_since_the_start_is_in_use(
    scan: TagScan, description: str, since: datetime, digests: set[str]
) -> None:
    """In addition to the image that the tag names now. An image that was pushed between two scans
    may have had a tag that moved between them."""
    users = {digest: (PastTagUser("pod", "v1", certain=digest != B),) for digest in digests}
    assert found(scan, run(since)) == PastTagUsers(users, ()), description


def test_the_user_and_the_tag_are_named(scan: TagScan) -> None:
    runs = [run(FIRST, used_by="b"), run(FIRST, used_by="a"), run(FIRST + HOUR, used_by="a")]
    users = (PastTagUser("a", "v1", certain=True), PastTagUser("b", "v1", certain=True))
    assert found(scan, *runs).users[A] == users


def test_users_are_sorted_by_name() -> None:
    had = PastTagUser("b", "v1", certain=True)
    may_have_had = PastTagUser("b", "v1", certain=False)
    by_v2 = PastTagUser("b", "v2", certain=True)
    usage = RepositoryUsage(
        by_digest={A: ("b", "c")},
        by_tag={"latest": ("a", "c")},
        by_past_tag={A: (by_v2, may_have_had, had)},
    )
    assert usage.users_of(A, ("latest",)) == ("a", "b", had, may_have_had, by_v2, "c")


def test_runs_before_the_history_are_unknown(scan: TagScan) -> None:
    early = run(FIRST - HOUR)
    past = found(scan, early, run(FIRST))
    assert past.unknown == (UnknownTagRun("v1", early),)
    assert past.users.keys() >= {A, C}, "the known images are protected"


def test_tasks_without_a_digest_need_no_history(scan: TagScan) -> None:
    past = found(scan, run(FIRST - HOUR, TagRunner.ECS_TASK))
    assert past.users.keys() == {A, C}
    assert past.unknown == ()


def test_a_tag_that_never_existed(scan: TagScan) -> None:
    assert found(scan, run(FIRST), tag="v2") == PastTagUsers({}, ())


def test_without_runs_nothing_is_in_use(scan: TagScan) -> None:
    assert find_past_tag_users(scan, {}, MANIFESTS) == PastTagUsers({}, ())


def test_the_first_scan_has_no_history() -> None:
    early = run(NOW - HOUR)
    past = found(scan_tags(None, MANIFESTS, NOW), early)
    assert past == PastTagUsers({}, (UnknownTagRun("v1", early),))


def test_a_deleted_tag_protects_its_last_image(scan: TagScan) -> None:
    manifests = [image(A), image(B), image(C), image(D)]
    later = scan_tags(scan, manifests, NOW + DAY)
    assert find_past_tag_users(later, {"v1": [run(NOW)]}, manifests).users.keys() == {D}


def test_the_time_is_not_tags_times_tasks() -> None:
    """20,000 tasks of one service and 1,000 images. Comparing each pair would take a minute."""
    moved = [NOW + n * DAY for n in range(1_000)]
    past = tuple(PastTagBinding("v1", f"{n}", at, at - DAY, at) for n, at in enumerate(moved))
    runs = {"v1": [run(NOW + n * HOUR / 10, TagRunner.ECS_TASK, "service") for n in range(20_000)]}
    assert len(find_past_tag_users(TagScan(NOW, {}, {}, past), runs, []).users) == 999


def test_a_tag_that_moved_while_the_images_were_listed() -> None:
    """A scan starts, a pod starts, the tag moves from A to B, and then the scan lists the tag."""
    started, listed_by = SECOND + HOUR, SECOND + 2 * HOUR
    first = scan_tags(None, [image(A, "v1")], FIRST)
    second = scan_tags(first, [image(A), image(B, "v1")], SECOND, listed_by)
    assert find_past_tag_users(second, {"v1": [run(started)]}, []).users.keys() == {A}


def test_a_tag_that_moved_while_the_images_were_listed_first() -> None:
    started, listed_by = SECOND + HOUR, SECOND + 2 * HOUR
    first = scan_tags(None, [image(A), image(B, "v1")], SECOND, listed_by)
    later = scan_tags(first, [image(A), image(B, "v1")], THIRD)
    for scan in (first, later):
        runs = {"v1": [run(started)]}
        assert find_past_tag_users(scan, runs, []).unknown == (UnknownTagRun("v1", run(started)),)
