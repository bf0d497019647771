"""Our own reads do not count as pulls, and pulls of others do not count as our reads."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import AssumedRole, open_session
from bot.core.manifest import ManifestContent, ManifestReadFailure
from bot.playground.aws import AwsStandIn, Fault
from bot.ports import DatedAnswer
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.inventory import InventoryTaker
from tests.conftest import TakeInventory
from tests.support import NOW, Shelf

BEFORE = NOW - timedelta(days=20)
USER = "arn:aws:iam::123456789012:user/demo"
ROLE = "arn:aws:iam::123456789012:role/ci/bots/cleaner"
EMPTY_IDENTITY = (
    "<GetCallerIdentityResponse><GetCallerIdentityResult></GetCallerIdentityResult>"
    "</GetCallerIdentityResponse>"
)
HOUR = timedelta(hours=1)


def pull_time(take: TakeInventory, shelf: Shelf) -> datetime | None:
    (manifest,) = take(shelf).manifests
    return manifest.pulled_at


@pytest.fixture
def pulled(aws: AwsStandIn, shelf: Shelf, take: TakeInventory) -> Shelf:
    """An image with a pull 20 days ago that the bot has not read."""
    del aws, take
    shelf.image("a", pulled=20)
    return shelf


def test_the_pull_time_before_our_first_read_counts(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    assert pull_time(take, pulled) == BEFORE
    assert pulled.pulled_at("a") == NOW, "the read must have changed the pull time"
    aws.world.clock.advance(HOUR)
    assert pull_time(take, pulled) == BEFORE


def test_an_image_that_was_never_pulled(aws: AwsStandIn, shelf: Shelf, take: TakeInventory) -> None:
    shelf.image("a")
    assert pull_time(take, shelf) is None
    aws.world.clock.advance(HOUR)
    assert shelf.pulled_at("a") == NOW
    assert pull_time(take, shelf) is None


@pytest.mark.parametrize(
    ("after_our_read", "whose"),
    [
        (timedelta(seconds=-1), "ours"),
        (timedelta(seconds=1), "ours"),
        (timedelta(seconds=-3), "another client's"),
        (timedelta(seconds=5), "another client's"),
        (timedelta(seconds=60), "another client's"),
        (timedelta(seconds=295), "another client's"),
        (timedelta(days=3), "another client's"),
    ],
)
def test_only_the_time_of_our_call_is_ours(
    after_our_read: timedelta, whose: str, aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    take(pulled)
    recorded = NOW + after_our_read
    pulled.pull("a", recorded)
    aws.world.clock.advance(timedelta(days=4))
    assert pull_time(take, pulled) == (BEFORE if whose == "ours" else recorded)


def test_a_read_that_is_cut_off_is_ours_too(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    aws.world.faults.add(Fault(operation="BatchGetImage", cut="after", times=2))
    for _ in range(3):
        assert pull_time(take, pulled) == BEFORE
        assert pulled.pulled_at("a") == aws.world.clock.now()
        aws.world.clock.advance(HOUR)
    assert pull_time(take, pulled) == BEFORE


def test_a_wrong_local_clock_changes_nothing(
    aws: AwsStandIn, pulled: Shelf, registry: EcrRegistry, cache: SqliteManifestCache
) -> None:
    """The local clock is wrong by a day. ECR's answers have the right time."""
    aws.world.clock.set(NOW)
    taker = InventoryTaker(registry, cache, lambda: NOW - timedelta(days=1), lambda *_: None)
    taker.take(pulled.id)
    (manifest,) = taker.take(pulled.id).manifests
    assert (manifest.pulled_at, pulled.pulled_at("a")) == (BEFORE, NOW)
    pulled.pull("a", NOW + timedelta(seconds=5))
    (manifest,) = taker.take(pulled.id).manifests
    assert manifest.pulled_at == NOW + timedelta(seconds=5)


