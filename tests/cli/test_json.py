"""`plan --format json` has exactly the keys of the contract, one object on each line."""

from datetime import datetime, timedelta

import pytest

from bot.playground.aws import AwsStandIn, manifests
from tests.support import Run, Shelf, image_text

KEYS = {
    "unmatched_tags",
    "repository", "registry_id", "region", "images", "delete", "savings", "complete", "problems",
    "usage", "not_checked", "usage_memory", "deleted_also_in",
}  # fmt: skip
IMAGE_KEYS = {
    "digest", "tags", "kind", "parent", "verdict", "reasons", "pushed_at", "pulled_at",
    "size_bytes", "used_by",
}  # fmt: skip
REASON_KEYS = {
    "newest": {"rank", "of", "group", "since", "by_own_tag"},
    "artifact": {"type"},
    "follows": {"parent", "is_referrer", "pulled_at"},
    "nothing_keeps": {"passed_over", "missing_subject", "is_tagged", "pulled_at"},
}
"""The keys of a reason other than the rule and the sentence: docs/output.md."""

SAVINGS_KEYS = {"freed_bytes", "listed_bytes", "usd_per_month", "exact"}
SOURCES = [
    "ecs", "lambda", "kubernetes", "app_runner", "batch", "sagemaker", "codebuild", "files",
]  # fmt: skip


@pytest.fixture
def shelf(shelf: Shelf) -> Shelf:
    """11 releases and an old index, of which some are to delete, a chart, a signature, and a pulled
    image."""
    for number in range(10):
        shelf.image(f"2.{number}", age=20 - number)
    shelf.index("1.0", "amd64", "arm64", age=50)
    text = image_text("0.9")
    shelf.push(text, "0.9", "old", age=60, pulled=3)
    shelf.push(manifests.cosign_signature(text), manifests.cosign_tag(text), age=60)
    shelf.push(manifests.helm_chart("api", "1.0"), "chart", age=60)
    return shelf


def test_the_keys(plan: Run, shelf: Shelf) -> None:
    found = plan().plan
    assert found.keys() == KEYS
    assert found["savings"].keys() == SAVINGS_KEYS
    for image in found["images"]:
        assert image.keys() == IMAGE_KEYS
        assert image["reasons"]
        for reason in image["reasons"]:
            assert {"rule", "detail"} <= reason.keys()
            assert reason.keys() - {"rule", "detail"} <= REASON_KEYS[reason["rule"]]
            assert reason["detail"]
    assert (found["repository"], found["registry_id"], found["region"]) == (
        "team/api",
        "123456789012",
        "eu-west-1",
    )
    assert found["usage"] == []
    assert found["not_checked"] == SOURCES
    assert shelf.id.name == found["repository"]


def test_images_are_all_manifests_of_the_repository(plan: Run, shelf: Shelf) -> None:
    found = plan().plan
    assert sorted(each["digest"] for each in found["images"]) == shelf.repository.digests
    assert {each["digest"]: each["tags"] for each in found["images"]} == {
        digest: sorted(manifest.tags) for digest, manifest in shelf.repository.manifests.items()
    }


def test_delete_equals_the_delete_verdicts(plan: Run, shelf: Shelf) -> None:
    found = plan().plan
    judged = {each["digest"] for each in found["images"] if each["verdict"] == "delete"}
    assert set(found["delete"]) == judged
    assert len(found["delete"]) == len(judged) == 5
    assert shelf.repository.digest_by_tag["chart"] not in judged


def test_an_entry_has_kind_parent_times_and_size(plan: Run, shelf: Shelf) -> None:
    tagged = shelf.repository.digest_by_tag
    by_digest = {each["digest"]: each for each in plan().plan["images"]}
    index, chart, old = (by_digest[tagged[tag]] for tag in ("1.0", "chart", "0.9"))
    amd64 = by_digest[manifests.digest_of(image_text("amd64"))]
    signature = by_digest[tagged[manifests.cosign_tag(image_text("0.9"))]]
    assert [each["kind"] for each in (index, chart, old, signature)] == [
        "index", "artifact", "image", "referrer",
    ]  # fmt: skip
    assert (amd64["kind"], amd64["parent"]) == ("image", index["digest"])
    assert (signature["parent"], old["parent"]) == (old["digest"], None)
    assert (old["size_bytes"], old["used_by"]) == (1010, [])
    pushed, pulled = (
        datetime.strptime(old[key], "%Y-%m-%dT%H:%M:%S%z") for key in ("pushed_at", "pulled_at")
    )
    assert pushed.utcoffset() == pulled.utcoffset() == timedelta(0)
    assert abs(pushed - shelf.ago(60)) < timedelta(minutes=2)
    assert abs(pulled - shelf.ago(3)) < timedelta(minutes=2)
    assert amd64["pulled_at"] is None


def test_ecr_accepts_the_order_of_deletion(plan: Run, shelf: Shelf) -> None:
    order = plan().plan["delete"]
    children = [manifests.digest_of(image_text(name)) for name in ("amd64", "arm64")]
    assert order.index(shelf.repository.digest_by_tag["1.0"]) < min(map(order.index, children))


def test_savings_count_only_unshared_layers(plan: Run, aws: AwsStandIn) -> None:
    shared = Shelf(aws, "team/shared")
    base = ("base", 10_000)
    for number in range(12):
        layers = [base, (f"layer {number}", 1000)]
        shared.push(image_text(f"{number}", layers=layers), f"1.{number}", age=40 - number)
    savings = plan("team/shared").plan["savings"]
    assert savings == {
        "freed_bytes": 2 * 1010,
        "listed_bytes": 2 * 11_010,
        "usd_per_month": 2 * 1010 / 2**30 * 0.10,
        "exact": True,
    }


def test_a_line_for_each_repository(plan: Run, aws: AwsStandIn, shelf: Shelf) -> None:
    Shelf(aws, "team/web")
    result = plan("team/*")
    assert result.out.endswith("\n")
    assert len(result.out.splitlines()) == 2
    assert {each.keys() == KEYS for each in result.plans} == {True}
    assert shelf.id.name == result.plans[0]["repository"]


def test_a_large_repository_is_one_line(plan: Run, aws: AwsStandIn) -> None:
    large = Shelf(aws, "team/large")
    large.images(1001)
    found = plan("team/large").plan
    assert [each["digest"] for each in found["images"]] == large.repository.digests


def test_a_second_plan_is_equal_and_reads_nothing(plan: Run, aws: AwsStandIn, shelf: Shelf) -> None:
    first = plan()
    aws.world.calls.reset()
    second = plan()
    assert second.plan["images"] == first.plan["images"]
    assert second.plan["delete"] == first.plan["delete"]
    assert aws.world.calls.count("ecr:BatchGetImage") == 0
    assert aws.world.calls.count("ecr:DescribeImages") == 1
    assert shelf.pulled_at("2.0") is not None
