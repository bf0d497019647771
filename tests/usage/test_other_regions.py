"""Regions that no source scans: one call for each service, with answers remembered for a day."""

from datetime import timedelta

import boto3
import pytest

from bot.core.patterns import Patterns
from bot.core.repository import RegistryId
from bot.core.usage import OtherRegionsUsage, UnscannedRegion
from bot.playground.aws import DEFAULT_ACCOUNT, DEFAULT_REGION, AwsStandIn, Fault
from bot.playground.aws.ec2.state import ALWAYS_ENABLED
from bot.store.manifest_cache import SqliteManifestCache
from bot.usage.kubernetes.unlisted_clusters import KnownEksClusters
from bot.usage.other_regions import (
    NullRegionMemory,
    OtherRegionsCheck,
    Question,
    has_ecs_clusters,
    has_eks_clusters,
    may_have_lambda_images,
)
from tests.support import NOW

pytestmark = pytest.mark.usefixtures("environment")

THERE, FAR = "us-east-1", "sa-east-1"
CALLS = ("ecs:ListClusters", "lambda:ListFunctions", "eks:ListClusters")


@pytest.fixture(autouse=True)
def regions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ALWAYS_ENABLED, "aws", (DEFAULT_REGION, FAR, THERE))


@pytest.fixture
def others() -> OtherRegionsCheck:
    ignored = KnownEksClusters(
        listed=frozenset({"prod", f"arn:aws:eks:{THERE}:{DEFAULT_ACCOUNT}:cluster/listed"}),
        ignored=Patterns.of("sandbox-*"),
        ignored_arns=Patterns(),
    )
    questions: dict[str, Question] = {
        "ecs": has_ecs_clusters,
        "lambda": may_have_lambda_images,
        "kubernetes": has_eks_clusters(ignored),
    }
    return OtherRegionsCheck(boto3.Session(), DEFAULT_ACCOUNT, [DEFAULT_REGION], questions)


def ask(others: OtherRegionsCheck) -> OtherRegionsUsage:
    return others.check(NullRegionMemory(), NOW)


def unseen(region: str, *sources: str) -> UnscannedRegion:
    return UnscannedRegion(RegistryId(DEFAULT_ACCOUNT, region), sources)


def use_functions(aws: AwsStandIn, region: str, *, images: int, archives: int = 0) -> None:
    functions = aws.world.functions(DEFAULT_ACCOUNT, region)
    for number in range(images):
        image = f"{DEFAULT_ACCOUNT}.dkr.ecr.{region}.amazonaws.com/a:1"
        functions.create(f"image-{number}", image, digest=f"sha256:{'0' * 64}")
    for number in range(archives):
        functions.create(f"archive-{number:03}")


def test_one_call_for_each_service_of_each_region(
    aws: AwsStandIn, others: OtherRegionsCheck
) -> None:
    assert ask(others) == OtherRegionsUsage(DEFAULT_ACCOUNT, asked=(FAR, THERE))
    assert aws.world.calls.counts() == {"ec2:DescribeRegions": 1, **dict.fromkeys(CALLS, 2)}


def test_workloads_in_other_regions(aws: AwsStandIn, others: OtherRegionsCheck) -> None:
    aws.world.ecs(DEFAULT_ACCOUNT, THERE).cluster("prod")
    use_functions(aws, THERE, images=1)
    aws.world.eks(DEFAULT_ACCOUNT, FAR).create("prod")
    aws.world.ecs().cluster("here")
    assert ask(others).found == (unseen(FAR, "kubernetes"), unseen(THERE, "ecs", "lambda"))


@pytest.mark.parametrize(("archives", "is_found"), [(50, False), (51, True)])
def test_functions_without_an_image(
    aws: AwsStandIn, others: OtherRegionsCheck, archives: int, *, is_found: bool
) -> None:
    """With more than one page, functions with images may exist."""
    use_functions(aws, THERE, images=0, archives=archives)
    assert ask(others).found == ((unseen(THERE, "lambda"),) if is_found else ())


def test_eks_clusters_that_are_listed_by_arn_or_ignored(
    aws: AwsStandIn, others: OtherRegionsCheck
) -> None:
    for name in ("listed", "sandbox-1"):
        aws.world.eks(DEFAULT_ACCOUNT, THERE).create(name)
    assert ask(others).found == ()


def test_answers_are_remembered_for_a_day(
    aws: AwsStandIn, others: OtherRegionsCheck, cache: SqliteManifestCache
) -> None:
    aws.world.ecs(DEFAULT_ACCOUNT, THERE).cluster("prod")
    first = others.check(cache, NOW)
    aws.world.calls.reset()
    assert others.check(cache, NOW + timedelta(hours=23)) == first
    assert aws.world.calls.counts() == {"ec2:DescribeRegions": 1}
    use_functions(aws, THERE, images=1)
    found = others.check(cache, NOW + timedelta(hours=24)).found
    assert found == (unseen(THERE, "ecs", "lambda"),)


def test_a_failed_region_keeps_its_remembered_answers(
    aws: AwsStandIn, others: OtherRegionsCheck, cache: SqliteManifestCache
) -> None:
    use_functions(aws, THERE, images=1)
    others.check(cache, NOW)
    aws.world.deny("lambda:ListFunctions", region=THERE)
    later = others.check(cache, NOW + timedelta(days=2))
    assert later.found == (unseen(THERE, "lambda"),)
    (why,) = later.errors
    assert "AWS refused lambda:ListFunctions" in why.text
    assert later.asked == (FAR,)


def test_remembered_answers_count_without_the_list_of_regions(
    aws: AwsStandIn, others: OtherRegionsCheck, cache: SqliteManifestCache
) -> None:
    use_functions(aws, THERE, images=1)
    others.check(cache, NOW)
    aws.world.deny("ec2:DescribeRegions")
    later = others.check(cache, NOW + timedelta(days=2))
    assert later.found == (unseen(THERE, "lambda"),)
    assert "AWS refused ec2:DescribeRegions" in later.errors[0].text


def test_a_failed_region_is_not_asked_further(aws: AwsStandIn, others: OtherRegionsCheck) -> None:
    """A Region that fails gets no more calls."""
    aws.world.faults.add(Fault(operation="ListClusters", region=THERE, times=None, cut="before"))
    result = ask(others)
    assert (result.asked, result.found, len(result.errors)) == ((FAR,), (), 1)
    assert aws.world.calls.count("lambda:ListFunctions") == 1


def test_regions_that_service_control_policies_deny(
    aws: AwsStandIn, others: OtherRegionsCheck, cache: SqliteManifestCache
) -> None:
    aws.world.deny_regions(FAR)
    result = others.check(cache, NOW)
    assert (result.asked, result.denied, result.errors) == ((THERE,), (FAR,), ())
    aws.world.calls.reset()
    others.check(cache, NOW)
    assert aws.world.calls.counts() == {"ec2:DescribeRegions": 1}
