"""BatchGetImage, and the pull times that it records."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests

from .helpers import MISSING, NOW, MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

    from bot.playground.aws.ecr.repository import Repository


@pytest.fixture
def repository(aws: AwsStandIn) -> "Repository":
    return aws.world.create_repository("team/api")


def read(ecr: "ECRClient", *image_ids: dict[str, str], **params: Any) -> Any:
    return ecr.batch_get_image(repositoryName="team/api", imageIds=image_ids, **params)  # type: ignore[arg-type]


def test_reads_by_tag_and_by_digest(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    text = image("one") + "\n "
    digest = aws.world.push(repository, text, tags=["a"])

    answer = read(ecr, {"imageTag": "a"}, {"imageDigest": digest})

    by_tag, by_digest = answer["images"]
    assert by_tag["imageId"] == {"imageDigest": digest, "imageTag": "a"}
    assert by_digest == {
        "registryId": "123456789012",
        "repositoryName": "team/api",
        "imageId": {"imageDigest": digest},
        "imageManifest": text,
        "imageManifestMediaType": manifests.OCI_IMAGE,
    }
    assert answer["failures"] == []


def test_failures_and_images_in_one_answer(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), tags=["a"])
    other = aws.world.push(repository, image("two"), tags=["b"])
    asked = [
        {"imageDigest": digest},
        {"imageDigest": MISSING},
        {"imageTag": "nope"},
        {"imageDigest": "sha256"},
        {"imageDigest": other, "imageTag": "a"},
        {},
    ]

    answer = read(ecr, *asked)

    assert [each["imageId"] for each in answer["images"]] == [{"imageDigest": digest}]
    assert [(each["imageId"], each["failureCode"]) for each in answer["failures"]] == [
        (asked[1], "ImageNotFound"),
        (asked[2], "ImageNotFound"),
        (asked[3], "InvalidImageDigest"),
        (asked[4], "ImageTagDoesNotMatchDigest"),
        (asked[5], "MissingDigestAndTag"),
    ]
    assert answer["failures"][0]["failureReason"] == "Requested image not found"


def test_a_type_that_is_not_accepted_is_not_found(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    wanted: dict[str, str] = {"imageDigest": aws.world.push(repository, image("one"))}

    assert read(ecr, wanted, acceptedMediaTypes=[manifests.OCI_IMAGE])["images"]
    [failure] = read(ecr, wanted, acceptedMediaTypes=[manifests.DOCKER_IMAGE])["failures"]
    assert failure["failureCode"] == "ImageNotFound"


def test_an_archived_image_cannot_be_read(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), archived_at=NOW)

    answer = read(ecr, {"imageDigest": digest})

    assert answer["images"] == []
    assert answer["failures"][0]["failureCode"] == "ImageNotFound"


def test_reading_is_recorded_as_a_pull(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), pulled_at=NOW - timedelta(days=400))

    read(ecr, {"imageDigest": digest})

    assert aws.world.manifest(repository, digest).pulled_at == NOW


def test_a_pull_time_can_be_a_day_old(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    aws.world.pull_refresh = timedelta(hours=24)
    digest = aws.world.push(repository, image("one"))
    manifest = aws.world.manifest(repository, digest)

    read(ecr, {"imageDigest": digest})
    assert manifest.pulled_at == NOW
    aws.world.clock.advance(timedelta(hours=23))
    read(ecr, {"imageDigest": digest})
    assert manifest.pulled_at == NOW
    aws.world.clock.advance(timedelta(hours=1))
    read(ecr, {"imageDigest": digest})
    assert manifest.pulled_at == NOW + timedelta(hours=24)


def test_pulls_of_an_excluded_principal_are_not_recorded(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository", make_client: MakeClient
) -> None:
    digest = aws.world.push(repository, image("one"))
    manifest = aws.world.manifest(repository, digest)
    ecr.register_pull_time_update_exclusion(principalArn="arn:aws:iam::123456789012:user/demo")

    read(ecr, {"imageDigest": digest})
    assert manifest.pulled_at is None

    aws.world.identities.add_user("other", "other")
    read(make_client("ecr", key="other"), {"imageDigest": digest})
    assert manifest.pulled_at == NOW


def test_pulls_of_an_excluded_role_are_not_recorded(
    aws: AwsStandIn, repository: "Repository", make_client: MakeClient
) -> None:
    digest = aws.world.push(repository, image("one"))
    role = aws.world.identities.add_role("arn:aws:iam::123456789012:role/cleaner")
    aws.world.exclude_pull_times(role.arn)
    credentials = make_client("sts").assume_role(RoleArn=role.arn, RoleSessionName="run")[
        "Credentials"
    ]

    session = make_client("ecr", key=credentials["AccessKeyId"], token=credentials["SessionToken"])
    read(session, {"imageDigest": digest})

    assert aws.world.manifest(repository, digest).pulled_at is None


def test_an_unknown_repository_is_an_error(ecr: "ECRClient") -> None:
    code, _ = refused(ecr.batch_get_image, repositoryName="no/such", imageIds=[{"imageTag": "a"}])
    assert code == "RepositoryNotFoundException"
