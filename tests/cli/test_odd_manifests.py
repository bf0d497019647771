"""Invalid and unusual manifests make the plan cautious, and never fail it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.core.manifest import OCI_INDEX, OCI_MANIFEST, ManifestContent
from bot.playground.aws import AwsStandIn, manifests
from bot.store.manifest_cache import SqliteManifestCache
from tests.support import Plan, Run, Shelf, image_text

MODEL, POLICY = "application/vnd.cncf.model.v1+json", "application/vnd.acme.policy"
UNKNOWN_TYPE = "application/vnd.example.manifest.v9+json"
NOT_JSON = "this is { no JSON"


def verdicts(plan: Plan) -> dict[str, str]:
    return {image["digest"]: image["verdict"] for image in plan["images"]}


def rules(plan: Plan, digest: str) -> set[str]:
    (image,) = (image for image in plan["images"] if image["digest"] == digest)
    return {reason["rule"] for reason in image["reasons"]}


@pytest.mark.parametrize("text", [NOT_JSON, "[]", "{}", '{"mediaType": 7}', "[" * 100_000])
def test_an_index_that_is_not_json_keeps_untagged_manifests(
    text: str, plan: Run, shelf: Shelf
) -> None:
    broken = shelf.raw(text, OCI_INDEX, "multi")
    stray = shelf.image("stray", "")
    result = plan()
    assert result.status == 3
    assert "is incomplete" in result.sentence
    assert broken[:19] in result.sentence
    assert result.plan["complete"] is False
    assert verdicts(result.plan) == {broken: "keep", stray: "keep"}
    assert "unknown" in rules(result.plan, broken) & rules(result.plan, stray)


@pytest.mark.parametrize("text", [NOT_JSON, "[]", "{}"])
def test_an_image_that_is_not_json_makes_savings_inexact(
    text: str, plan: Run, shelf: Shelf
) -> None:
    shelf.raw(text, OCI_MANIFEST)
    result = plan()
    assert result.status == 0
    assert result.err == ""
    assert result.plan["complete"] is True
    savings = result.plan["savings"]
    assert savings["exact"] is False
    assert savings["freed_bytes"] == savings["listed_bytes"] == 100


def test_an_unknown_type_keeps_untagged_manifests(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    unknown = shelf.push(image_text("odd"), media_type=UNKNOWN_TYPE)
    stray = shelf.image("stray", "")
    aws.world.calls.reset()
    result = plan()
    assert result.status == 3
    assert f"its type {UNKNOWN_TYPE} is unknown" in result.sentence
    assert verdicts(result.plan) == {unknown: "keep", stray: "keep"}
    (read,) = aws.world.calls.named("ecr:BatchGetImage")
    assert read.params["imageIds"] == [{"imageDigest": stray}]


def test_an_index_with_a_missing_child(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    index = shelf.index("multi", "amd64", "arm64")
    gone, left = (manifests.digest_of(image_text(name)) for name in ("amd64", "arm64"))
    aws.world.remove(shelf.repository, gone)
    result = plan()
    assert result.status == 0
    assert result.plan["complete"] is True
    assert verdicts(result.plan) == {index: "keep", left: "keep"}


def remembered(shelf: Shelf, environment: Path, contents: dict[str, ManifestContent]) -> None:
    """A manifest cannot contain its own digest, so only a wrong cache entry can have one."""
    del shelf
    with SqliteManifestCache(environment / "cache" / "ecr-clean" / "manifests.db") as cache:
        cache.add_contents(contents)


def test_an_index_that_lists_itself(plan: Run, shelf: Shelf, environment: Path) -> None:
    index = shelf.push(manifests.index([]))
    stray = shelf.image("stray", "")
    listing = ManifestContent(OCI_INDEX, children=(index, stray))
    remembered(shelf, environment, {index: listing})
    result = plan()
    assert result.status == 3
    assert "is incomplete" in result.sentence
    assert verdicts(result.plan) == {index: "keep", stray: "keep"}


def test_indexes_that_list_each_other(plan: Run, shelf: Shelf, environment: Path) -> None:
    first = shelf.push(manifests.index([]))
    second = shelf.push(manifests.index([], annotations={"second": "yes"}))
    listing = {
        first: ManifestContent(OCI_INDEX, children=(second,)),
        second: ManifestContent(OCI_INDEX, children=(first,)),
    }
    remembered(shelf, environment, listing)
    result = plan()
    assert result.status == 3
    assert "in a circle" in result.sentence
    assert verdicts(result.plan) == {first: "keep", second: "keep"}


def test_images_with_referrer_tags_of_each_other(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    first, second = image_text("first"), image_text("second")
    shelf.push(first, manifests.cosign_tag(second))
    shelf.push(second, manifests.cosign_tag(first))
    del aws
    result = plan()
    assert result.status == 3
    assert set(verdicts(result.plan).values()) == {"keep"}


def test_archived_images_are_listed_and_kept(aws: AwsStandIn, plan: Run, shelf: Shelf) -> None:
    archived = shelf.image("archived", "")
    aws.world.archive(shelf.repository, archived)
    result = plan()
    assert result.status == 0
    assert verdicts(result.plan) == {archived: "keep"}
    assert rules(result.plan, archived) == {"archived"}


def test_artifacts_are_treated_like_images_by_their_own_type(
    plan: Run, shelf: Shelf, settings_file: Callable[[str], Path]
) -> None:
    settings_file("policies: [{keep: [], artifact_types: [application/*model*]}]")
    config = ("{}", 2)
    old = manifests.image(
        config, [("weights", 9)], config_type=manifests.OCI_EMPTY, artifact_type=MODEL
    )
    other = manifests.image(
        config, [("rules", 9)], config_type=manifests.OCI_EMPTY, artifact_type=POLICY
    )
    model, policy = shelf.push(old, "model"), shelf.push(other, "policy")
    for _ in range(2):  # the second time from the cache
        result = plan()
        assert verdicts(result.plan) == {model: "delete", policy: "keep"}
        assert rules(result.plan, policy) == {"artifact"}
        (kept,) = (image for image in result.plan["images"] if image["digest"] == policy)
        assert POLICY in kept["reasons"][0]["detail"]
