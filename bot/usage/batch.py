"""AWS Batch: the images of all active job definitions."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.core.usage import ImageUse
from bot.usage.aws_service import AwsServiceSource

_PAGE = 100
"""Largest page of Batch: API reference, DescribeJobDefinitions, maxResults."""


def batch_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("batch", "Batch", "batch", batch_image_uses, aws)


def batch_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    """Reads all active revisions, since a job can be submitted with any of them."""
    definitions = aws.pages(
        "batch", "describe_job_definitions", "jobDefinitions", status="ACTIVE", maxResults=_PAGE
    )
    for definition in definitions:
        used_by = f"Batch job definition {definition['jobDefinitionName']}:{definition['revision']}"
        for part in _parts(definition):
            for container in _containers(part, used_by):
                yield ImageUse(container["image"], used_by)


def _parts(definition: AwsAnswer) -> Sequence[AwsAnswer]:
    """The node ranges of a multi-node job, which have their own containers, or the definition."""
    nodes = definition.get("nodeProperties")
    return (nodes and nodes["nodeRangeProperties"]) or (definition,)


def _containers(part: AwsAnswer, used_by: str) -> Sequence[AwsAnswer]:
    """The containers of a job definition or of a node range. Raises ServiceError if there are none:
    Batch requires a container (API reference, RegisterJobDefinition, type), so it is in a field
    that this source does not read."""
    containers = [*_single_container(part), *_ecs_containers(part), *_eks_containers(part)]
    if not containers:
        raise part.unusable(
            f"returned no container of {used_by}: deregister it if it is not needed"
        )
    return containers


def _single_container(part: AwsAnswer) -> Iterator[AwsAnswer]:
    if container := part.get("containerProperties") or part.get("container"):
        yield container


def _ecs_containers(part: AwsAnswer) -> Iterator[AwsAnswer]:
    if properties := part.get("ecsProperties"):
        for task in properties["taskProperties"]:
            yield from task["containers"]


def _eks_containers(part: AwsAnswer) -> Iterator[AwsAnswer]:
    if properties := part.get("eksProperties"):
        pod = properties["podProperties"]
        yield from pod["containers"]
        yield from pod.get("initContainers") or ()
