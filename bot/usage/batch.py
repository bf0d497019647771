"""AWS Batch: every image of every active job definition."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.core.usage import Sighting
from bot.usage.aws_service import AwsServiceSource

_PAGE = 100
"""The most that Batch lists at once: API reference, DescribeJobDefinitions, maxResults."""


def batch_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("batch", "Batch", "batch", batch_sightings, aws)


def batch_sightings(aws: AwsApi) -> Iterator[Sighting]:
    """Of every active revision: a job may be submitted with any."""
    definitions = aws.pages(
        "batch", "describe_job_definitions", "jobDefinitions", status="ACTIVE", maxResults=_PAGE
    )
    for definition in definitions:
        used_by = f"Batch job definition {definition['jobDefinitionName']}:{definition['revision']}"
        for part in _parts(definition):
            for container in _containers(part, used_by):
                yield Sighting(container["image"], used_by)


def _parts(definition: AwsAnswer) -> Sequence[AwsAnswer]:
    """A multi-node job has containers of its own in every range of nodes."""
    nodes = definition.get("nodeProperties")
    return (nodes and nodes["nodeRangeProperties"]) or (definition,)


def _containers(part: AwsAnswer, used_by: str) -> Sequence[AwsAnswer]:
    """Of a definition or a range of nodes. Batch registers none without (API reference,
    RegisterJobDefinition, type): if there seems to be none, they stand where we do not look."""
    containers = [*_single_container(part), *_ecs_containers(part), *_eks_containers(part)]
    if not containers:
        raise part.unusable(f"told of no container of {used_by}: deregister it if it is not needed")
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
