"""Repository, lifecycle and registry policies, and replication rules."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.ecr.service import any_resource, ecr, registry_of, repository_of
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer


@ecr.operation("GetRepositoryPolicy")
def get_repository_policy(params: Params, context: CallContext) -> Answer:
    repository = repository_of(params, context)
    text = _existing(repository.policy, "Repository", repository)
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "policyText": text,
    }


@ecr.operation("GetLifecyclePolicy")
def get_lifecycle_policy(params: Params, context: CallContext) -> Answer:
    repository = repository_of(params, context)
    text = _existing(repository.lifecycle_policy, "Lifecycle", repository)
    return {
        "registryId": repository.account,
        "repositoryName": repository.name,
        "lifecyclePolicyText": text,
    }


def _existing(text: str | None, kind: str, repository: Repository) -> str:
    if text is None:
        raise AwsError(
            f"{kind}PolicyNotFoundException",
            f"{kind} policy does not exist for the repository with name '{repository.name}' "
            f"in the registry with id '{repository.account}'",
        )
    return text


@ecr.operation("GetRegistryPolicy", resource=any_resource)
def get_registry_policy(params: Params, context: CallContext) -> Answer:
    registry = registry_of(params, context)
    if registry.policy is None:
        raise AwsError(
            "RegistryPolicyNotFoundException",
            f"Registry policy does not exist in the registry with id '{registry.account}'",
        )
    return {"registryId": registry.account, "policyText": registry.policy}


@ecr.operation("DescribeRegistry", resource=any_resource)
def describe_registry(params: Params, context: CallContext) -> Answer:
    """Without replication, the list of rules is empty."""
    registry = registry_of(params, context)
    rules: list[dict[str, Any]] = registry.replication_rules
    return {"registryId": registry.account, "replicationConfiguration": {"rules": rules}}
