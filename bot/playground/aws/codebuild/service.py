"""Errors and paging of CodeBuild."""

from bot.playground.aws.call_context import CallContext
from bot.playground.aws.codebuild.state import CodeBuildState
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource, validation_error_as

_INVALID = "InvalidInputException"

codebuild = AwsService(
    "codebuild", validation_error=validation_error_as(_INVALID), resource=any_resource
)
pager = Pager(
    "nextToken", "nextToken", None, lambda: AwsError(_INVALID, "The nextToken is not valid.")
)


def state(context: CallContext) -> CodeBuildState:
    return context.world.codebuild(context.account, context.region)
