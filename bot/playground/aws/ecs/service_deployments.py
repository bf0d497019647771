"""ListServiceDeployments, DescribeServiceDeployments and DescribeServiceRevisions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.entities import (
    EcsService,
    ResolvedImage,
    ServiceDeployment,
    ServiceRevision,
)
from bot.playground.aws.ecs.service import (
    arn_within,
    check_list_length,
    cluster_of,
    ecs,
    invalid,
    missing,
    page_size,
    pager,
    service_named,
    state,
)
from bot.playground.aws.entry_cache import CachedEntity, cached_entry
from bot.playground.aws.paging import descending
from bot.playground.aws.service import Answer, RenderedAnswer

Found = TypeVar("Found", bound=CachedEntity)

REVISIONS_SINCE = datetime(2024, 10, 25, tzinfo=UTC)
"""Older deployments and revisions cannot be described (model)."""


def _service_arn(params: Params, context: CallContext) -> str:
    return arn_within("service", params, context, params["service"])


@ecs.operation("ListServiceDeployments", resource=_service_arn)
def list_service_deployments(params: Params, context: CallContext) -> Answer:
    """Newest first, 20 per page by default (model). Empty for services with task sets."""
    service = service_named(cluster_of(params, context), params["service"])
    listed = {
        f"{each.created_at.isoformat()} {number:06}": each
        for number, each in enumerate(reversed(service.history))
        if _matches(each, params)
    }
    keys, more = pager.page(
        descending(sorted(listed)), params, context, page_size(params, default=20)
    )
    return {"serviceDeployments": [_brief_entry(service, listed[key]) for key in keys]} | more


def _matches(deployment: ServiceDeployment, params: Params) -> bool:
    created = params.get("createdAt", {})
    at = deployment.created_at.timestamp()
    return (
        deployment.created_at >= REVISIONS_SINCE
        and deployment.outcome in (params.get("status") or [deployment.outcome])
        and created.get("after", at) <= at <= created.get("before", at)
    )


def _brief_entry(service: EcsService, deployment: ServiceDeployment) -> dict[str, Any]:
    return {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": service.arn,
        "clusterArn": service.cluster_arn,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "finishedAt": deployment.finished_at,
        "targetServiceRevisionArn": deployment.revision.arn,
        "status": deployment.outcome,
    }


def _each(member: str) -> Callable[[Params, CallContext], list[str]]:
    return lambda params, _context: list(params[member])


@ecs.operation("DescribeServiceDeployments", resource=_each("serviceDeploymentArns"))
def describe_service_deployments(params: Params, context: CallContext) -> Answer:
    """A deployment with a revision before October 25, 2024 fails as MISSING (model)."""
    arns = params["serviceDeploymentArns"]
    check_list_length(arns, 20, "Service deployment ARNs", "serviceDeploymentArns")
    found, not_found = [], []
    for arn in arns:
        deployment = _find(arn, "service-deployment", context, _deployment_of)
        if deployment is None:
            not_found.append(arn)
        elif old := [each.arn for each in deployment.sources if each.created_at < REVISIONS_SINCE]:
            not_found += old
        else:
            found.append(_deployment(deployment))
    return RenderedAnswer({"serviceDeployments": found, "failures": missing(not_found)})


@ecs.operation("DescribeServiceRevisions", resource=_each("serviceRevisionArns"))
def describe_service_revisions(params: Params, context: CallContext) -> Answer:
    arns = params["serviceRevisionArns"]
    check_list_length(arns, 20, "Service revision ARNs", "serviceRevisionArns")
    found, not_found = [], []
    for arn in arns:
        revision = _find(arn, "service-revision", context, EcsService.revision)
        if revision is None or revision.created_at < REVISIONS_SINCE:
            not_found.append(arn)
        else:
            found.append(_revision(revision))
    return RenderedAnswer({"serviceRevisions": found, "failures": missing(not_found)})


def _deployment_of(service: EcsService, arn: str) -> ServiceDeployment | None:
    return next((each for each in service.history if each.arn == arn), None)


def _find(
    arn: str, kind: str, context: CallContext, pick: Callable[[EcsService, str], Found | None]
) -> Found | None:
    """The entity with an ARN that contains cluster and service."""
    prefix = state(context).location.arn("ecs", f"{kind}/")
    path = arn.removeprefix(prefix).split("/")
    if not arn.startswith(prefix) or len(path) != 3:
        invalid(f"Invalid {kind} ARN: {arn}")
    cluster = state(context).clusters.get(path[0])
    service = cluster.services.get(path[1]) if cluster else None
    return pick(service, arn) if service else None


@cached_entry(ecs, "ServiceDeployment")
def _deployment(deployment: ServiceDeployment) -> dict[str, Any]:
    rolled_back = deployment.outcome.startswith("ROLLBACK")
    return {
        "serviceDeploymentArn": deployment.arn,
        "serviceArn": deployment.revision.service_arn,
        "clusterArn": deployment.revision.cluster_arn,
        "createdAt": deployment.created_at,
        "startedAt": deployment.created_at,
        "finishedAt": deployment.finished_at,
        "updatedAt": deployment.finished_at or deployment.created_at,
        "sourceServiceRevisions": [_summary(each, 0) for each in deployment.sources],
        "targetServiceRevision": _summary(deployment.revision, deployment.running),
        "status": deployment.outcome,
        "rollback": _rollback(deployment) if rolled_back and deployment.sources else None,
    }


def _summary(revision: ServiceRevision, running: int) -> dict[str, Any]:
    return {
        "arn": revision.arn,
        "requestedTaskCount": running,
        "runningTaskCount": running,
        "pendingTaskCount": 0,
    }


def _rollback(deployment: ServiceDeployment) -> dict[str, Any]:
    return {
        "reason": "Service deployment rolled back: the circuit breaker was triggered.",
        "startedAt": deployment.created_at,
        "serviceRevisionArn": deployment.sources[0].arn,
    }


@cached_entry(ecs, "ServiceRevision")
def _revision(revision: ServiceRevision) -> dict[str, Any]:
    return {
        "serviceRevisionArn": revision.arn,
        "serviceArn": revision.service_arn,
        "clusterArn": revision.cluster_arn,
        "taskDefinition": revision.definition.arn,
        "launchType": "FARGATE",
        "containerImages": [image_entry(each) for each in revision.images],
        "guardDutyEnabled": False,
        "createdAt": revision.created_at,
    }


def image_entry(image: ResolvedImage) -> dict[str, Any]:
    return {
        "containerName": image.container,
        "image": image.image,
        "imageDigest": image.digest,
    }
