"""Errors, paging, and lookup of registries and repositories of ECR."""

from collections.abc import Callable, Sequence
from typing import NoReturn

from bot.playground.aws.call_context import CallContext, Params, partition_of
from bot.playground.aws.ecr.registry import Registry
from bot.playground.aws.ecr.repository import Repository
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import AnswerPage, InvalidPageTokenError, ascending, page
from bot.playground.aws.service import AwsService
from bot.playground.aws.validation import ModelViolation


def _validation_error(found: ModelViolation) -> AwsError:
    if found.wrong_type:
        return AwsError("SerializationException", f"{found.path}: {found.constraint}")
    return _invalid(found.path, found.constraint)


def _resource(params: Params, context: CallContext) -> str:
    account = params.get("registryId", context.account)
    name = params.get("repositoryName", "*")
    return f"arn:{partition_of(context.region)}:ecr:{context.region}:{account}:repository/{name}"


def any_resource(_params: Params, _context: CallContext) -> str:
    """The resource of actions on registry settings."""
    return "*"


ecr = AwsService("ecr", validation_error=_validation_error, resource=_resource)


def invalid(parameter: str, constraint: str) -> NoReturn:
    raise _invalid(parameter, constraint)


def _invalid(parameter: str, constraint: str) -> AwsError:
    return AwsError(
        "InvalidParameterException",
        f"Invalid parameter at '{parameter}' failed to satisfy constraint: '{constraint}'",
    )


def next_page(
    keys: Sequence[str],
    params: Params,
    request_key: str,
    *,
    default: int,
    wanted: Callable[[str], bool] = lambda _: True,
) -> AnswerPage:
    limit = params.get("maxResults", default)
    try:
        return page(ascending(keys, wanted), limit, params.get("nextToken"), request_key)
    except InvalidPageTokenError:
        invalid("nextToken", "Invalid token")


def registry_of(params: Params, context: CallContext) -> Registry:
    account = params.get("registryId", context.account)
    return context.world.registries.at(account, context.region)


def repository_of(params: Params, context: CallContext) -> Repository:
    """The repository of the call, after completing due restores."""
    registry = registry_of(params, context)
    repository = repository_named(registry, params["repositoryName"])
    repository.complete_restores(context.now)
    return repository


def repository_named(registry: Registry, name: str) -> Repository:
    repository = registry.repositories.get(name)
    if repository is None:
        raise AwsError(
            "RepositoryNotFoundException",
            f"The repository with name '{name}' does not exist in the registry with id "
            f"'{registry.account}'",
        )
    return repository
