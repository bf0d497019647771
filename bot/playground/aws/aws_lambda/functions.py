"""ListFunctions, GetFunction and ListAliases."""

from datetime import datetime
from typing import Any

from bot.playground.aws.aws_lambda.service import (
    aws_lambda,
    find_function,
    function_reference,
    invalid,
    not_found,
    page_size,
    pager,
    state,
)
from bot.playground.aws.aws_lambda.state import (
    LATEST,
    FunctionAlias,
    FunctionVersion,
    LambdaFunction,
)
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.entry_cache import cached_entry
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, RenderedAnswer, any_resource


@aws_lambda.operation("ListFunctions", resource=any_resource)
def list_functions(params: Params, context: CallContext) -> Answer:
    """`$LATEST` of each function, and with FunctionVersion=ALL all published versions.

    The stand-in has no Lambda@Edge replicas.
    """
    all_versions = params.get("FunctionVersion") == "ALL"
    if "MasterRegion" in params and not all_versions:
        invalid("FunctionVersion must be set to ALL if MasterRegion is specified")
    listed = {
        f"{function.name} {_order(code)}": code
        for function in state(context).functions.values()
        if "MasterRegion" not in params
        for code in (function.versions.values() if all_versions else [function.latest])
    }
    keys, more = pager.page(ascending(sorted(listed)), params, context, page_size(params))
    describe = _with_version if all_versions else _without_version
    return RenderedAnswer({"Functions": [describe(listed[key]) for key in keys]} | more)


def _order(code: FunctionVersion) -> str:
    return "" if code.version == LATEST else f"{int(code.version):09}"


@cached_entry(aws_lambda, "FunctionConfiguration")
def _with_version(code: FunctionVersion) -> dict[str, Any]:
    return _configuration(code, code.qualified_arn)


@cached_entry(aws_lambda, "FunctionConfiguration")
def _without_version(code: FunctionVersion) -> dict[str, Any]:
    return _configuration(code, code.arn)


def _configuration(code: FunctionVersion, arn: str) -> dict[str, Any]:
    """The configuration in lists, without State and LastUpdateStatus (model)."""
    packed = (
        {"PackageType": "Image", "CodeSize": 0}
        if code.image
        else {
            "PackageType": "Zip",
            "CodeSize": 4096,
            "Runtime": "python3.13",
            "Handler": "app.handler",
        }
    )
    return {
        **packed,
        "FunctionName": code.function,
        "FunctionArn": arn,
        "Role": code.role_arn,
        "CodeSha256": (code.resolved_image or "").rpartition(":")[2] or "0" * 64,
        "Description": "",
        "Timeout": 3,
        "MemorySize": 128,
        "LastModified": _timestamp(code.modified_at),
        "Version": code.version,
        "Architectures": ["x86_64"],
        "EphemeralStorage": {"Size": 512},
        "TracingConfig": {"Mode": "PassThrough"},
    }


def _timestamp(at: datetime) -> str:
    """In milliseconds (model)."""
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000"


@aws_lambda.operation("GetFunction")
def get_function(params: Params, context: CallContext) -> Answer:
    """The version or alias of the qualifier; `$LATEST` without one."""
    name = function_reference(params, context)
    function = find_function(name, context)
    code = _code(function, name.qualifier)
    if code is None:
        raise not_found(name.qualified_arn)
    return {
        "Configuration": {
            **_configuration(code, name.qualified_arn),
            "State": "Active",
            "LastUpdateStatus": "Successful",
        },
        "Code": _location(code),
    }


def _code(function: LambdaFunction, qualifier: str | None) -> FunctionVersion | None:
    alias = function.aliases.get(qualifier or "")
    return function.versions.get(alias.version if alias else qualifier or LATEST)


def _location(code: FunctionVersion) -> dict[str, Any]:
    """The image, or the location of the Zip file."""
    if code.image is None:
        return {"RepositoryType": "S3", "Location": f"https://code.example/{code.function}.zip"}
    return {
        "RepositoryType": "ECR",
        "ImageUri": code.image,
        "ResolvedImageUri": code.resolved_image,
    }


@aws_lambda.operation("ListAliases")
def list_aliases(params: Params, context: CallContext) -> Answer:
    function = find_function(function_reference(params, context), context)
    version = params.get("FunctionVersion")
    listed = sorted(
        name for name, alias in function.aliases.items() if version in (None, alias.version)
    )
    names, more = pager.page(ascending(listed), params, context, page_size(params))
    return RenderedAnswer({"Aliases": [_alias(function.aliases[name]) for name in names]} | more)


@cached_entry(aws_lambda, "AliasConfiguration")
def _alias(alias: FunctionAlias) -> dict[str, Any]:
    routing = {"AdditionalVersionWeights": alias.weights}
    return {
        "AliasArn": alias.arn,
        "Name": alias.name,
        "FunctionVersion": alias.version,
        "Description": "",
        "RoutingConfig": routing if alias.weights else None,
    }
