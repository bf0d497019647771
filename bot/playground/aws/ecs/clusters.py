"""ListClusters."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecs.service import ecs, page_size, pager, state
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer


@ecs.operation("ListClusters")
def list_clusters(params: Params, context: CallContext) -> Answer:
    clusters = state(context).clusters
    names, more = pager.page(ascending(sorted(clusters)), params, context, page_size(params))
    return {"clusterArns": [clusters[name].arn for name in names]} | more
