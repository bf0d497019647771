"""Errors, resources and paging of EKS."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.eks.state import EksState
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, validation_error_as

INVALID = "InvalidParameterException"


def state(context: CallContext) -> EksState:
    return context.world.eks(context.account, context.region)


def _cluster_arn(params: Params, context: CallContext) -> str:
    return state(context).location.arn("eks", f"cluster/{params['name']}")


eks = AwsService("eks", validation_error=validation_error_as(INVALID), resource=_cluster_arn)
pager = Pager(
    "nextToken", "nextToken", "maxResults", lambda: AwsError(INVALID, "Invalid nextToken.")
)
