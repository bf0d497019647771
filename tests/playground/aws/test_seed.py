"""The seeded company, and seeded repositories for benchmarks."""

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.playground.aws import AwsStandIn, manifests
from bot.playground.seed import seed_company, seed_repository

from .helpers import NOW

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient

    from bot.playground.aws.ecr.repository import Repository
    from bot.playground.aws.ecr.stored_manifest import StoredManifest


@pytest.fixture
def company(aws: AwsStandIn) -> dict[str, "Repository"]:
    return {name: aws.world.repository(name) for name in seed_company(aws.url, NOW)}


def all_of(company: dict[str, "Repository"]) -> list["StoredManifest"]:
    return [each for repository in company.values() for each in repository.manifests.values()]


def types_in(repository: "Repository") -> Counter[str | None]:
    return Counter(each.artifact_media_type for each in repository.manifests.values())


def test_the_company_is_the_same_every_time(company: dict[str, "Repository"]) -> None:
    with AwsStandIn() as second:
        seed_company(second.url, NOW)
        for name, repository in company.items():
            again = second.world.repository(name)
            assert again.digest_by_tag == repository.digest_by_tag
            assert again.digests == repository.digests


def test_the_companys_repositories(
    company: dict[str, "Repository"],
) -> None:
    web, worker = company["shop/web"], company["shop/worker"]
    assert "latest" in company["shop/api"].digest_by_tag
    assert any("SNAPSHOT" in tag for tag in company["shop/api"].digest_by_tag)
    indexes = [each for each in web.manifests.values() if each.is_index]
    assert any(not each.tags for each in indexes)
    assert len(web.manifests) == 5 * len(indexes)
    assert any(tag.endswith(".sig") for tag in worker.digest_by_tag)
    assert any(each.subject for each in worker.manifests.values())
    assert set(types_in(company["platform/charts"])) == {manifests.HELM_CONFIG}
    assert not company["data/etl"].manifests
    assert all(
        each.pushed_at > NOW - timedelta(days=1)
        for each in company["mobile/bff"].manifests.values()
    )
    statuses = {each.status for each in company["legacy/reports"].manifests.values()}
    assert statuses == {"ACTIVE", "ARCHIVED"}


def test_the_company_has_18_months_of_images(company: dict[str, "Repository"]) -> None:
    times = [each.pushed_at for each in all_of(company)]
    assert min(times) < NOW - timedelta(days=530)
    assert max(times) <= NOW
    assert all(
        each.pulled_at is None or each.pulled_at >= each.pushed_at for each in all_of(company)
    )
    assert all(each.pulled_at is None or each.pulled_at <= NOW for each in all_of(company))


def test_the_companys_images_can_all_be_listed(
    ecr: "ECRClient", company: dict[str, "Repository"]
) -> None:
    for name, repository in company.items():
        pages: Any = ecr.get_paginator("describe_images").paginate(
            repositoryName=name, filter={"imageStatus": "ANY"}
        )
        listed = [detail["imageDigest"] for page in pages for detail in page["imageDetails"]]
        assert sorted(listed) == repository.digests


def test_a_seeded_repository_has_the_exact_number_of_manifests(aws: AwsStandIn) -> None:
    seed_repository(aws.url, "big/one", 2503, now=NOW, region="us-east-1")

    repository = aws.world.repository("big/one", region="us-east-1")
    roots = [
        each
        for each in repository.manifests.values()
        if not repository.indexes_listing(each.digest)
    ]
    indexes = [each for each in roots if each.is_index]
    times = [each.pushed_at for each in repository.manifests.values()]

    assert len(repository.manifests) == 2503
    assert 0.19 < len(indexes) / len(roots) < 0.21
    assert sum(not each.tags for each in roots) > len(roots) / 10
    assert max(times) <= NOW
    assert max(times) - min(times) > timedelta(days=700)
