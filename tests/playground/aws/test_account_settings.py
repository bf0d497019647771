"""GetAccountSetting and pull time exclusions."""

from typing import TYPE_CHECKING

from bot.playground.aws import AwsStandIn

from .helpers import NOW, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient


def principal(number: int) -> str:
    return f"arn:aws:iam::123456789012:role/r{number}"


def test_blob_mounting_is_off_until_it_is_set(aws: AwsStandIn, ecr: "ECRClient") -> None:
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "DISABLED"
    aws.world.set_account_setting("BLOB_MOUNTING", "ENABLED")
    assert ecr.get_account_setting(name="BLOB_MOUNTING")["value"] == "ENABLED"


def test_other_settings_are_rejected(ecr: "ECRClient") -> None:
    assert refused(ecr.get_account_setting, name="COLOUR")[0] == "ValidationException"


def test_exclusions_are_registered_once_and_listed(ecr: "ECRClient") -> None:
    answer = ecr.register_pull_time_update_exclusion(principalArn=principal(1))
    assert (answer["principalArn"], answer["createdAt"]) == (principal(1), NOW)

    code, _ = refused(ecr.register_pull_time_update_exclusion, principalArn=principal(1))
    assert code == "ExclusionAlreadyExistsException"
    assert ecr.list_pull_time_update_exclusions()["pullTimeUpdateExclusions"] == [principal(1)]


def test_100_principals_can_be_excluded(aws: AwsStandIn, ecr: "ECRClient") -> None:
    for number in range(99):
        aws.world.exclude_pull_times(principal(number))

    ecr.register_pull_time_update_exclusion(principalArn=principal(99))
    code, _ = refused(ecr.register_pull_time_update_exclusion, principalArn=principal(100))

    assert code == "LimitExceededException"
    first = ecr.list_pull_time_update_exclusions(maxResults=60)
    rest = ecr.list_pull_time_update_exclusions(nextToken=first["nextToken"])
    assert len(first["pullTimeUpdateExclusions"] + rest["pullTimeUpdateExclusions"]) == 100
    assert "nextToken" not in rest


def test_only_users_and_roles_can_be_excluded(ecr: "ECRClient") -> None:
    code, _ = refused(
        ecr.register_pull_time_update_exclusion,
        principalArn="arn:aws:sts::123456789012:assumed-role/r/session",
    )
    assert code == "InvalidParameterException"
