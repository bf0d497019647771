"""BatchGetImage: each manifest is read only once, up to 100 per call, fewer if they are large."""

from math import ceil

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.errors import ErrorText
from bot.core.manifest import (
    DigestDiffers,
    ManifestArchived,
    ManifestContent,
    ManifestReadFailure,
    MediaTypeUnknown,
    MissingInAnswer,
)
from bot.parallel import CALLS_AT_ONCE
from bot.playground.aws import AwsStandIn, Fault, manifests
from bot.usecases.inventory import BYTES_PER_CALL, FIRST_BATCH
from tests.conftest import TakeInventory
from tests.support import Shelf, image_text


def reads(aws: AwsStandIn) -> int:
    return aws.world.calls.count("ecr:BatchGetImage")


def read_ids(aws: AwsStandIn) -> list[str]:
    calls = aws.world.calls.named("ecr:BatchGetImage")
    return sorted(entry["imageDigest"] for call in calls for entry in call.params["imageIds"])


@pytest.mark.parametrize(
    "count", [0, 1, FIRST_BATCH, FIRST_BATCH + 1, 100 + FIRST_BATCH, 101 + FIRST_BATCH, 1250]
)
def test_reading_costs_a_call_for_100_images_after_a_small_one(
    count: int, aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    pushed = shelf.images(count)
    inventory = take(shelf)
    assert [manifest.unread for manifest in inventory.manifests] == [None] * count
    assert reads(aws) == bool(count) + ceil(max(0, count - FIRST_BATCH) / 100)
    assert read_ids(aws) == sorted(pushed)


# large manifests


def images_by_call(aws: AwsStandIn) -> list[int]:
    """The number of images of each call, in the order of the calls."""
    return [len(call.params["imageIds"]) for call in aws.world.calls.named("ecr:BatchGetImage")]


def test_large_manifests_are_read_in_small_calls(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    """A call for 100 manifests of 4 MB used 1.28 GB of memory."""
    shelf.large_manifests(40, BYTES_PER_CALL // 3)
    assert [manifest.unread for manifest in take(shelf).manifests] == [None] * 40
    first, *others = images_by_call(aws)
    assert first == FIRST_BATCH
    assert sum(others) == 40 - FIRST_BATCH
    assert max(others) <= 3


def test_the_first_call_has_one_manifest_of_each_type(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    """Otherwise a small first manifest would lead to a call for 100 large ones."""
    shelf.images(500)
    large = shelf.large_manifests(20, BYTES_PER_CALL // 3)
    take(shelf)
    first = aws.world.calls.named("ecr:BatchGetImage")[0].params["imageIds"]
    assert len(first) == FIRST_BATCH
    assert {entry["imageDigest"] for entry in first} & {*large}


def test_small_manifests_after_large_ones_are_read_in_large_calls(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    shelf.images(1500)
    shelf.large_manifests(1, BYTES_PER_CALL // 3)
    take(shelf)
    assert max(images_by_call(aws)) == 100
    assert reads(aws) <= 1 + 15 + 15


def test_only_what_needs_reading_is_read(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    known = shelf.images(1000)
    take(shelf)
    new = shelf.images(101, prefix="2.")
    aws.world.calls.reset()
    inventory = take(shelf)
    assert len(inventory.manifests) == len(known) + len(new)
    assert aws.world.calls.count("ecr:DescribeImages") == 2
    assert reads(aws) == 2
    assert read_ids(aws) == sorted(new)


def test_a_second_scan_reads_nothing(aws: AwsStandIn, shelf: Shelf, take: TakeInventory) -> None:
    shelf.images(3)
    shelf.index("multi", "amd64", "arm64")
    first = take(shelf)
    aws.world.calls.reset()
    second = take(shelf)
    assert second == first
    assert aws.world.calls.counts() == {"ecr:DescribeImages": 1}


def test_a_manifest_known_from_another_repository_is_not_read_again(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    copy = Shelf(aws, "team/copy")
    for place in (shelf, copy):
        place.index("multi", "amd64", "arm64")
    there = take(shelf)
    aws.world.calls.reset()
    here = take(copy)
    assert reads(aws) == 0
    assert [m.children for m in here.manifests] == [m.children for m in there.manifests]


def test_unreadable_types_are_not_requested(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    archived = shelf.image("archived")
    aws.world.archive(shelf.repository, archived)
    unknown = shelf.push(image_text("odd"), media_type="application/vnd.example.v9+json")
    inventory = take(shelf)
    assert reads(aws) == 0
    assert {m.digest: m.unread for m in inventory.manifests} == {
        archived: ManifestArchived(),
        unknown: MediaTypeUnknown("application/vnd.example.v9+json"),
    }


@pytest.mark.parametrize("docker", [True, False])
def test_all_types_of_manifests_are_requested(
    *, docker: bool, shelf: Shelf, take: TakeInventory
) -> None:
    image = manifests.image(("c", 1), [("l", 2)], docker=docker)
    shelf.push(image)
    shelf.push(manifests.index([manifests.ChildManifest(image)], docker=docker))
    old = manifests.schema_1("team/api", "old", ["l"])
    shelf.push(old, media_type=manifests.DOCKER_SCHEMA_1)
    assert [manifest.unread for manifest in take(shelf).manifests] == [None] * 3


def test_an_answer_that_omits_images(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    shelf.image("a")
    batch = list(registry.describe(shelf.id))
    aws.world.faults.add(Fault(operation="BatchGetImage", answer={"images": [], "failures": []}))
    (answer,) = registry.read(shelf.id, batch).found.values()
    assert answer == ManifestReadFailure(MissingInAnswer())


def test_an_image_deleted_during_the_scan(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    gone, stays = shelf.image("gone"), shelf.image("stays")
    batch = list(registry.describe(shelf.id))
    aws.world.remove(shelf.repository, gone)
    answers = registry.read(shelf.id, batch).found
    assert answers[gone] == ManifestReadFailure(ErrorText("ECR answered ImageNotFound"))
    assert isinstance(answers[stays], ManifestContent)


def test_a_text_that_does_not_match_its_digest_is_rejected(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digest = shelf.image("a")
    batch = list(registry.describe(shelf.id))
    entry = {"imageId": {"imageDigest": digest}, "imageManifest": image_text("b")}
    aws.world.faults.add(Fault(operation="BatchGetImage", answer={"images": [entry]}))
    (answer,) = registry.read(shelf.id, batch).found.values()
    assert answer == ManifestReadFailure(DigestDiffers())


def test_a_failed_call_does_not_affect_other_calls(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    first = sorted(shelf.images(250))[FIRST_BATCH : 100 + FIRST_BATCH]
    ids = [{"imageDigest": digest} for digest in first]
    aws.world.faults.throttle(operation="BatchGetImage", parameters={"imageIds": ids})
    assert sorted(m.digest for m in take(shelf).manifests if m.unread) == first
    aws.world.calls.reset()
    assert [m.digest for m in take(shelf).manifests if m.unread] == []
    assert read_ids(aws) == first


def test_after_a_failure_no_further_call_is_made(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    shelf.images(1200)
    aws.world.deny("ecr:BatchGetImage")
    assert all(manifest.unread for manifest in take(shelf).manifests)
    assert aws.world.calls.count("ecr:BatchGetImage") == 1


def test_after_a_later_failure_no_further_call_is_made(
    aws: AwsStandIn, shelf: Shelf, take: TakeInventory
) -> None:
    shelf.images(2000)
    aws.world.faults.throttle(operation="BatchGetImage", skip=1, times=None)
    assert sum(1 for manifest in take(shelf).manifests if manifest.unread) >= 100
    assert aws.world.calls.count("ecr:BatchGetImage") <= 1 + 2 * CALLS_AT_ONCE
