"""Errors, paging and function lookup of Lambda."""

import re
from dataclasses import dataclass
from typing import NoReturn

from bot.playground.aws.aws_lambda.state import LambdaFunction, LambdaState
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, validation_error_as

MAX_PAGE_SIZE = 50
"""The maximum page size, even if the request sets more (model)."""

_NAME = re.compile(
    r"(?:arn:[^:]+:lambda:)?(?:(?P<region>[a-z]{2}[a-z-]*-\d):)?(?:(?P<account>\d{12}):)?"
    r"(?:function:)?(?P<name>[\w.-]+)(?::(?P<qualifier>[\w$.-]+))?"
)


@dataclass(frozen=True)
class FunctionReference:
    """A function as named in a call."""

    arn: str
    name: str
    qualifier: str | None

    @property
    def qualified_arn(self) -> str:
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn


def function_reference(params: Params, context: CallContext) -> FunctionReference:
    """Parses a name, partial ARN or ARN, optionally with a qualifier."""
    parts = _NAME.fullmatch(params["FunctionName"])
    assert parts is not None
    qualifier = params.get("Qualifier")
    if parts["qualifier"] and qualifier not in (None, parts["qualifier"]):
        invalid(
            "The derived qualifier from the function name does not match the specified qualifier."
        )
    location = state(context).location
    arn = location.arn("lambda", f"function:{parts['name']}")
    if parts["account"]:
        arn = arn.replace(location.account, parts["account"])
    if parts["region"]:
        arn = arn.replace(location.region, parts["region"])
    return FunctionReference(arn, parts["name"], parts["qualifier"] or qualifier)


def function_arn(params: Params, context: CallContext) -> str:
    return function_reference(params, context).qualified_arn


aws_lambda = AwsService(
    "lambda", validation_error=validation_error_as("ValidationException"), resource=function_arn
)


def invalid(message: str) -> NoReturn:
    raise _invalid(message)


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)


pager = Pager("Marker", "NextMarker", "MaxItems", lambda: _invalid("Invalid Marker"))


def page_size(params: Params) -> int:
    return min(int(params.get("MaxItems", MAX_PAGE_SIZE)), MAX_PAGE_SIZE)


def state(context: CallContext) -> LambdaState:
    return context.world.functions(context.account, context.region)


def find_function(name: FunctionReference, context: CallContext) -> LambdaFunction:
    function = state(context).functions.get(name.name)
    if function is None or function.arn != name.arn:
        raise not_found(name.qualified_arn)
    return function


def not_found(arn: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"Function not found: {arn}", 404)
