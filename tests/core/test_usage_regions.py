"""Regions that service control policies deny are named once, with the setting to change."""

from bot.core.errors import ErrorText
from bot.core.usage import AccountRegions, SourceScan, merge_denied_regions
from tests.core.problems import problem_of

ONE, TWO, THREE = "111111111111", "222222222222", "333333333333"
DENIED = ErrorText("A service control policy denies it")


def failures(account: str, *regions: str) -> list[SourceScan]:
    """The failed scans of a source and of the search for EKS clusters."""
    scopes = [f"{account} in {region}" for region in regions]
    return [
        *(SourceScan("ecs", scope, 0, DENIED) for scope in scopes),
        *(SourceScan("kubernetes", f"EKS of {scope}", 0, DENIED) for scope in scopes),
    ]


def regions(
    account: str,
    allowed: tuple[str, ...],
    denied: tuple[str, ...],
    *,
    is_own: bool = False,
    has_registry: bool = False,
) -> AccountRegions:
    return AccountRegions(account, is_own, has_registry, allowed, denied)


def test_failed_scans_of_denied_regions_are_one_problem() -> None:
    seen = SourceScan("ecs", f"{ONE} in eu-west-1", 3)
    lacking = SourceScan("app_runner", f"{ONE} in us-west-1", 0)
    other = SourceScan("lambda", f"{ONE} in eu-west-1", 0, ErrorText("AWS throttled it"))
    scans = [seen, lacking, other, *failures(ONE, "us-east-1", "us-west-1")]
    told = merge_denied_regions(
        scans, [regions(ONE, ("eu-west-1",), ("us-east-1", "us-west-1"), has_registry=True)]
    )
    assert told[:3] == (seen, lacking, other)
    assert [problem_of(scan) for scan in told[3:]] == [
        f"regions ({ONE}): service control policies deny all calls in us-east-1, us-west-1: if "
        "nothing runs there, exclude these Regions with usage.regions: [eu-west-1]"
    ]


def test_nothing_is_denied() -> None:
    scans = tuple(failures(ONE, "us-east-1"))
    assert merge_denied_regions(scans, [regions(ONE, ("us-east-1",), ())]) == scans


def test_without_an_allowed_region_each_scan_is_kept() -> None:
    scans = tuple(failures(ONE, "us-east-1"))
    assert merge_denied_regions(scans, [regions(ONE, (), ("us-east-1",))]) == scans


def test_accounts_with_the_same_list_are_named_together() -> None:
    allowed, denied = ("eu-west-1",), ("us-east-1",)
    (told,) = merge_denied_regions(
        [*failures(ONE, *denied), *failures(TWO, *denied)],
        [regions(TWO, allowed, denied), regions(ONE, allowed, denied, has_registry=True)],
    )
    assert told.scope == f"{ONE}, {TWO}"
    assert problem_of(told).endswith("with usage.regions: [eu-west-1]")


def test_accounts_with_their_own_lists() -> None:
    """Because they have one, or because `usage.regions` cannot fit them and the registries."""
    allowed, denied = ("eu-west-1",), ("us-east-1",)
    told = merge_denied_regions(
        [],
        [
            regions(ONE, allowed, denied, has_registry=True),
            regions(TWO, denied, allowed),
            regions(THREE, allowed, denied, is_own=True),
        ],
    )
    assert [problem_of(scan).rpartition("with ")[2] for scan in told] == [
        "usage.regions: [eu-west-1]",
        f"`regions` of {TWO} under usage.accounts: [us-east-1]",
        f"`regions` of {THREE} under usage.accounts: [eu-west-1]",
    ]
