"""ListProjects and BatchGetProjects: at most 100 at once (model)."""

from collections.abc import Callable
from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.codebuild.service import codebuild, pager, state
from bot.playground.aws.codebuild.state import CodeBuildProject
from bot.playground.aws.paging import ascending, at_time, descending
from bot.playground.aws.service import Answer

_SORTED_BY: dict[str, Callable[[CodeBuildProject], str]] = {
    "NAME": lambda project: project.name,
    "CREATED_TIME": lambda project: at_time(project.created_at, project.name),
    "LAST_MODIFIED_TIME": lambda project: at_time(project.modified_at, project.name),
}


@codebuild.operation("ListProjects")
def list_projects(params: Params, context: CallContext) -> Answer:
    """Sorted by name in ascending order by default."""
    key = _SORTED_BY[params.get("sortBy", "NAME")]
    listed = {key(project): name for name, project in state(context).projects.items()}
    order = descending if params.get("sortOrder") == "DESCENDING" else ascending
    keys, more = pager.page(order(sorted(listed)), params, context)
    return {"projects": [listed[key] for key in keys]} | more


def _project_arns(params: Params, context: CallContext) -> list[str]:
    prefix = _prefix(context)
    return [name if name.startswith("arn:") else prefix + name for name in params["names"]]


def _prefix(context: CallContext) -> str:
    """The prefix of project ARNs."""
    return state(context).location.arn("codebuild", "project/")


@codebuild.operation("BatchGetProjects", resource=_project_arns)
def batch_get_projects(params: Params, context: CallContext) -> Answer:
    """Projects by name or ARN, without duplicates. The stand-in has no shared projects."""
    projects = state(context).projects
    names = {each: each.removeprefix(_prefix(context)) for each in params["names"]}
    requested = dict.fromkeys(names.values())
    return {
        "projects": [_description(projects[name]) for name in requested if name in projects],
        "projectsNotFound": [each for each, name in names.items() if name not in projects],
    }


def _description(project: CodeBuildProject) -> dict[str, Any]:
    """CodeBuild pulls curated images with its own credentials (model)."""
    is_curated = project.image.startswith("aws/codebuild/")
    return {
        "name": project.name,
        "arn": project.arn,
        "source": {"type": "NO_SOURCE", "buildspec": "version: 0.2"},
        "artifacts": {"type": "NO_ARTIFACTS"},
        "cache": {"type": "NO_CACHE"},
        "environment": {
            "type": "LINUX_CONTAINER",
            "image": project.image,
            "computeType": "BUILD_GENERAL1_SMALL",
            "environmentVariables": [],
            "privilegedMode": False,
            "imagePullCredentialsType": "CODEBUILD" if is_curated else "SERVICE_ROLE",
        },
        "serviceRole": project.role_arn,
        "timeoutInMinutes": 60,
        "queuedTimeoutInMinutes": 480,
        "tags": [],
        "created": project.created_at,
        "lastModified": project.modified_at,
        "badge": {"badgeEnabled": False},
        "projectVisibility": "PRIVATE",
    }
