"""Credentials, GetCallerIdentity, AssumeRole, permissions."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import NOW, MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient
    from types_boto3_sts import STSClient

OTHER = "210987654321"
ROLE = f"arn:aws:iam::{OTHER}:role/team/cleaner"


def assumed(make_client: MakeClient, sts: "STSClient", service: str, **params: Any) -> Any:
    """A client with credentials of a session of ROLE."""
    given = sts.assume_role(**{"RoleArn": ROLE, "RoleSessionName": "run", **params})
    credentials = given["Credentials"]
    return make_client(service, key=credentials["AccessKeyId"], token=credentials["SessionToken"])


def session_policy(**statement: Any) -> str:
    """A policy that allows everything by default."""
    default = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [default | statement]})


def test_the_default_key_belongs_to_a_user(sts: "STSClient") -> None:
    identity = sts.get_caller_identity()
    assert identity["Account"] == "123456789012"
    assert identity["Arn"] == "arn:aws:iam::123456789012:user/demo"
    assert identity["UserId"].startswith("AIDA")


def test_an_unknown_key_has_the_error_of_each_service(make_client: MakeClient) -> None:
    ecr, sts = make_client("ecr", key="who"), make_client("sts", key="who")
    assert refused(ecr.describe_repositories)[0] == "UnrecognizedClientException"
    assert refused(sts.get_caller_identity)[0] == "InvalidClientTokenId"


def test_a_session_belongs_to_the_roles_account(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE)
    aws.world.create_repository("team/api", account=OTHER)

    identity = assumed(make_client, sts, "sts").get_caller_identity()
    repositories = assumed(make_client, sts, "ecr").describe_repositories()["repositories"]

    assert identity["Account"] == OTHER
    assert identity["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/cleaner/run"
    assert [each["registryId"] for each in repositories] == [OTHER]


def test_sessions_are_recorded(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.identities.add_role(ROLE, external_id="secret")

    answer = sts.assume_role(
        RoleArn=ROLE,
        RoleSessionName="run",
        ExternalId="secret",
        Policy=session_policy(),
        DurationSeconds=900,
        Tags=[{"Key": "team", "Value": "shop"}],
    )

    assert answer["Credentials"]["Expiration"] == NOW + timedelta(minutes=15)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/cleaner/run"
    [session] = aws.world.identities.sessions
    assert (session.role_arn, session.name, session.external_id) == (ROLE, "run", "secret")
    assert session.policy == session_policy()
    [call] = aws.world.calls.named("sts:AssumeRole")
    assert call.params["Tags"] == [{"Key": "team", "Value": "shop"}]


@pytest.mark.parametrize("given", [{}, {"ExternalId": "wrong"}])
def test_the_external_id_is_checked(
    aws: AwsStandIn, sts: "STSClient", given: dict[str, str]
) -> None:
    aws.world.identities.add_role(ROLE, external_id="secret")

    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="run", **given) == (
        "AccessDenied",
        "User: arn:aws:iam::123456789012:user/demo is not authorized to perform: "
        f"sts:AssumeRole on resource: {ROLE}",
    )


def test_only_trusted_principals_can_assume_a_role(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.identities.add_role(ROLE, trusts=["999999999999"])
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="run")[0] == "AccessDenied"

    aws.world.identities.add_role(ROLE, trusts=["arn:aws:iam::123456789012:user/demo"])
    sts.assume_role(RoleArn=ROLE, RoleSessionName="run")


def test_an_unknown_role_has_the_error_of_a_denied_call(aws: AwsStandIn, sts: "STSClient") -> None:
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="run")[0] == "AccessDenied"
    aws.world.identities.add_role(ROLE)
    aws.world.deny("sts:AssumeRole")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="run")[0] == "AccessDenied"


def test_a_session_name_has_at_most_64_characters(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.identities.add_role(ROLE)
    sts.assume_role(RoleArn=ROLE, RoleSessionName="x" * 64)

    code, message = refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="x" * 65)

    assert code == "ValidationError"
    assert message == (
        f"1 validation error detected: Value '{'x' * 65}' at 'roleSessionName' failed to satisfy "
        "constraint: Member must have length less than or equal to 64"
    )


def test_a_chained_session_lasts_at_most_an_hour(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE, max_session_seconds=7200)
    sts.assume_role(RoleArn=ROLE, RoleSessionName="run", DurationSeconds=7200)
    chained = assumed(make_client, sts, "sts")

    code, message = refused(
        chained.assume_role, RoleArn=ROLE, RoleSessionName="again", DurationSeconds=3601
    )

    assert code == "ValidationError"
    assert "1 hour session limit for roles assumed by role chaining" in message
    chained.assume_role(RoleArn=ROLE, RoleSessionName="again", DurationSeconds=3600)


def test_the_maximum_session_duration_of_a_role(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.identities.add_role(ROLE)
    code, _ = refused(sts.assume_role, RoleArn=ROLE, RoleSessionName="run", DurationSeconds=3601)
    assert code == "ValidationError"


def test_sessions_expire_by_the_stand_ins_clock(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE)
    ecr = assumed(make_client, sts, "ecr", DurationSeconds=900)
    session_sts = assumed(make_client, sts, "sts", DurationSeconds=900)

    aws.world.clock.advance(timedelta(seconds=899))
    ecr.describe_repositories()
    aws.world.clock.advance(timedelta(seconds=1))

    assert refused(ecr.describe_repositories)[0] == "ExpiredTokenException"
    assert refused(session_sts.get_caller_identity)[0] == "ExpiredToken"


def test_a_session_key_needs_its_token(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE)
    key = sts.assume_role(RoleArn=ROLE, RoleSessionName="run")["Credentials"]["AccessKeyId"]

    for token in (None, "wrong"):
        client = make_client("ecr", key=key, token=token)
        assert refused(client.describe_repositories)[0] == "UnrecognizedClientException"


TEAM = f"arn:aws:ecr:eu-west-1:{OTHER}:repository/team"


@pytest.mark.parametrize(
    ("statement", "allowed"),
    [
        ({}, True),
        ({"Action": "ecr:DescribeImages"}, True),
        ({"Action": ["sts:*", "ECR:describe*"]}, True),
        ({"Action": "ecr:BatchDeleteImage"}, False),
        ({"Action": "*", "Resource": f"{TEAM}/api"}, True),
        ({"Action": "*", "Resource": [f"{TEAM}/web", f"{TEAM}/*"]}, True),
        ({"Action": "*", "Resource": f"{TEAM}/web"}, False),
        ({"Effect": "Deny", "Action": "ecr:Describe*"}, False),
    ],
)
def test_a_session_policy_limits_a_session(
    aws: AwsStandIn,
    sts: "STSClient",
    make_client: MakeClient,
    statement: dict[str, Any],
    *,
    allowed: bool,
) -> None:
    aws.world.identities.add_role(ROLE)
    aws.world.create_repository("team/api", account=OTHER)
    ecr = assumed(make_client, sts, "ecr", Policy=session_policy(**statement))

    if allowed:
        ecr.describe_images(repositoryName="team/api")
    else:
        assert refused(ecr.describe_images, repositoryName="team/api") == (
            "AccessDeniedException",
            f"User: arn:aws:sts::{OTHER}:assumed-role/cleaner/run is not authorized to perform: "
            f"ecr:DescribeImages on resource: {TEAM}/api "
            "because no session policy allows the ecr:DescribeImages action",
        )


def test_a_session_policy_adds_no_permissions(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE)
    aws.world.deny("ecr:DescribeRepositories", principal=ROLE)
    ecr = assumed(make_client, sts, "ecr", Policy=session_policy())
    code, message = refused(ecr.describe_repositories)
    assert code == "AccessDeniedException"
    assert message.endswith("no identity-based policy allows the ecr:DescribeRepositories action")


def test_a_session_policy_applies_to_assume_role(
    aws: AwsStandIn, sts: "STSClient", make_client: MakeClient
) -> None:
    aws.world.identities.add_role(ROLE)
    narrow = assumed(make_client, sts, "sts", Policy=session_policy(Action="ecr:*"))
    wide = assumed(make_client, sts, "sts", Policy=session_policy(Action="sts:*"))
    assert refused(narrow.assume_role, RoleArn=ROLE, RoleSessionName="run")[0] == "AccessDenied"
    wide.assume_role(RoleArn=ROLE, RoleSessionName="run")


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("{", "MalformedPolicyDocument"),
        ("[]", "MalformedPolicyDocument"),
        ('{"Version": "2012-10-17"}', "MalformedPolicyDocument"),
        ('{"Version": "2012-10-18", "Statement": []}', "MalformedPolicyDocument"),
        (session_policy(Effect="Maybe"), "MalformedPolicyDocument"),
        (session_policy(Action=[]), "MalformedPolicyDocument"),
        (session_policy(Action="BatchDeleteImage"), "MalformedPolicyDocument"),
        (session_policy(Resource="team/api"), "MalformedPolicyDocument"),
        (session_policy(Resource=[7]), "MalformedPolicyDocument"),
        (session_policy(Condition={}), "UnknownOperationException"),
        (session_policy().ljust(2049), "PackedPolicyTooLarge"),
        (session_policy().replace("*", "\u0100"), "ValidationError"),
    ],
)
def test_invalid_session_policies(
    aws: AwsStandIn, sts: "STSClient", policy: str, code: str
) -> None:
    aws.world.identities.add_role(ROLE)
    request = {"RoleArn": ROLE, "RoleSessionName": "run"}
    assert refused(sts.assume_role, **request, Policy=policy)[0] == code
    assert not aws.world.identities.sessions
    sts.assume_role(RoleArn=ROLE, RoleSessionName="run", Policy=session_policy().ljust(2048))


@pytest.mark.parametrize("name", ["a b", "team/api", "arn:aws"])
def test_the_characters_of_a_session_name(aws: AwsStandIn, sts: "STSClient", name: str) -> None:
    aws.world.identities.add_role(ROLE)
    sts.assume_role(RoleArn=ROLE, RoleSessionName="Az09_+=,.@-")
    assert refused(sts.assume_role, RoleArn=ROLE, RoleSessionName=name)[0] == "ValidationError"


def test_the_error_of_a_denied_action(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    aws.world.push(repository, image("one"), tags=["a"])
    aws.world.deny("ecr:BatchGetImage")

    assert refused(
        ecr.batch_get_image, repositoryName="team/api", imageIds=[{"imageTag": "a"}]
    ) == (
        "AccessDeniedException",
        "User: arn:aws:iam::123456789012:user/demo is not authorized to perform: "
        "ecr:BatchGetImage on resource: "
        "arn:aws:ecr:eu-west-1:123456789012:repository/team/api "
        "because no identity-based policy allows the ecr:BatchGetImage action",
    )
    ecr.describe_images(repositoryName="team/api")


def test_listing_referrers_needs_batch_get_image(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.create_repository("team/api")
    aws.world.deny("ecr:BatchGetImage")

    code, message = refused(
        ecr.list_image_referrers,
        repositoryName="team/api",
        subjectId={"imageDigest": f"sha256:{'0' * 64}"},
    )

    assert code == "AccessDeniedException"
    assert "ecr:BatchGetImage" in message


@pytest.mark.parametrize(
    ("narrowed", "hit"),
    [
        ({"principal": "*:user/demo"}, True),
        ({"principal": "123456789012"}, True),
        ({"principal": "*:user/other"}, False),
        ({"account": "123456789012"}, True),
        ({"account": OTHER}, False),
        ({"region": "eu-west-1"}, True),
        ({"region": "us-*"}, False),
        ({"resource": "*:repository/team/*"}, True),
        ({"resource": "*:repository/shop/*"}, False),
    ],
)
def test_denials_can_be_narrowed(
    aws: AwsStandIn, ecr: "ECRClient", narrowed: dict[str, str], *, hit: bool
) -> None:
    aws.world.create_repository("team/api")
    aws.world.deny("ecr:Describe*", **narrowed)

    if hit:
        code, _ = refused(ecr.describe_images, repositoryName="team/api")
        assert code == "AccessDeniedException"
    else:
        ecr.describe_images(repositoryName="team/api")


def test_get_caller_identity_cannot_be_denied(aws: AwsStandIn, sts: "STSClient") -> None:
    aws.world.deny("*")
    assert sts.get_caller_identity()["Account"] == "123456789012"


def test_another_accounts_registry_needs_a_grant(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.push(aws.world.create_repository("team/api", account=OTHER), image("one"))

    code, message = refused(ecr.describe_images, registryId=OTHER, repositoryName="team/api")
    assert code == "AccessDeniedException"
    assert message.endswith("because no resource-based policy allows the ecr:DescribeImages action")

    aws.world.grant(OTHER, principal="123456789012", action="ecr:Describe*")
    [detail] = ecr.describe_images(registryId=OTHER, repositoryName="team/api")["imageDetails"]
    assert detail["registryId"] == OTHER
    code, _ = refused(
        ecr.batch_get_image,
        registryId=OTHER,
        repositoryName="team/api",
        imageIds=[{"imageTag": "a"}],
    )
    assert code == "AccessDeniedException"


def test_a_grant_is_for_its_account_and_principal(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.create_repository("team/api", account=OTHER)
    aws.world.grant("999999999999")
    aws.world.grant(OTHER, principal="arn:aws:iam::123456789012:user/other")
    aws.world.grant(OTHER, resource="*:repository/shop/*")

    code, _ = refused(ecr.describe_images, registryId=OTHER, repositoryName="team/api")

    assert code == "AccessDeniedException"
