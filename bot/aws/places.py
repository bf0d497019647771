"""Which accounts and Regions the sources of usage look at, and through which credentials."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import boto3

from bot.aws.clients import client_of
from bot.aws.errors import in_words
from bot.aws.place import AwsPlace
from bot.core.errors import FailedCall, ServiceError

if TYPE_CHECKING:
    from types_boto3_ec2 import EC2Client
    from types_boto3_sts import STSClient

ALL_REGIONS = "all"


@dataclass(frozen=True, slots=True)
class AccountAccess:
    """`account` None is whoever the credentials belong to. `has_registry`: it is looked into since
    it has a registry. `has_own_list`: the settings list the Regions for this account alone."""

    session: boto3.Session
    account: str | None
    regions: tuple[str, ...]
    has_registry: bool = False
    has_own_list: bool = False


def open_places(access: AccountAccess) -> Iterator[AwsPlace]:
    """A place for each of the Regions. Raises ServiceError if the credentials are another
    account's: that account's workloads would be taken for this one's."""
    caller = caller_account(access.session, access.regions)
    if access.account not in (None, caller):
        raise ServiceError(
            f"the credentials belong to account {caller}: give account {access.account} a role_arn "
            "under usage.accounts, or under registries"
        )
    for region in _regions(access, caller):
        yield AwsPlace(access.session, caller, region)


def caller_account(session: boto3.Session, regions: Sequence[str] = ()) -> str:
    return _caller(session, regions, "Account")


def caller_arn(session: boto3.Session, regions: Sequence[str] = ()) -> str:
    return _caller(session, regions, "Arn")


def _caller(session: boto3.Session, regions: Sequence[str], key: Literal["Account", "Arn"]) -> str:
    region = session.region_name or next((r for r in regions if r != ALL_REGIONS), None)
    with in_words("sts:GetCallerIdentity", "the credentials"):
        sts: STSClient = client_of(session, "sts", region)
        return sts.get_caller_identity()[key]


def _regions(access: AccountAccess, account: str) -> Sequence[str]:
    """`all` are those that the account has opted into."""
    if ALL_REGIONS not in access.regions:
        return access.regions
    return enabled_regions(access.session, account, access.session.region_name)


def enabled_regions(session: boto3.Session, account: str, region: str | None) -> Sequence[str]:
    """Those that the account has opted into, as told in `region`."""
    action = "ec2:DescribeRegions"
    with in_words(action, account):
        ec2: EC2Client = client_of(session, "ec2", region)
        regions = [region["RegionName"] for region in ec2.describe_regions()["Regions"]]
    if not regions:
        raise ServiceError(
            f"{action} names no Region of {account}: name them instead", FailedCall(action)
        )
    return regions
