"""The worker scans usage regularly, for all registries, without a report."""

import logging
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.bootstrap.processes import Shutdown
from bot.core.image_references import RegistryHosts
from bot.core.last_use import ScanPlace, SeenUses, tags_in
from bot.core.repository import RegistryId
from bot.playground.aws import AwsStandIn, Fault
from bot.process import system_clock
from bot.settings.model import Settings
from bot.store.store import Store
from bot.worker.process import open_scheduler
from bot.worker.usage_scans import open_usage_scans
from tests.support import Shelf, others_off
from tests.worker.conftest import WriteSettings
from tests.worker.support import Watch

HERE, THERE = (RegistryId("123456789012", region) for region in ("eu-west-1", "us-east-1"))
ECS = f"usage: {{{others_off('ecs')}}}\n"
BOTH = f"registries: [{{region: eu-west-1}}, {{region: us-east-1}}]\n{ECS}"
DAY = timedelta(days=1)


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def shutdown() -> Shutdown:
    return Shutdown()


Check = Callable[[Settings], None]


@pytest.fixture
def check(own_store: Store, watch: Watch, shutdown: Shutdown) -> Check:
    """What a worker does once a minute."""

    def scan(settings: Settings) -> None:
        open_usage_scans(settings, own_store, shutdown, watch)(watch())

    return scan


def scanned(store: Store) -> set[ScanPlace]:
    return {*store.usage_scans(system_clock() - DAY)}


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [line.getMessage() for line in caplog.records if line.name == "bot.worker.usage_scans"]


def place_of(registry: RegistryId) -> ScanPlace:
    return ScanPlace("ecs", str(registry))


def tags_of(registry: RegistryId) -> ScanPlace:
    return tags_in(registry, RegistryHosts({}))


def test_images_of_all_registries_are_remembered(
    aws: AwsStandIn, own_store: Store, write_settings: WriteSettings, check: Check, watch: Watch
) -> None:
    """Each once per interval. The tag moved before the second scan."""
    api, web = Shelf(aws), Shelf(aws, "team/web", region="us-east-1")
    first, other = api.image("first", "main"), web.image("2.0")
    for shelf, tag in ((api, "main"), (web, "2.0")):
        aws.world.ecs(region=shelf.id.registry.region).create_service(
            "prod", tag, [f"{shelf.id.uri}:{tag}"], running=False
        )
    settings = write_settings(BOTH)
    check(settings)
    seen = own_store.last_uses([first, other])
    assert seen.keys() == {first, other}
    assert scanned(own_store) == {
        place_of(HERE), place_of(THERE), tags_of(HERE), tags_of(THERE)
    }  # fmt: skip
    second = api.image("second", "main")
    check(settings)
    assert own_store.last_uses([second]) == {}
    watch.passed = timedelta(hours=6)
    check(settings)
    assert own_store.last_uses([second]).keys() == {second}


