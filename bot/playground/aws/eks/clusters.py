"""ListClusters and DescribeCluster."""

from typing import Any

from bot.playground.aws.context import Context, Params
from bot.playground.aws.eks.service import INVALID, eks, pager, state
from bot.playground.aws.eks.state import Cluster
from bot.playground.aws.errors import AwsError, found
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, anything


@eks.operation("ListClusters", resource=anything)
def list_clusters(params: Params, context: Context) -> Answer:
    """Clusters in every status. There are no connected ones here, which only `all` includes."""
    if params.get("include", ["all"]) != ["all"]:
        raise AwsError(INVALID, "include can only be all.")
    names, more = pager.page(ascending(sorted(state(context).clusters)), params, context)
    return {"clusters": names} | more


@eks.operation("DescribeCluster")
def describe_cluster(params: Params, context: Context) -> Answer:
    name = params["name"]
    missing = AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)
    cluster = found(state(context).clusters, name, missing)
    return {
        "cluster": {
            "name": cluster.name,
            "arn": cluster.arn,
            "createdAt": cluster.created_at,
            "version": cluster.version,
            "roleArn": cluster.role_arn,
            "status": cluster.status,
            "platformVersion": "eks.1",
            "accessConfig": {"authenticationMode": "API"},
            "tags": {},
            **_way_in(cluster),
        }
    }


def _way_in(cluster: Cluster) -> dict[str, Any]:
    """A cluster that is being created has neither an endpoint nor a certificate yet."""
    if cluster.status == "CREATING":
        return {}
    return {
        "endpoint": cluster.endpoint,
        "certificateAuthority": {"data": cluster.certificate_authority},
    }
