"""DescribeRepositories, DescribeImages, ListImages, ListImageReferrers, ListTagsForResource."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests

from .helpers import NOW, MakeClient, image, refused

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient


def pages(call: Any, key: str, **params: Any) -> list[list[Any]]:
    """All pages, without the SDK's paginator."""
    found: list[list[Any]] = []
    token: dict[str, str] = {}
    while True:
        answer = call(**params, **token)
        found.append(answer[key])
        if "nextToken" not in answer:
            return found
        token = {"nextToken": answer["nextToken"]}


def fill(aws: AwsStandIn, count: int, name: str = "team/api") -> list[str]:
    repository = aws.world.create_repository(name)
    return [
        aws.world.push(
            repository, image(f"{name} {n}"), pushed_at=NOW - timedelta(hours=n), tags=[f"v{n}"]
        )
        for n in range(count)
    ]


def test_an_image_with_all_fields(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    text = image("one", size=5_000_000)
    pushed, pulled = NOW - timedelta(days=3), NOW - timedelta(days=1)
    aws.world.push(repository, text, tags=["b", "a"], pushed_at=pushed, pulled_at=pulled)

    [detail] = ecr.describe_images(repositoryName="team/api")["imageDetails"]

    assert detail == {
        "registryId": "123456789012",
        "repositoryName": "team/api",
        "imageDigest": manifests.digest_of(text),
        "imageTags": ["a", "b"],
        "imageSizeInBytes": 5_000_010,
        "imagePushedAt": pushed,
        "imageManifestMediaType": manifests.OCI_IMAGE,
        "artifactMediaType": manifests.OCI_CONFIG,
        "lastRecordedPullTime": pulled,
        "imageStatus": "ACTIVE",
    }


def test_missing_fields_are_left_out(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.push(aws.world.create_repository("team/api"), image("one"))

    [detail] = ecr.describe_images(repositoryName="team/api")["imageDetails"]

    absent = {"imageTags", "lastRecordedPullTime", "subjectManifestDigest", "lastArchivedAt"}
    assert not absent & detail.keys()


def test_a_referrer_has_its_subject(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    subject = image("one")
    digest = aws.world.push(repository, manifests.referrer(subject, manifests.SPDX))

    [detail] = ecr.describe_images(repositoryName="team/api", imageIds=[{"imageDigest": digest}])[
        "imageDetails"
    ]

    assert detail["subjectManifestDigest"] == manifests.digest_of(subject)
    assert detail["artifactMediaType"] == manifests.OCI_EMPTY


def test_an_index_is_as_large_as_its_largest_child_and_has_no_config(
    aws: AwsStandIn, ecr: "ECRClient"
) -> None:
    repository = aws.world.create_repository("team/api")
    small, large = image("small", 100), image("large", 900)
    listing = manifests.index(
        [manifests.ChildManifest(small), manifests.ChildManifest(large, "linux/arm64")]
    )
    outer = manifests.index([manifests.ChildManifest(listing)])
    for text in (outer, listing, small):
        aws.world.push(repository, text)
    assert _sizes(ecr)[manifests.digest_of(listing)] == 110

    aws.world.push(repository, large)

    sizes = _sizes(ecr)
    assert sizes[manifests.digest_of(listing)] == sizes[manifests.digest_of(outer)] == 910
    ids: Any = [{"imageDigest": manifests.digest_of(listing)}]
    [detail] = ecr.describe_images(repositoryName="team/api", imageIds=ids)["imageDetails"]
    assert detail["imageManifestMediaType"] == manifests.OCI_INDEX
    assert "artifactMediaType" not in detail


def _sizes(ecr: "ECRClient") -> dict[str, int]:
    details = ecr.describe_images(repositoryName="team/api")["imageDetails"]
    return {detail["imageDigest"]: detail["imageSizeInBytes"] for detail in details}


def test_a_page_has_100_images_by_default(aws: AwsStandIn, ecr: "ECRClient") -> None:
    fill(aws, 101)

    answer = ecr.describe_images(repositoryName="team/api")

    assert len(answer["imageDetails"]) == 100
    assert "nextToken" in answer


@pytest.mark.parametrize("size", [1, 7, 25, 26, 1000])
def test_pages_list_every_image_once(aws: AwsStandIn, ecr: "ECRClient", size: int) -> None:
    pushed = fill(aws, 25)

    found = pages(ecr.describe_images, "imageDetails", repositoryName="team/api", maxResults=size)

    listed = [detail["imageDigest"] for page in found for detail in page]
    assert sorted(listed) == sorted(pushed)
    assert all(len(page) == size for page in found[:-1])
    assert found[-1]


def test_images_are_not_listed_in_the_order_of_their_push(
    aws: AwsStandIn, ecr: "ECRClient"
) -> None:
    fill(aws, 25)

    times = [
        detail["imagePushedAt"]
        for detail in ecr.describe_images(repositoryName="team/api")["imageDetails"]
    ]

    assert times not in (sorted(times), sorted(times, reverse=True))


def test_a_deletion_between_two_pages_hides_no_image(aws: AwsStandIn, ecr: "ECRClient") -> None:
    pushed = fill(aws, 10)
    first = ecr.describe_images(repositoryName="team/api", maxResults=4)
    gone = first["imageDetails"][0]["imageDigest"]
    aws.world.remove(aws.world.repository("team/api"), gone)

    rest = ecr.describe_images(repositoryName="team/api", nextToken=first["nextToken"])

    listed = {d["imageDigest"] for d in (*first["imageDetails"], *rest["imageDetails"])}
    assert listed == set(pushed)


def test_a_token_is_valid_only_for_its_request(aws: AwsStandIn, ecr: "ECRClient") -> None:
    fill(aws, 3)
    fill(aws, 3, name="team/web")
    token = ecr.describe_images(repositoryName="team/api", maxResults=1)["nextToken"]
    flipped = ("A" if token[0] != "A" else "B") + token[1:]

    questions: list[dict[str, Any]] = [
        {"repositoryName": "team/web", "nextToken": token},
        {"repositoryName": "team/api", "nextToken": token, "filter": {"tagStatus": "TAGGED"}},
        {"repositoryName": "team/api", "nextToken": flipped},
        {"repositoryName": "team/api", "nextToken": "not a token"},
    ]
    for question in questions:
        code, message = refused(ecr.describe_images, **question)
        assert code == "InvalidParameterException"
        assert "nextToken" in message


def test_filters_by_tag(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    tagged = aws.world.push(repository, image("tagged"), tags=["a"])
    untagged = aws.world.push(repository, image("untagged"))

    def listed(status: Any) -> set[str]:
        answer = ecr.describe_images(repositoryName="team/api", filter={"tagStatus": status})
        return {detail["imageDigest"] for detail in answer["imageDetails"]}

    assert listed("TAGGED") == {tagged}
    assert listed("UNTAGGED") == {untagged}
    assert listed("ANY") == {tagged, untagged}


def test_only_active_images_are_listed_by_default(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    active = aws.world.push(repository, image("active"))
    archived = aws.world.push(repository, image("archived"), archived_at=NOW)

    def listed(**params: Any) -> set[str]:
        answer = ecr.describe_images(repositoryName="team/api", **params)
        return {detail["imageDigest"] for detail in answer["imageDetails"]}

    assert listed() == listed(filter={"tagStatus": "ANY"}) == {active}
    assert listed(filter={"imageStatus": "ARCHIVED"}) == {archived}
    assert listed(filter={"imageStatus": "ANY"}) == {active, archived}
    assert listed(filter={"imageStatus": "ACTIVATING"}) == set()


def test_named_images(aws: AwsStandIn, ecr: "ECRClient") -> None:
    first, second, _ = fill(aws, 3)

    answer = ecr.describe_images(
        repositoryName="team/api", imageIds=[{"imageTag": "v1"}, {"imageDigest": first}]
    )

    assert [detail["imageDigest"] for detail in answer["imageDetails"]] == [second, first]


@pytest.mark.parametrize(
    "other", [{"maxResults": 5}, {"nextToken": "x"}, {"filter": {"tagStatus": "ANY"}}]
)
def test_names_and_paging_cannot_be_combined(
    aws: AwsStandIn, ecr: "ECRClient", other: dict[str, Any]
) -> None:
    fill(aws, 1)

    code, _ = refused(
        ecr.describe_images, repositoryName="team/api", imageIds=[{"imageTag": "v0"}], **other
    )

    assert code == "InvalidParameterException"


def test_an_unknown_image_is_an_error(aws: AwsStandIn, ecr: "ECRClient") -> None:
    fill(aws, 1)

    code, message = refused(
        ecr.describe_images, repositoryName="team/api", imageIds=[{"imageTag": "nope"}]
    )

    assert code == "ImageNotFoundException"
    assert message == (
        "The image with imageId {imageDigest:'null', imageTag:'nope'} does not exist within the "
        "repository with name 'team/api' in the registry with id '123456789012'"
    )


def test_an_empty_image_id_is_an_error(aws: AwsStandIn, ecr: "ECRClient") -> None:
    fill(aws, 1)

    code, _ = refused(ecr.describe_images, repositoryName="team/api", imageIds=[{}])

    assert code == "InvalidParameterException"


def test_the_error_of_an_unknown_repository(ecr: "ECRClient") -> None:
    assert refused(ecr.describe_images, repositoryName="no/such") == (
        "RepositoryNotFoundException",
        "The repository with name 'no/such' does not exist in the registry with id '123456789012'",
    )


def test_a_change_is_visible_in_the_next_list(aws: AwsStandIn, ecr: "ECRClient") -> None:
    [digest] = fill(aws, 1)
    repository = aws.world.repository("team/api")

    def listed() -> Any:
        return ecr.describe_images(repositoryName="team/api")["imageDetails"][0]

    assert listed() == listed()
    aws.world.retag(repository, "v0", "stable")
    assert listed()["imageTags"] == ["stable", "v0"]
    aws.world.pull(repository, digest)
    assert listed()["lastRecordedPullTime"] == NOW


def test_repositories_are_described(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.create_repository(
        "team/api", created_at=NOW, mutability="IMMUTABLE_WITH_EXCLUSION", exclusions=["dev*"]
    )

    [repository] = ecr.describe_repositories()["repositories"]

    assert repository == {
        "repositoryArn": "arn:aws:ecr:eu-west-1:123456789012:repository/team/api",
        "registryId": "123456789012",
        "repositoryName": "team/api",
        "repositoryUri": "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api",
        "createdAt": NOW,
        "imageTagMutability": "IMMUTABLE_WITH_EXCLUSION",
        "imageTagMutabilityExclusionFilters": [{"filterType": "WILDCARD", "filter": "dev*"}],
        "imageScanningConfiguration": {"scanOnPush": False},
        "encryptionConfiguration": {"encryptionType": "AES256"},
    }


def test_names_in_china(aws: AwsStandIn, make_client: MakeClient) -> None:
    aws.world.create_repository("team/api", region="cn-north-1")

    answer = make_client("ecr", region="cn-north-1").describe_repositories()

    [repository] = answer["repositories"]
    assert repository["repositoryUri"].endswith(".dkr.ecr.cn-north-1.amazonaws.com.cn/team/api")
    assert repository["repositoryArn"].startswith("arn:aws-cn:ecr:")


def test_regions_are_separate(aws: AwsStandIn, make_client: MakeClient) -> None:
    aws.world.create_repository("team/api", region="us-east-1")

    assert make_client("ecr").describe_repositories()["repositories"] == []
    assert len(make_client("ecr", region="us-east-1").describe_repositories()["repositories"]) == 1


def test_repositories_have_pages_of_100(aws: AwsStandIn, ecr: "ECRClient") -> None:
    names = sorted(f"team/r{n}" for n in range(205))
    for name in names:
        aws.world.create_repository(name)

    found = pages(ecr.describe_repositories, "repositories")

    assert [len(page) for page in found] == [100, 100, 5]
    assert sorted(each["repositoryName"] for page in found for each in page) == names


def test_repositories_by_name(aws: AwsStandIn, ecr: "ECRClient") -> None:
    aws.world.create_repository("team/api")

    found = ecr.describe_repositories(repositoryNames=["team/api"])["repositories"]
    assert [each["repositoryName"] for each in found] == ["team/api"]
    code, _ = refused(ecr.describe_repositories, repositoryNames=["team/api", "no/such"])
    assert code == "RepositoryNotFoundException"
    code, _ = refused(ecr.describe_repositories, repositoryNames=["team/api"], maxResults=5)
    assert code == "InvalidParameterException"


def test_referrers_are_listed_by_subject_20_at_a_time(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    subject = image("subject")
    aws.world.push(repository, subject)
    pushed = [
        aws.world.push(repository, manifests.referrer(subject, name=f"{n}")) for n in range(21)
    ]
    aws.world.push(repository, manifests.referrer(image("other")))

    found = pages(
        ecr.list_image_referrers,
        "referrers",
        repositoryName="team/api",
        subjectId={"imageDigest": manifests.digest_of(subject)},
    )

    assert [len(page) for page in found] == [20, 1]
    assert sorted(each["digest"] for page in found for each in page) == sorted(pushed)
    assert found[0][0]["artifactType"] == manifests.SPDX
    assert found[0][0]["size"] == 40_002


def test_referrers_are_filtered(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    subject = image("subject")
    sbom = aws.world.push(repository, manifests.referrer(subject))
    signature = aws.world.push(
        repository, manifests.referrer(subject, manifests.NOTARY_SIGNATURE), archived_at=NOW
    )

    def listed(**wanted: Any) -> set[str]:
        answer = ecr.list_image_referrers(
            repositoryName="team/api",
            subjectId={"imageDigest": manifests.digest_of(subject)},
            filter=wanted,  # type: ignore[arg-type]
        )
        return {each["digest"] for each in answer["referrers"]}

    assert listed() == {sbom}
    assert listed(artifactStatus="ANY") == {sbom, signature}
    assert listed(artifactStatus="ANY", artifactTypes=[manifests.NOTARY_SIGNATURE]) == {signature}


def test_the_tags_of_a_repository(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api", tags={"team": "shop"})

    answer = ecr.list_tags_for_resource(resourceArn=repository.arn)

    assert answer["tags"] == [{"Key": "team", "Value": "shop"}]
    for arn in ("nonsense", "arn:aws:s3:::bucket", repository.arn.replace("eu-west-1", "x-1")):
        assert refused(ecr.list_tags_for_resource, resourceArn=arn)[0] == (
            "InvalidParameterException"
        )


def listed(ecr: "ECRClient", **params: Any) -> list[tuple[str, str | None]]:
    ids = ecr.list_images(repositoryName="team/api", **params)["imageIds"]
    return [(each["imageDigest"], each.get("imageTag")) for each in ids]


def test_an_image_is_listed_once_for_each_of_its_tags(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    one = aws.world.push(repository, image("one"), tags=["b", "a"])
    two = aws.world.push(repository, image("two"))
    assert listed(ecr) == sorted([(one, "a"), (one, "b"), (two, None)], key=str)

    aws.world.retag(repository, two, "b")
    assert sorted(listed(ecr)) == sorted([(one, "a"), (two, "b")])
    aws.world.remove(repository, one)
    assert listed(ecr) == [(two, "b")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({}, {"tagged", "untagged"}),
        ({"tagStatus": "ANY"}, {"tagged", "untagged"}),
        ({"tagStatus": "TAGGED"}, {"tagged"}),
        ({"tagStatus": "UNTAGGED"}, {"untagged"}),
        ({"imageStatus": "ARCHIVED"}, {"archived"}),
        ({"imageStatus": "ANY"}, {"tagged", "untagged", "archived"}),
        ({"imageStatus": "ANY", "tagStatus": "TAGGED"}, {"tagged", "archived"}),
    ],
)
def test_filters_of_list_images(
    aws: AwsStandIn, ecr: "ECRClient", wanted: dict[str, str], found: set[str]
) -> None:
    repository = aws.world.create_repository("team/api")
    digests = {
        "tagged": aws.world.push(repository, image("tagged"), tags=["a"]),
        "untagged": aws.world.push(repository, image("untagged")),
        "archived": aws.world.push(repository, image("archived"), tags=["b"], archived_at=NOW),
    }
    expected = {digests[name] for name in found}
    assert {digest for digest, _ in listed(ecr, filter=wanted)} == expected


def test_pages_of_list_images_count_tags(aws: AwsStandIn, ecr: "ECRClient") -> None:
    repository = aws.world.create_repository("team/api")
    for n in range(3):
        aws.world.push(repository, image(f"{n}"), tags=[f"{n}.{tag}" for tag in range(40)])
    found = pages(ecr.list_images, "imageIds", repositoryName="team/api")
    assert [len(page) for page in found] == [100, 20]
    assert len({each["imageTag"] for page in found for each in page}) == 120

    token = ecr.list_images(repositoryName="team/api", maxResults=1)["nextToken"]
    code, _ = refused(ecr.describe_images, repositoryName="team/api", nextToken=token)
    assert code == "InvalidParameterException"
