"""UpdateImageStorageClass."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn

from .helpers import MISSING, NOW, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient


@pytest.fixture
def digest(aws: AwsStandIn) -> str:
    return aws.world.push(aws.world.create_repository("team/api"), image("one"), tags=["a"])


def move(ecr: "ECRClient", digest: str, to: Any) -> str:
    answer = ecr.update_image_storage_class(
        repositoryName="team/api", imageId={"imageDigest": digest}, targetStorageClass=to
    )
    return answer["imageStatus"]


def shown(ecr: "ECRClient") -> Any:
    [detail] = ecr.describe_images(repositoryName="team/api", imageIds=[{"imageTag": "a"}])[
        "imageDetails"
    ]
    return detail


def test_archiving_and_restoring_within_20_minutes(
    aws: AwsStandIn, ecr: "ECRClient", digest: str
) -> None:
    assert move(ecr, digest, "ARCHIVE") == "ARCHIVED"
    assert shown(ecr)["lastArchivedAt"] == NOW

    assert move(ecr, digest, "STANDARD") == "ACTIVATING"
    aws.world.clock.advance(timedelta(minutes=19))
    assert shown(ecr)["imageStatus"] == "ACTIVATING"
    aws.world.clock.advance(timedelta(minutes=1))
    assert shown(ecr)["imageStatus"] == "ACTIVE"
    assert shown(ecr)["lastActivatedAt"] == NOW + timedelta(minutes=20)
    assert move(ecr, digest, "ARCHIVE") == "ARCHIVED"


def test_an_image_that_is_being_restored_cannot_be_read(ecr: "ECRClient", digest: str) -> None:
    move(ecr, digest, "ARCHIVE")
    move(ecr, digest, "STANDARD")

    answer = ecr.batch_get_image(repositoryName="team/api", imageIds=[{"imageDigest": digest}])

    assert answer["images"] == []


def test_a_restored_image_can_be_archived_and_deleted(
    aws: AwsStandIn, ecr: "ECRClient", digest: str
) -> None:
    move(ecr, digest, "ARCHIVE")
    move(ecr, digest, "STANDARD")
    repository = aws.world.repository("team/api")
    aws.world.archive(repository, digest)
    aws.world.clock.advance(timedelta(hours=1))

    assert shown(ecr)["imageStatus"] == "ARCHIVED"


@pytest.mark.parametrize("target", ["STANDARD", "ARCHIVE"])
def test_moving_to_the_current_storage_class_is_rejected(
    ecr: "ECRClient", digest: str, target: Any
) -> None:
    if target == "ARCHIVE":
        move(ecr, digest, "ARCHIVE")

    code, _ = refused(
        ecr.update_image_storage_class,
        repositoryName="team/api",
        imageId={"imageDigest": digest},
        targetStorageClass=target,
    )

    assert code == "ImageStorageClassUpdateNotSupportedException"


@pytest.mark.usefixtures("digest")
def test_an_unknown_image_is_an_error(ecr: "ECRClient") -> None:
    code, _ = refused(
        ecr.update_image_storage_class,
        repositoryName="team/api",
        imageId={"imageDigest": MISSING},
        targetStorageClass="ARCHIVE",
    )
    assert code == "ImageNotFoundException"