def test_a_source_that_fails_is_logged(
    aws: AwsStandIn,
    shelf: Shelf,
    own_store: Store,
    write_settings: WriteSettings,
    check: Check,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf.image("1.0")
    aws.world.deny("ecs:ListClusters")
    with caplog.at_level(logging.WARNING, "bot.worker"):
        check(write_settings(ECS))
    (line,) = logged(caplog)
    assert line.startswith(f"Usage is not recorded whole in {HERE}: AWS refused ecs:ListClusters")
    assert scanned(own_store) == {tags_of(HERE)}


@pytest.mark.usefixtures("own_store")
def test_an_account_that_cannot_be_read_is_logged_once(
    shelf: Shelf,
    write_settings: WriteSettings,
    check: Check,
    caplog: pytest.LogCaptureFixture,
) -> None:
    shelf.image("1.0")
    role = "arn:aws:iam::210987654321:role/missing"
    usage = f"usage: {{accounts: [{{account: '210987654321', role_arn: '{role}'}}]}}"
    with caplog.at_level(logging.WARNING, "bot.worker"):
        check(write_settings(usage))
    (line,) = [line for line in logged(caplog) if "AssumeRole" in line]
    assert line.startswith("Usage is not recorded whole in 210987654321: AWS refused")


def test_a_registry_that_cannot_be_opened_is_left_out(
    aws: AwsStandIn,
    shelf: Shelf,
    own_store: Store,
    write_settings: WriteSettings,
    check: Check,
    watch: Watch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """And the scan is repeated earlier."""
    digest = shelf.image("1.0")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    role = "arn:aws:iam::999999999999:role/missing"
    settings = write_settings(
        f"registries: [{{region: eu-west-1}}, {{region: eu-west-1, role_arn: '{role}'}}]\n{ECS}"
    )
    with caplog.at_level(logging.WARNING, "bot.worker"):
        check(settings)
    assert "what is in use of this registry is not recorded" in logged(caplog)[0]
    assert own_store.last_uses([digest])
    watch.passed = timedelta(hours=2)
    check(settings)
    assert own_store.last_uses([digest])[digest].at > system_clock() + timedelta(hours=1)


def test_a_scan_that_cannot_resolve_a_tag_is_repeated_earlier(
    aws: AwsStandIn,
    shelf: Shelf,
    own_store: Store,
    write_settings: WriteSettings,
    check: Check,
    watch: Watch,
) -> None:
    """The memory would have a gap: two intervals pass until the next scan but one."""
    shelf.image("1.0")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    settings = write_settings(ECS)
    aws.world.faults.add(Fault(operation="DescribeImages", error="AccessDeniedException"))
    check(settings)
    assert scanned(own_store) == {place_of(HERE)}
    watch.passed = timedelta(hours=2)
    check(settings)
    assert scanned(own_store) == {place_of(HERE), tags_of(HERE)}


def test_without_any_registry_nothing_is_scanned(
    aws: AwsStandIn, own_store: Store, write_settings: WriteSettings, check: Check
) -> None:
    aws.world.faults.add(
        Fault(operation="GetCallerIdentity", error="InvalidClientTokenId", times=None)
    )
    check(write_settings(ECS))
    assert scanned(own_store) == set()
    assert aws.world.calls.count("ecs:ListClusters") == 0


def test_a_shutdown_stops_the_scan(
    aws: AwsStandIn,
    shelf: Shelf,
    own_store: Store,
    write_settings: WriteSettings,
    check: Check,
    shutdown: Shutdown,
    watch: Watch,
) -> None:
    """Another worker makes it."""
    digest = shelf.image("1.0")
    aws.world.ecs().create_service("prod", "api", [f"{shelf.id.uri}:1.0"])
    settings = write_settings(ECS)
    shutdown.request()
    check(settings)
    assert own_store.last_uses([digest]) == {}
    assert scanned(own_store) == set()
    assert aws.world.calls.count("ecs:ListClusters") == 0
    open_usage_scans(settings, own_store, Shutdown(), watch)(watch())
    assert own_store.last_uses([digest])


def test_a_memory_of_more_than_400_days_is_kept_until_it_is_whole(
    shelf: Shelf, own_store: Store, write_settings: WriteSettings, check: Check, watch: Watch
) -> None:
    """The scan before the duration is not removed."""
    shelf.image("1.0")
    settings = write_settings(
        f"usage: {{{others_off('ecs')}, expect_none: true, scan_every: 1d}}\n"
        "policies: [{repositories: [team/*], keep: [{used_within: 500d}]}]\n"
    )
    before = watch() - 501 * DAY
    own_store.record_usage(SeenUses({}, {}), [place_of(HERE)], before)
    check(settings)
    assert own_store.usage_scans(before - DAY)[place_of(HERE)][0] == before


@pytest.mark.parametrize(("setting", "scans"), [("6h", True), ("false", False)])
def test_the_setting(
    setting: str,
    scans: bool,  # noqa: FBT001 - a parameter
    shelf: Shelf,
    own_store: Store,
    write_settings: WriteSettings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Works without Slack."""
    shelf.image("1.0")
    settings = write_settings(
        f"usage: {{{others_off('ecs')}, expect_none: true, scan_every: {setting}}}"
    )
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    scheduler = open_scheduler(settings, own_store, lambda _: None, Shutdown(), debug=False)
    for task in scheduler.get_jobs():
        task.func()
    assert bool(scanned(own_store)) is scans
