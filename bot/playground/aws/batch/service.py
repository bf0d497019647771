"""Errors and paging of Batch."""

from bot.playground.aws.batch.state import BatchState
from bot.playground.aws.call_context import CallContext
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource, validation_error_as

_INVALID = "ClientException"

batch = AwsService("batch", validation_error=validation_error_as(_INVALID), resource=any_resource)


def invalid(message: str) -> AwsError:
    return AwsError(_INVALID, message)


pager = Pager("nextToken", "nextToken", "maxResults", lambda: invalid("nextToken is not valid."))


def state(context: CallContext) -> BatchState:
    return context.world.batch(context.account, context.region)
