"""Batch: the images of all active job definitions."""

from collections.abc import Mapping
from typing import Any

import pytest

from bot.core.errors import ServiceError
from bot.core.usage import ImageUse
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.batch.state import BatchState
from bot.usage.batch import batch_source
from tests.usage.aws_support import PLACE, image, open_aws_api, scan_source

pytestmark = pytest.mark.usefixtures("environment")

Part = Mapping[str, Any]


@pytest.fixture
def batch(aws: AwsStandIn) -> BatchState:
    return aws.world.batch()


def image_uses() -> set[ImageUse]:
    return scan_source(batch_source(open_aws_api()))


def ecs(*images: str) -> Part:
    containers = [{"name": f"c-{n}", "image": name} for n, name in enumerate(images)]
    return {"ecsProperties": {"taskProperties": [{"containers": containers}]}}


def eks(*images: str, **others: Any) -> Part:
    containers = [{"image": name} for name in images]
    return {"eksProperties": {"podProperties": {"containers": containers, **others}}}


def nodes(*parts: Part) -> Part:
    ranges = [{"targetNodes": f"{n}:{n}", **part} for n, part in enumerate(parts)]
    properties = {"numNodes": len(parts), "mainNode": 0, "nodeRangeProperties": ranges}
    return {"nodeProperties": properties}


def test_name_and_scope_of_the_source() -> None:
    source = batch_source(open_aws_api())
    assert (source.name, source.scope) == ("batch", PLACE)


def test_no_workloads(aws: AwsStandIn) -> None:
    assert image_uses() == set()
    assert aws.world.calls.counts() == {"batch:DescribeJobDefinitions": 1}


def test_every_active_revision(batch: BatchState) -> None:
    for n in (1, 2, 3):
        batch.register("nightly", image("nightly", str(n)))
    batch.deregister("nightly:1")
    assert image_uses() == {
        ImageUse(image("nightly", "2"), "Batch job definition nightly:2"),
        ImageUse(image("nightly", "3"), "Batch job definition nightly:3"),
    }


@pytest.mark.parametrize(
    ("shape", "images"),
    [
        ({"containerProperties": {"image": "a"}}, {"a"}),
        (ecs("a", "b"), {"a", "b"}),
        (eks("a", "b"), {"a", "b"}),
        (eks("a", initContainers=[{"image": "b"}]), {"a", "b"}),
        (
            nodes(
                {"container": {"image": "a"}}, ecs("b"), eks("c", initContainers=[{"image": "d"}])
            ),
            {"a", "b", "c", "d"},
        ),
    ],
    ids=["container", "ECS", "EKS", "init containers", "nodes"],
)
def test_images_in_all_kinds_of_definitions(
    batch: BatchState, shape: Part, images: set[str]
) -> None:
    batch.register("nightly", shape=shape)
    used_by = "Batch job definition nightly:1"
    assert image_uses() == {ImageUse(name, used_by) for name in images}


@pytest.mark.parametrize(
    "shape",
    [
        {},
        {"type": "new", "newProperties": {"image": "a"}},
        {"ecsProperties": {"taskProperties": []}},
        {"eksProperties": {"podProperties": {"containers": []}}},
        nodes(),
        nodes({"container": {"image": "a"}}, {}),
    ],
    ids=["none", "unknown", "no tasks", "empty pod", "no ranges", "a range without"],
)
def test_a_definition_without_known_containers_is_an_error(aws: AwsStandIn, shape: Part) -> None:
    definition = {"jobDefinitionName": "nightly", "revision": 7, "type": "container", **shape}
    answer = {"jobDefinitions": [definition]}
    aws.world.faults.add(Fault(operation="DescribeJobDefinitions", answer=answer))
    with pytest.raises(ServiceError) as raised:
        image_uses()
    assert str(raised.value) == (
        f"batch:DescribeJobDefinitions on {PLACE} returned no container of "
        "Batch job definition nightly:7: deregister it if it is not needed"
    )


def test_more_than_one_page(aws: AwsStandIn, batch: BatchState) -> None:
    for n in range(201):
        batch.register(f"job-{n}", image("j", str(n)))
    assert image_uses() == {
        ImageUse(image("j", str(n)), f"Batch job definition job-{n}:1") for n in range(201)
    }
    assert aws.world.calls.counts() == {"batch:DescribeJobDefinitions": 3}
