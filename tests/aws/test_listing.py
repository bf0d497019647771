"""DescribeImages and DescribeRepositories: complete lists, and the number of calls."""

from datetime import timedelta
from math import ceil

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.core.errors import RequestError, ServiceError
from bot.core.manifest import ImageStatus
from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from tests.support import NOW, Shelf


@pytest.mark.parametrize("count", [0, 1, 1000, 1001])
def test_a_page_holds_1000_images(
    count: int, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    pushed = shelf.images(count)
    described = [entry.digest for entry in registry.describe(shelf.id)]
    assert sorted(described) == sorted(pushed)
    assert aws.world.calls.count("ecr:DescribeImages") == max(1, ceil(count / 1000))


def test_every_status_is_listed(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    active, archived, restored = (shelf.image(name) for name in ("active", "archived", "restored"))
    aws.world.archive(shelf.repository, archived)
    aws.world.archive(shelf.repository, restored)
    with aws.world.lock:
        manifest = aws.world.manifest(shelf.repository, restored)
        shelf.repository.restore(manifest, aws.world.clock.now())
    found = {entry.digest: entry.status for entry in registry.describe(shelf.id)}
    assert found == {
        active: ImageStatus.ACTIVE,
        archived: ImageStatus.ARCHIVED,
        restored: ImageStatus.ACTIVATING,
    }


def test_tagged_and_untagged_are_listed(shelf: Shelf, registry: EcrRegistry) -> None:
    tagged, untagged = shelf.image("a", "1.0", "stable"), shelf.image("b", "")
    found = {entry.digest: entry.tags for entry in registry.describe(shelf.id)}
    assert found == {tagged: ("1.0", "stable"), untagged: ()}


def test_times_are_utc_and_to_the_second(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    aws.world.clock.set(NOW)
    shelf.image("a", age=40, pulled=3)
    (entry,) = registry.describe(shelf.id)
    assert entry.pushed_at == NOW - timedelta(days=40)
    assert entry.pulled_at == NOW - timedelta(days=3)
    assert entry.pushed_at.utcoffset() == timedelta(0)


def test_a_deleted_repository_is_a_request_error(shelf: Shelf, registry: EcrRegistry) -> None:
    del shelf.world.registries.at(DEFAULT_ACCOUNT, "eu-west-1").repositories["team/api"]
    with pytest.raises(RequestError, match="team/api no longer exists"):
        list(registry.describe(shelf.id))


def test_all_pages_of_repositories_are_read(aws: AwsStandIn, registry: EcrRegistry) -> None:
    names = [f"team/service-{number:04}" for number in range(1001)]
    for name in names:
        aws.world.create_repository(name)
    assert [repository.name for repository in registry.repositories()] == names
    assert aws.world.calls.count("ecr:DescribeRepositories") == 2


def test_a_repository_by_name_or_none(shelf: Shelf, registry: EcrRegistry) -> None:
    assert registry.repository("team/api") == shelf.id
    assert registry.repository("team/other") is None


@pytest.mark.usefixtures("environment")
def test_a_region_of_its_own(aws: AwsStandIn) -> None:
    there = Shelf(aws, "team/there", region="us-east-1")
    registry = EcrRegistry(open_session(), region="us-east-1")
    assert list(registry.repositories()) == [there.id]
    assert {call.region for call in aws.world.calls} == {"us-east-1"}


@pytest.mark.usefixtures("environment")
def test_another_account_with_permission(aws: AwsStandIn) -> None:
    there = Shelf(aws, "team/there", account="210987654321")
    there.image("a")
    aws.world.grant("210987654321", principal=DEFAULT_ACCOUNT)
    registry = EcrRegistry(open_session(), account="210987654321")
    assert registry.repository("team/there") == there.id
    assert len(list(registry.describe(there.id))) == 1


def test_tags_of_a_repository(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    tagged = aws.world.create_repository("team/lab", tags={"ecr-clean:ignore": "", "team": "lab"})
    (lab,) = (each for each in registry.repositories() if each.name == tagged.name)
    assert registry.resource_tags(lab) == {"ecr-clean:ignore": "", "team": "lab"}
    assert registry.resource_tags(shelf.id) == {}


def test_tags_that_cannot_be_read(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    aws.world.deny("ecr:ListTagsForResource")
    with pytest.raises(ServiceError, match="AWS refused ecr:ListTagsForResource"):
        registry.resource_tags(shelf.id)
