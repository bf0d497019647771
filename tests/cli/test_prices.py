"""Plans with `price_per_gb_month: auto`, in Regions with different prices."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import DEFAULT_ACCOUNT, AwsStandIn
from bot.playground.aws.pricing.catalog import PriceTier
from bot.store.store import Store
from tests.support import Run, Shelf, image_text

Write = Callable[[str], Path]

HERE, THERE = "eu-west-1", "ap-south-1"
SETTINGS = f"""registries: [{{region: {HERE}}}, {{region: {THERE}}}]
policies: [{{keep: []}}]
price_per_gb_month: auto
"""
GB = 2**30


@pytest.fixture
def two_regions(aws: AwsStandIn, settings_file: Write) -> AwsStandIn:
    """An image of a GB in each Region, where storage costs $0.10 and $0.30."""
    settings_file(SETTINGS)
    for region in (HERE, THERE):
        Shelf(aws, f"in/{region}", region=region).push(image_text("old", GB), "old")
    aws.world.price_list.set_storage(THERE, PriceTier("0.30"))
    return aws


def usd(run: Run) -> dict[str, float]:
    """By Region."""
    result = run("plan", "--format", "json", "in/*")
    return {plan["region"]: round(plan["savings"]["usd_per_month"], 4) for plan in result.plans}


def asked(aws: AwsStandIn) -> int:
    return aws.world.calls.count("pricing:GetProducts")


def test_each_repository_costs_the_price_of_its_region(two_regions: AwsStandIn, run: Run) -> None:
    assert usd(run) == {HERE: 0.10, THERE: 0.30}
    assert asked(two_regions) == 2


def test_without_a_database_each_command_asks(two_regions: AwsStandIn, run: Run) -> None:
    usd(run)
    usd(run)
    assert asked(two_regions) == 4


@pytest.mark.usefixtures("own_database")
def test_the_database_keeps_prices(two_regions: AwsStandIn, run: Run) -> None:
    run("propose", "in/*")
    assert asked(two_regions) == 2
    two_regions.world.deny("pricing:GetProducts")
    assert usd(run) == {HERE: 0.10, THERE: 0.30}
    assert asked(two_regions) == 2


def test_prices_of_copies_are_kept(two_regions: AwsStandIn, run: Run, own_store: Store) -> None:
    """In Slack, `/ecr-clean cost` counts copies, and does not call AWS."""
    two_regions.world.replicate([(DEFAULT_ACCOUNT, "us-east-1")], deletions=True)
    run("propose", f"in/{HERE}")
    assert [each.region for each in own_store.price_readings()] == [HERE, "us-east-1"]


def test_a_refused_price_list_does_not_fail_the_plan(two_regions: AwsStandIn, run: Run) -> None:
    two_regions.world.deny("pricing:GetProducts")
    assert usd(run) == {HERE: 0.10, THERE: 0.10}


def test_a_price_list_that_cannot_be_reached(two_regions: AwsStandIn, run: Run) -> None:
    two_regions.world.deny_regions("us-east-1", action="pricing:*")
    assert usd(run) == {HERE: 0.10, THERE: 0.10}


def test_a_price_in_the_settings_needs_no_price_list(
    two_regions: AwsStandIn, run: Run, settings_file: Write
) -> None:
    settings_file(SETTINGS.replace("auto", "0.2"))
    assert usd(run) == {HERE: 0.2, THERE: 0.2}
    assert asked(two_regions) == 0
