"""What all of EKS's operations share: its errors and names."""

from bot.playground.aws.context import Context, Params
from bot.playground.aws.eks.state import Eks
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import Service, refusing_as

INVALID = "InvalidParameterException"


def state(context: Context) -> Eks:
    return context.world.eks(context.account, context.region)


def _the_cluster(params: Params, context: Context) -> str:
    return state(context).place.arn("eks", f"cluster/{params['name']}")


eks = Service("eks", refusal=refusing_as(INVALID), resource=_the_cluster)
pager = Pager(
    "nextToken", "nextToken", "maxResults", lambda: AwsError(INVALID, "Invalid nextToken.")
)
