"""What all of App Runner's operations share: its errors and names."""

from bot.playground.aws.apprunner.state import AppRunner
from bot.playground.aws.context import Context, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import Service, refusing_as

_INVALID = "InvalidRequestException"


def _the_service(params: Params, _context: Context) -> str:
    return str(params["ServiceArn"])


apprunner = Service("apprunner", refusal=refusing_as(_INVALID), resource=_the_service)
pager = Pager(
    "NextToken", "NextToken", "MaxResults", lambda: AwsError(_INVALID, "Invalid NextToken."), 20
)


def state(context: Context) -> AppRunner:
    return context.world.apprunner(context.account, context.region)
