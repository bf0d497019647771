"""Taking the inventory of a repository."""

from collections.abc import Iterator

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.core.manifest import DescribedImage
from bot.core.repository import RepositoryId
from bot.playground.aws import AwsStandIn, manifests
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.inventory import InventoryTaker
from tests.conftest import TakeInventory
from tests.support import Shelf, image_text


class MovingTagRegistry(EcrRegistry):
    """A tag moves while the pages are read, so its image is on two pages."""

    def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
        for entry in super().describe(repository):
            yield entry
            yield entry._replace(tags=("latest", "1.0"))


@pytest.mark.usefixtures("environment")
def test_an_image_on_two_pages_gets_the_tags_of_both(
    shelf: Shelf, cache: SqliteManifestCache
) -> None:
    digest = shelf.image("a", "1.0", "stable")
    registry = MovingTagRegistry(open_session())
    taker = InventoryTaker(registry, cache, shelf.world.clock.now, lambda *_: None)
    (manifest,) = taker.take(shelf.id).manifests
    assert manifest.digest == digest
    assert manifest.tags == ("1.0", "latest", "stable")


def test_progress_shows_both_steps(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry, cache: SqliteManifestCache
) -> None:
    shelf.images(1001)
    told: list[tuple[str, int, int | None]] = []
    InventoryTaker(registry, cache, aws.world.clock.now, lambda *step: told.append(step)).take(
        shelf.id
    )
    assert told[0] == ("listing images", 1000, None)
    assert told[1] == ("reading manifests", 8, 1001)
    assert told[-1] == ("reading manifests", 1001, 1001)


SUBJECT = image_text("subject")
SIGNATURE = manifests.cosign_signature(SUBJECT)


@pytest.fixture
def signed(shelf: Shelf) -> Shelf:
    """An image and a signature that names it by tag."""
    shelf.push(SUBJECT, "1.0")
    shelf.push(SIGNATURE, manifests.cosign_tag(SUBJECT))
    return shelf


def test_a_deleted_subject_is_remembered(
    aws: AwsStandIn, signed: Shelf, take: TakeInventory
) -> None:
    assert take(signed).subjects_seen == frozenset()
    aws.world.remove(signed.repository, "1.0")
    for _ in range(2):
        assert take(signed).subjects_seen == {manifests.digest_of(SUBJECT)}


def test_a_subject_that_never_existed_is_not_remembered(shelf: Shelf, take: TakeInventory) -> None:
    shelf.push(SIGNATURE, manifests.cosign_tag(SUBJECT))
    for _ in range(2):
        assert take(shelf).subjects_seen == frozenset()
