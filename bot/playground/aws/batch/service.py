"""What all of Batch's operations share: its errors and the size of pages."""

from bot.playground.aws.batch.state import Batch
from bot.playground.aws.context import Context
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import Service, anything, refusing_as

_INVALID = "ClientException"

batch = Service("batch", refusal=refusing_as(_INVALID), resource=anything)


def invalid(message: str) -> AwsError:
    return AwsError(_INVALID, message)


pager = Pager("nextToken", "nextToken", "maxResults", lambda: invalid("nextToken is not valid."))


def state(context: Context) -> Batch:
    return context.world.batch(context.account, context.region)
