"""Calls during the execution of a plan: lists of digests, descriptions and manifest texts."""

import json
from typing import Any

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.errors import AnswerLostError, RequestError, ServiceError
from bot.core.manifest import DescribedImage, ImageStatus
from bot.playground.aws import AwsStandIn, Fault, manifests
from bot.playground.aws.faults import FaultTarget
from bot.ports import ManifestText
from tests.support import Shelf, image_text

MISSING = [f"sha256:{number:064x}" for number in range(200)]
BROKEN = (Fault(cut="body"), Fault(body="<html>"), Fault(answer={"more": 1}))


class ErrorWithoutName(Fault):
    """A fault for calls that request a missing image. Its message does not name the image."""

    def matches(self, call: FaultTarget) -> bool:
        asked = {each["imageDigest"] for each in call.params.get("imageIds", ())}
        return bool(asked & {*MISSING})


def described(registry: EcrRegistry, shelf: Shelf) -> dict[str, DescribedImage]:
    return {each.digest: each for each in registry.describe(shelf.id)}


def calls(aws: AwsStandIn, operation: str) -> list[dict[str, Any]]:
    return [dict(call.params) for call in aws.world.calls.named(f"ecr:{operation}")]


def test_every_digest_is_listed_once(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    """Images of every status, with any number of tags."""
    expected = [shelf.image("a", "1", "2", "3"), shelf.image("b", ""), *shelf.images(3)]
    archived = shelf.image("archived")
    aws.world.archive(shelf.repository, archived)
    found = list(registry.digests(shelf.id))
    assert sorted(found) == sorted([*expected, archived])
    (call,) = calls(aws, "ListImages")
    assert call["maxResults"] == 1000
    assert call["filter"] == {"tagStatus": "ANY", "imageStatus": "ANY"}


def test_digests_have_pages_of_1000(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    """An image whose tags are on two pages is listed once."""
    digests = [shelf.image(name, *(f"{name}.{n}" for n in range(400))) for name in "abcde"]
    assert sorted(registry.digests(shelf.id)) == sorted(digests)
    assert len(calls(aws, "ListImages")) == 2


def test_an_empty_repository(shelf: Shelf, registry: EcrRegistry) -> None:
    assert list(registry.digests(shelf.id)) == []
    assert registry.describe_some(shelf.id, []) == {}


def test_images_are_described_as_they_are_now(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digests = shelf.images(100)
    aws.world.archive(shelf.repository, digests[0])
    everything = described(registry, shelf)
    aws.world.calls.reset()
    assert registry.describe_some(shelf.id, digests) == everything
    assert registry.describe_some(shelf.id, digests[:1])[digests[0]].status == ImageStatus.ARCHIVED
    assert len(calls(aws, "DescribeImages")) == 2


@pytest.mark.parametrize("gone", [1, 3, 99, 100])
def test_each_missing_image_costs_a_call(
    gone: int, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    there = shelf.images(100 - gone)
    asked = sorted([*there, *MISSING[:gone]], key=lambda digest: digest[::-1])
    found = registry.describe_some(shelf.id, asked)
    assert found == described(registry, shelf)
    aws.world.calls.reset()
    registry.describe_some(shelf.id, asked)
    assert len(calls(aws, "DescribeImages")) == gone + (1 if there else 0)


def test_batches_are_split_after_errors_without_a_name(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    """The calls end with single images, where the error can only mean that image."""
    there = shelf.images(97)
    digests = [*there[:10], MISSING[0], *there[10:50], MISSING[1], *there[50:], MISSING[2]]
    expected = described(registry, shelf)
    aws.world.calls.reset()
    aws.world.faults.add(
        ErrorWithoutName(error="ImageNotFoundException", message="An image is gone", times=None)
    )
    assert registry.describe_some(shelf.id, digests) == expected
    assert len(calls(aws, "DescribeImages")) < 50


@pytest.mark.parametrize("error", ["RepositoryNotFoundException", "AccessDeniedException"])
def test_another_error_does_not_mean_missing_images(
    error: str, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digest = shelf.image("a")
    aws.world.faults.add(Fault(operation="DescribeImages", error=error, message=digest))
    with pytest.raises((RequestError, ServiceError)):
        registry.describe_some(shelf.id, [digest])


def test_tags_are_resolved_to_what_they_name_now(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    """Also two tags of an image, and the tag of an archived image."""
    shelf.image("before", "main")
    main, old = shelf.image("now", "main", "1.0", "2.0"), shelf.image("old", "0.9")
    aws.world.archive(shelf.repository, old)
    found = registry.digests_of_tags(shelf.id.name, ["main", "1.0", "0.9"])
    assert found == {"main": main, "1.0": main, "0.9": old}
    (call,) = calls(aws, "DescribeImages")
    assert call["imageIds"] == [{"imageTag": "main"}, {"imageTag": "1.0"}, {"imageTag": "0.9"}]


def test_missing_tags_are_left_out(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    """Each costs a call. A tag may be the name of the repository, or a part of the message."""
    digest = shelf.image("a", "1", "team", "image")
    asked = ["1", "team", "gone", "image", "null", "no"]
    found = registry.digests_of_tags(shelf.id.name, asked)
    assert found == dict.fromkeys(["1", "team", "image"], digest)
    assert len(calls(aws, "DescribeImages")) == 4


def test_a_missing_repository_has_no_tags(aws: AwsStandIn, registry: EcrRegistry) -> None:
    """ECR's names have two characters at least."""
    assert registry.digests_of_tags("team/unknown", ["1"]) == {}
    assert registry.digests_of_tags("a", ["1"]) == {}
    assert len(calls(aws, "DescribeImages")) == 1


def test_tags_that_cannot_be_resolved(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    shelf.image("a")
    aws.world.deny("ecr:DescribeImages")
    with pytest.raises(ServiceError, match=r"refused ecr:DescribeImages on team/api in"):
        registry.digests_of_tags(shelf.id.name, ["a"])


def test_an_error_after_missing_images_is_raised(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digests = [*shelf.images(3), MISSING[0]]
    aws.world.faults.throttle(operation="DescribeImages", skip=1)
    with pytest.raises(ServiceError, match="throttled"):
        registry.describe_some(shelf.id, digests)


def test_an_omitted_image_is_an_error(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    digests = shelf.images(3)
    details = [{"imageDigest": digest} for digest in digests[:2]]
    aws.world.faults.add(Fault(operation="DescribeImages", answer={"imageDetails": details}))
    with pytest.raises(ServiceError, match="omitted 1 of 3 images without an error"):
        registry.describe_some(shelf.id, digests)


def test_unrequested_images_are_left_out(
    aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digests = shelf.images(2)
    details = [{"imageDigest": digest} for digest in digests]
    aws.world.faults.add(Fault(operation="DescribeImages", answer={"imageDetails": details}))
    assert list(registry.describe_some(shelf.id, digests[:1])) == digests[:1]


@pytest.mark.parametrize("number", range(len(BROKEN)))
@pytest.mark.parametrize("what", ["digests", "describe_some", "texts"])
def test_answers_that_are_cut_or_unreadable(
    what: str, number: int, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digest = shelf.image("a")
    fault = BROKEN[number]
    aws.world.faults.add(Fault(cut=fault.cut, body=fault.body, answer=fault.answer))
    asked = () if what == "digests" else ([digest],)
    with pytest.raises(AnswerLostError, match="boto3 cannot read"):
        list(getattr(registry, what)(shelf.id, *asked))


@pytest.mark.parametrize("what", ["digests", "describe", "describe_some", "texts"])
def test_a_deleted_repository(what: str, shelf: Shelf, registry: EcrRegistry) -> None:
    digest = shelf.image("a")
    del shelf.world.registries.at("123456789012", "eu-west-1").repositories["team/api"]
    asked = ([digest],) if what in {"describe_some", "texts"} else ()
    with pytest.raises(RequestError, match="team/api no longer exists"):
        list(getattr(registry, what)(shelf.id, *asked))


def test_texts_are_unchanged(aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry) -> None:
    image = shelf.image("a")
    docker = shelf.push(manifests.image(("c", 1), [("l", 2)], docker=True))
    index = shelf.index("multi", "amd64")
    archived = shelf.image("archived")
    aws.world.archive(shelf.repository, archived)
    asked = [image, docker, index, archived, MISSING[0]]
    stored = shelf.repository.manifests
    assert registry.texts(shelf.id, asked).found == {
        digest: ManifestText(stored[digest].media_type, stored[digest].text)
        for digest in (image, docker, index)
    }
    (call,) = calls(aws, "BatchGetImage")
    assert manifests.OCI_INDEX in call["acceptedMediaTypes"]


@pytest.mark.parametrize("text", [image_text("b"), '{"\ud800": 1}'])
def test_a_text_of_another_digest_is_left_out(
    text: str, aws: AwsStandIn, shelf: Shelf, registry: EcrRegistry
) -> None:
    digest = shelf.image("a")
    entry = {"imageId": {"imageDigest": digest}, "imageManifest": text}
    body = json.dumps({"images": [entry]})
    aws.world.faults.add(Fault(operation="BatchGetImage", body=body))
    assert registry.texts(shelf.id, [digest]).found == {}
