"""Errors, resources and paging of App Runner."""

from bot.playground.aws.apprunner.state import AppRunnerState
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, validation_error_as

_INVALID = "InvalidRequestException"


def _service_arn(params: Params, _context: CallContext) -> str:
    return str(params["ServiceArn"])


apprunner = AwsService(
    "apprunner", validation_error=validation_error_as(_INVALID), resource=_service_arn
)
pager = Pager(
    "NextToken", "NextToken", "MaxResults", lambda: AwsError(_INVALID, "Invalid NextToken."), 20
)


def state(context: CallContext) -> AppRunnerState:
    return context.world.apprunner(context.account, context.region)
