"""CreateRepository and PutImage."""

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests

from .helpers import MISSING, NOW, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient


def put(ecr: "ECRClient", text: str, **params: Any) -> Any:
    return ecr.put_image(repositoryName="team/api", imageManifest=text, **params)


def listed(ecr: "ECRClient") -> dict[str, Any]:
    answer = ecr.describe_images(repositoryName="team/api", filter={"imageStatus": "ANY"})
    return {detail["imageDigest"]: detail for detail in answer["imageDetails"]}


@pytest.fixture
def _repository(ecr: "ECRClient") -> None:
    ecr.create_repository(repositoryName="team/api", tags=[{"Key": "a", "Value": "b"}])


def test_a_repository_is_created_once(ecr: "ECRClient") -> None:
    created = ecr.create_repository(repositoryName="team/api")["repository"]

    assert created["createdAt"] == NOW
    assert ecr.describe_repositories()["repositories"] == [created]
    assert refused(ecr.create_repository, repositoryName="team/api") == (
        "RepositoryAlreadyExistsException",
        "The repository with name 'team/api' already exists in the registry with id '123456789012'",
    )


@pytest.mark.usefixtures("_repository")
def test_the_digest_is_that_of_the_exact_text(ecr: "ECRClient") -> None:
    text = image("one").replace(",", ", ")

    answer = put(ecr, text, imageTag="a")["image"]

    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    assert answer["imageId"] == {"imageDigest": digest, "imageTag": "a"}
    assert answer["imageManifest"] == text
    assert listed(ecr)[digest]["imagePushedAt"] == NOW


@pytest.mark.usefixtures("_repository")
def test_a_moved_tag_leaves_the_old_image_untagged(aws: AwsStandIn, ecr: "ECRClient") -> None:
    old = put(ecr, image("old"), imageTag="latest")["image"]["imageId"]["imageDigest"]
    aws.world.clock.advance(timedelta(days=1))

    new = put(ecr, image("new"), imageTag="latest")["image"]["imageId"]["imageDigest"]

    images = listed(ecr)
    assert "imageTags" not in images[old]
    assert images[new]["imageTags"] == ["latest"]


@pytest.mark.usefixtures("_repository")
def test_a_retag_is_not_a_push(aws: AwsStandIn, ecr: "ECRClient") -> None:
    digest = put(ecr, image("one"), imageTag="build")["image"]["imageId"]["imageDigest"]
    aws.world.clock.advance(timedelta(days=30))

    put(ecr, image("one"), imageTag="1.4.0")

    assert listed(ecr)[digest]["imageTags"] == ["1.4.0", "build"]
    assert listed(ecr)[digest]["imagePushedAt"] == NOW


@pytest.mark.usefixtures("_repository")
def test_an_existing_image_is_an_error(ecr: "ECRClient") -> None:
    text = image("one")
    put(ecr, text, imageTag="a")

    code, message = refused(
        ecr.put_image, repositoryName="team/api", imageManifest=text, imageTag="a"
    )

    assert code == "ImageAlreadyExistsException"
    assert manifests.digest_of(text) in message


def test_an_immutable_tag_does_not_move(ecr: "ECRClient") -> None:
    ecr.create_repository(
        repositoryName="team/api",
        imageTagMutability="IMMUTABLE_WITH_EXCLUSION",
        imageTagMutabilityExclusionFilters=[{"filterType": "WILDCARD", "filter": "dev*"}],
    )
    for tag in ("1.0", "dev1"):
        put(ecr, image("old"), imageTag=tag)

    put(ecr, image("new"), imageTag="dev1")
    assert refused(
        ecr.put_image, repositoryName="team/api", imageManifest=image("new"), imageTag="1.0"
    ) == (
        "ImageTagAlreadyExistsException",
        "The image tag '1.0' already exists in the 'team/api' repository and cannot be "
        "overwritten because the repository is immutable.",
    )


@pytest.mark.usefixtures("_repository")
def test_an_index_needs_its_children(ecr: "ECRClient") -> None:
    child = image("one")
    index = manifests.index([manifests.ChildManifest(child)])

    code, message = refused(ecr.put_image, repositoryName="team/api", imageManifest=index)
    assert code == "ReferencedImagesNotFoundException"
    assert manifests.digest_of(child) in message

    put(ecr, child)
    put(ecr, index)
    assert len(listed(ecr)) == 2


@pytest.mark.usefixtures("_repository")
def test_a_wrong_digest_is_rejected(ecr: "ECRClient") -> None:
    code, _ = refused(
        ecr.put_image, repositoryName="team/api", imageManifest=image("one"), imageDigest=MISSING
    )
    assert code == "ImageDigestDoesNotMatchException"


@pytest.mark.usefixtures("_repository")
@pytest.mark.parametrize("text", ["not json", "[]", '{"schemaVersion":2}'])
def test_an_invalid_manifest_is_rejected(ecr: "ECRClient", text: str) -> None:
    assert refused(ecr.put_image, repositoryName="team/api", imageManifest=text) == (
        "InvalidParameterException",
        "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON syntax'",
    )


@pytest.mark.usefixtures("_repository")
def test_the_media_type_can_be_a_parameter(ecr: "ECRClient") -> None:
    text = image("one").replace(f'"mediaType":"{manifests.OCI_IMAGE}",', "")

    answer = put(ecr, text, imageManifestMediaType=manifests.OCI_IMAGE)["image"]

    assert answer["imageManifestMediaType"] == manifests.OCI_IMAGE


@pytest.mark.usefixtures("_repository")
def test_schema_1_is_recognized_by_its_version(ecr: "ECRClient") -> None:
    answer = put(ecr, manifests.schema_1("team/api", "old", ["base", "code"]), imageTag="old")
    assert answer["image"]["imageManifestMediaType"] == manifests.DOCKER_SCHEMA_1


@pytest.mark.usefixtures("_repository")
def test_an_image_can_have_1000_tags(aws: AwsStandIn, ecr: "ECRClient") -> None:
    text = image("one")
    repository = aws.world.repository("team/api")
    aws.world.push(repository, text, tags=[f"t{n}" for n in range(999)])

    put(ecr, text, imageTag="t999")
    code, _ = refused(
        ecr.put_image, repositoryName="team/api", imageManifest=text, imageTag="t1000"
    )
    assert code == "LimitExceededException"


@pytest.mark.usefixtures("_repository")
def test_an_invalid_tag_is_rejected(ecr: "ECRClient") -> None:
    code, _ = refused(
        ecr.put_image, repositoryName="team/api", imageManifest=image("one"), imageTag="a/b"
    )
    assert code == "InvalidParameterException"


@pytest.mark.usefixtures("_repository")
def test_pushing_an_archived_image_again_restores_it(aws: AwsStandIn, ecr: "ECRClient") -> None:
    text = image("one")
    digest = aws.world.push(aws.world.repository("team/api"), text, archived_at=NOW)

    put(ecr, text)

    assert listed(ecr)[digest]["imageStatus"] == "ACTIVE"
