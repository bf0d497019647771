"""AWS CodeBuild: the image that every project builds in."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.core.usage import Sighting
from bot.parallel import in_parallel
from bot.usage.aws_service import AwsServiceSource

_AT_ONCE = 100
"""API reference, BatchGetProjects, names: up to 100."""


def codebuild_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("codebuild", "CodeBuild", "codebuild", codebuild_sightings, aws)


def codebuild_sightings(aws: AwsApi) -> Iterator[Sighting]:
    def describe(names: Sequence[str]) -> Sequence[AwsAnswer]:
        return _projects(aws.call("codebuild", "batch_get_projects", names=names), names)

    names = list(aws.pages("codebuild", "list_projects", "projects"))
    batches = (names[at : at + _AT_ONCE] for at in range(0, len(names), _AT_ONCE))
    for projects in in_parallel(describe, batches):
        for project in projects:
            used_by = f"CodeBuild project {project['name']}"
            yield Sighting(project["environment"]["image"], used_by)


def _projects(answer: AwsAnswer, asked: Sequence[str]) -> Sequence[AwsAnswer]:
    """What was deleted since it was listed is told as not found; whatever else is left out is an
    error."""
    projects: Sequence[AwsAnswer] = answer["projects"]
    told = {project["name"] for project in projects} | set(answer.get("projectsNotFound") or ())
    if left_out := set(asked) - told:
        raise answer.unusable(f"left out {len(left_out)} of {len(asked)} projects: try again later")
    return projects
