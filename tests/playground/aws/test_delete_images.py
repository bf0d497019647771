"""BatchDeleteImage."""

from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests

from .helpers import MISSING, NOW, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

    from bot.playground.aws.ecr.repository import Repository


@pytest.fixture
def repository(aws: AwsStandIn) -> "Repository":
    return aws.world.create_repository("team/api")


def delete(ecr: "ECRClient", *image_ids: dict[str, str]) -> Any:
    return ecr.batch_delete_image(repositoryName="team/api", imageIds=image_ids)  # type: ignore[arg-type]


def multi_arch(aws: AwsStandIn, repository: "Repository", *tags: str) -> tuple[str, str, str]:
    """An index and its two children."""
    texts = image("amd64"), image("arm64")
    children = [manifests.ChildManifest(text) for text in texts]
    one, two = (aws.world.push(repository, text) for text in texts)
    return aws.world.push(repository, manifests.index(children), tags=tags), one, two


def test_deleting_by_digest_deletes_all_tags(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), tags=["a", "b"])

    answer = delete(ecr, {"imageDigest": digest})

    assert answer["imageIds"] == [
        {"imageDigest": digest, "imageTag": "a"},
        {"imageDigest": digest, "imageTag": "b"},
    ]
    assert answer["failures"] == []
    assert not repository.manifests
    assert not repository.digest_by_tag


def test_deleting_an_untagged_image(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"))
    assert delete(ecr, {"imageDigest": digest})["imageIds"] == [{"imageDigest": digest}]


def test_deleting_by_tag_deletes_the_image_with_its_last_tag(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), tags=["a", "b"])

    answer = delete(ecr, {"imageTag": "a"})
    assert answer["imageIds"] == [{"imageDigest": digest, "imageTag": "a"}]
    assert repository.manifests[digest].tags == {"b"}

    answer = delete(ecr, {"imageTag": "b"})
    assert answer["imageIds"] == [{"imageDigest": digest, "imageTag": "b"}]
    assert not repository.manifests


def test_failures_are_part_of_the_answer(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), tags=["a"])
    other = aws.world.push(repository, image("two"))
    asked = [
        {"imageDigest": MISSING},
        {"imageTag": "nope"},
        {"imageDigest": "nonsense"},
        {"imageDigest": other, "imageTag": "a"},
        {},
    ]

    answer = delete(ecr, *asked, {"imageDigest": digest})

    assert [(each["imageId"], each["failureCode"]) for each in answer["failures"]] == [
        (asked[0], "ImageNotFound"),
        (asked[1], "ImageNotFound"),
        (asked[2], "InvalidImageDigest"),
        (asked[3], "ImageTagDoesNotMatchDigest"),
        (asked[4], "MissingDigestAndTag"),
    ]
    assert answer["imageIds"] == [{"imageDigest": digest, "imageTag": "a"}]
    assert list(repository.manifests) == [other]


def test_all_images_can_fail(ecr: "ECRClient", repository: "Repository") -> None:
    answer = delete(ecr, {"imageDigest": MISSING})
    assert repository.name == "team/api"
    assert answer["imageIds"] == []
    assert len(answer["failures"]) == 1


def test_a_child_of_an_index_is_not_deleted(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    index, one, two = multi_arch(aws, repository, "latest")

    [failure] = delete(ecr, {"imageDigest": one})["failures"]

    assert failure == {
        "imageId": {"imageDigest": one},
        "failureCode": "ImageReferencedByManifestList",
        "failureReason": f"Requested image referenced by manifest list: [{index}]",
    }
    assert set(repository.manifests) == {index, one, two}


def test_the_last_tag_of_a_child_is_not_deleted(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    _, one, _ = multi_arch(aws, repository, "latest")
    aws.world.retag(repository, one, "amd64")

    [failure] = delete(ecr, {"imageTag": "amd64"})["failures"]

    assert failure["failureCode"] == "ImageReferencedByManifestList"
    assert repository.digest_by_tag["amd64"] == one


def test_children_can_be_deleted_after_their_index(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    index, one, two = multi_arch(aws, repository)

    answer = delete(ecr, {"imageDigest": index}, {"imageDigest": one}, {"imageDigest": two})
    assert answer["imageIds"] == [{"imageDigest": index}]
    assert {each["failureCode"] for each in answer["failures"]} == {"ImageReferencedByManifestList"}

    answer = delete(ecr, {"imageDigest": one}, {"imageDigest": two})
    assert answer["failures"] == []
    assert not repository.manifests


def test_a_child_can_be_deleted_after_its_last_index(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    index, one, _ = multi_arch(aws, repository)
    second = aws.world.push(repository, manifests.index([manifests.ChildManifest(image("amd64"))]))

    delete(ecr, {"imageDigest": index})
    [failure] = delete(ecr, {"imageDigest": one})["failures"]
    assert failure["failureReason"].endswith(f"[{second}]")

    delete(ecr, {"imageDigest": second})
    assert delete(ecr, {"imageDigest": one})["failures"] == []


def test_a_subject_can_be_deleted_before_its_referrers(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"))
    referrer = aws.world.push(repository, manifests.referrer(image("one")))

    assert delete(ecr, {"imageDigest": digest})["failures"] == []
    assert delete(ecr, {"imageDigest": referrer})["failures"] == []
    assert repository.referrers_of(digest) == []


def test_a_fallback_index_protects_its_referrers(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    signature = manifests.referrer(image("one"), manifests.NOTARY_SIGNATURE)
    digest = aws.world.push(repository, signature)
    aws.world.push(
        repository,
        manifests.referrers_fallback([signature]),
        tags=[manifests.fallback_tag(image("one"))],
    )

    [failure] = delete(ecr, {"imageDigest": digest})["failures"]

    assert failure["failureCode"] == "ImageReferencedByManifestList"


def test_an_archived_image_can_be_deleted(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"), archived_at=NOW)
    assert delete(ecr, {"imageDigest": digest})["imageIds"] == [{"imageDigest": digest}]


def test_an_image_is_deleted_once(
    aws: AwsStandIn, ecr: "ECRClient", repository: "Repository"
) -> None:
    digest = aws.world.push(repository, image("one"))

    answer = delete(ecr, {"imageDigest": digest}, {"imageDigest": digest})

    assert answer["imageIds"] == [{"imageDigest": digest}]
    assert [each["failureCode"] for each in answer["failures"]] == ["ImageNotFound"]


def test_an_unknown_repository_is_an_error(ecr: "ECRClient") -> None:
    code, _ = refused(
        ecr.batch_delete_image, repositoryName="no/such", imageIds=[{"imageTag": "a"}]
    )
    assert code == "RepositoryNotFoundException"
