"""AWS CodeBuild: the build images of all projects."""

from collections.abc import Iterator, Sequence

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.core.usage import ImageUse
from bot.parallel import in_parallel
from bot.usage.aws_service import AwsServiceSource

_BATCH = 100
"""Limit of BatchGetProjects: API reference, names."""


def codebuild_source(aws: AwsApi) -> AwsServiceSource:
    return AwsServiceSource("codebuild", "CodeBuild", "codebuild", codebuild_image_uses, aws)


def codebuild_image_uses(aws: AwsApi) -> Iterator[ImageUse]:
    def describe(names: Sequence[str]) -> Sequence[AwsAnswer]:
        return _projects(aws.call("codebuild", "batch_get_projects", names=names), names)

    names = list(aws.pages("codebuild", "list_projects", "projects"))
    batches = (names[at : at + _BATCH] for at in range(0, len(names), _BATCH))
    for projects in in_parallel(describe, batches):
        for project in projects:
            used_by = f"CodeBuild project {project['name']}"
            yield ImageUse(project["environment"]["image"], used_by)


def _projects(answer: AwsAnswer, asked: Sequence[str]) -> Sequence[AwsAnswer]:
    """Returns the projects of an answer. Raises ServiceError if a project is missing without being
    listed as not found, as a deleted project is."""
    projects: Sequence[AwsAnswer] = answer["projects"]
    answered = {each["name"] for each in projects} | set(answer.get("projectsNotFound") or ())
    if omitted := set(asked) - answered:
        raise answer.unusable(f"omitted {len(omitted)} of {len(asked)} projects: try again later")
    return projects