def test_an_unfinished_read_hides_no_pull(
    aws: AwsStandIn, pulled: Shelf, registry: EcrRegistry, cache: SqliteManifestCache
) -> None:
    """The process was killed. The pull that ECR recorded may be ours or that of another client."""

    class KilledError(Exception):
        pass

    class Killed(EcrRegistry):
        def read(self, *given: Any) -> DatedAnswer[ManifestContent | ManifestReadFailure]:
            super().read(*given)
            raise KilledError

    aws.world.clock.set(NOW)
    taker = InventoryTaker(registry, cache, aws.world.clock.now, lambda *_: None)
    with pytest.raises(KilledError):
        replace(taker, registry=Killed(registry.session)).take(pulled.id)
    aws.world.clock.advance(HOUR)
    (manifest,) = taker.take(pulled.id).manifests
    assert manifest.pulled_at == NOW


def test_a_read_only_counts_in_its_repository(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    copy = Shelf(aws, "team/copy")
    copy.image("a", pulled=20)
    take(pulled)
    copy.pull("a", NOW + timedelta(minutes=1))
    assert pull_time(take, copy) == NOW + timedelta(minutes=1)


def test_an_exempt_principal_stores_no_reads(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory, cache: SqliteManifestCache
) -> None:
    aws.world.exclude_pull_times(USER)
    assert pull_time(take, pulled) == BEFORE
    assert pulled.pulled_at("a") == BEFORE
    assert cache.bot_reads(pulled.id) == {}
    pulled.pull("a", NOW + timedelta(minutes=1))
    assert pull_time(take, pulled) == NOW + timedelta(minutes=1)


def test_the_exemption_is_found_on_any_page(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory, cache: SqliteManifestCache
) -> None:
    for number in range(1000):
        aws.world.exclude_pull_times(f"arn:aws:iam::123456789012:role/r{number:04}")
    aws.world.exclude_pull_times(USER)
    take(pulled)
    assert aws.world.calls.count("ecr:ListPullTimeUpdateExclusions") == 2
    assert cache.bot_reads(pulled.id) == {}


def test_exemptions_of_other_principals_do_not_count(
    aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    aws.world.exclude_pull_times(f"{USER}-2")
    take(pulled)
    aws.world.clock.advance(HOUR)
    assert pull_time(take, pulled) == BEFORE


@pytest.mark.usefixtures("environment")
def test_an_assumed_role_is_exempt_by_the_arn_with_its_path(
    aws: AwsStandIn, shelf: Shelf, cache: SqliteManifestCache
) -> None:
    aws.world.identities.add_role(ROLE)
    aws.world.exclude_pull_times(ROLE)
    shelf.image("a", pulled=20)
    recorded = shelf.pulled_at("a")
    registry = EcrRegistry(open_session(AssumedRole(ROLE)))
    taker = InventoryTaker(registry, cache, aws.world.clock.now, lambda *_: None)
    taker.take(shelf.id)
    assert cache.bot_reads(shelf.id) == {}
    assert shelf.pulled_at("a") == recorded


@pytest.mark.parametrize(
    "fault",
    [
        Fault(operation="ListPullTimeUpdateExclusions", error="AccessDeniedException", times=None),
        Fault(operation="ListPullTimeUpdateExclusions", body="<html>", times=None),
        Fault(operation="GetCallerIdentity", error="AccessDenied", status=403, times=None),
        Fault(operation="GetCallerIdentity", body=EMPTY_IDENTITY, times=None),
        Fault(operation="GetCallerIdentity", cut="before", times=None),
    ],
    ids=["denied", "no JSON", "identity denied", "no identity", "cut"],
)
def test_unreadable_exemptions_count_as_none(
    fault: Fault, aws: AwsStandIn, pulled: Shelf, take: TakeInventory
) -> None:
    aws.world.faults.add(fault)
    take(pulled)
    aws.world.clock.advance(HOUR)
    (manifest,) = take(pulled).manifests
    assert manifest.unread is None
    assert manifest.pulled_at == BEFORE
