"""ListClusters and DescribeCluster."""

from typing import Any

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.eks.service import INVALID, eks, pager, state
from bot.playground.aws.eks.state import EksCluster
from bot.playground.aws.errors import AwsError, find
from bot.playground.aws.paging import ascending
from bot.playground.aws.service import Answer, any_resource


@eks.operation("ListClusters", resource=any_resource)
def list_clusters(params: Params, context: CallContext) -> Answer:
    """Clusters in every status. The stand-in has no connected clusters."""
    if params.get("include", ["all"]) != ["all"]:
        raise AwsError(INVALID, "include can only be all.")
    names, more = pager.page(ascending(sorted(state(context).clusters)), params, context)
    return {"clusters": names} | more


@eks.operation("DescribeCluster")
def describe_cluster(params: Params, context: CallContext) -> Answer:
    name = params["name"]
    missing = AwsError("ResourceNotFoundException", f"No cluster found for name: {name}.", 404)
    cluster = find(state(context).clusters, name, missing)
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
            **_endpoint(cluster),
        }
    }


def _endpoint(cluster: EksCluster) -> dict[str, Any]:
    """Endpoint and certificate. A cluster in status CREATING has neither."""
    if cluster.status == "CREATING":
        return {}
    return {
        "endpoint": cluster.endpoint,
        "certificateAuthority": {"data": cluster.certificate_authority},
    }
