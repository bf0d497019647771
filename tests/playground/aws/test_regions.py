"""DescribeRegions, in EC2's protocol."""

from typing import Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import MakeClient, refused


@pytest.fixture
def ec2(make_client: MakeClient) -> Any:
    return make_client("ec2")


def statuses(ec2: Any, **params: Any) -> dict[str, str]:
    regions = ec2.describe_regions(**params)["Regions"]
    return {each["RegionName"]: each["OptInStatus"] for each in regions}


def test_enabled_regions(aws: AwsStandIn, ec2: Any, make_client: MakeClient) -> None:
    enabled = statuses(ec2)
    assert (len(enabled), set(enabled.values())) == (17, {"opt-in-not-required"})

    aws.world.regions(region="us-east-1").opt_in("af-south-1")
    assert statuses(ec2)["af-south-1"] == "opted-in"
    aws.world.identities.add_user("other", "x", "210987654321")
    assert "af-south-1" not in statuses(make_client("ec2", key="other"))
    assert set(statuses(make_client("ec2", region="cn-north-1"))) == {
        "cn-north-1",
        "cn-northwest-1",
    }


def test_all_regions(ec2: Any) -> None:
    assert statuses(ec2, AllRegions=True)["me-south-1"] == "not-opted-in"
    assert statuses(ec2, RegionNames=["me-south-1", "eu-west-1"]) == {
        "eu-west-1": "opt-in-not-required",
        "me-south-1": "not-opted-in",
    }
    assert refused(ec2.describe_regions, RegionNames=["mars-1"])[0] == "InvalidParameterValue"


def test_filters(ec2: Any) -> None:
    wanted = [{"Name": "opt-in-status", "Values": ["opted-in", "not-opted-in"]}]
    assert set(statuses(ec2, AllRegions=True, Filters=wanted).values()) == {"not-opted-in"}
    by_name = [{"Name": "region-name", "Values": ["eu-west-*"]}]
    assert list(statuses(ec2, Filters=by_name)) == ["eu-west-1", "eu-west-2", "eu-west-3"]
    unknown = [{"Name": "colour", "Values": ["red"]}]
    assert refused(ec2.describe_regions, Filters=unknown)[0] == "InvalidParameterValue"


def test_errors_of_ec2(aws: AwsStandIn, ec2: Any, make_client: MakeClient) -> None:
    assert refused(ec2.describe_regions, DryRun=True)[0] == "DryRunOperation"
    assert refused(make_client("ec2", key="who").describe_regions)[0] == "AuthFailure"
    aws.world.deny("ec2:DescribeRegions")
    assert refused(ec2.describe_regions)[0] == "UnauthorizedOperation"


def test_only_opt_in_regions_can_be_enabled(aws: AwsStandIn) -> None:
    with pytest.raises(ValueError, match="not an opt-in Region"):
        aws.world.regions().opt_in("eu-west-1")
