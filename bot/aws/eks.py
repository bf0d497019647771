"""Amazon EKS in one account and Region: its clusters, their endpoints and tokens."""

from base64 import urlsafe_b64encode
from typing import Any

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.aws.errors import explain_errors
from bot.aws.iam_policy import partition_of
from bot.parallel import cached_method

_PAGE = 100
"""Largest page of EKS: API reference, ListClusters, maxResults."""

_TOKEN_LIFE = 60
"""Seconds. EKS accepts a token for 15 minutes regardless: aws-iam-authenticator."""

_CLUSTER = "x-k8s-aws-id"
"""The header that names the cluster: aws-iam-authenticator."""


class EksClusters:
    """Thread-safe. All methods raise ServiceError."""

    def __init__(self, aws: AwsApi) -> None:
        self.aws = aws

    @cached_method
    def clusters(self) -> dict[str, str]:
        """Cluster names by ARN. Empty if AWS does not offer EKS in the Region."""
        if self.aws.lacks("eks"):
            return {}
        names = self.aws.pages("eks", "list_clusters", "clusters", maxResults=_PAGE)
        return {self._arn(name): name for name in names}

    def describe(self, cluster: str) -> AwsAnswer:
        answer: AwsAnswer = self.aws.call("eks", "describe_cluster", name=cluster)["cluster"]
        return answer

    def token(self, cluster: str) -> str:
        """Creates a token as `aws eks get-token` does: a presigned GetCallerIdentity request that
        only this cluster accepts. Makes no call, except to renew credentials."""
        with explain_errors("sts:GetCallerIdentity", str(self.aws)):
            url = self._sts.generate_presigned_url(
                "get_caller_identity", Params={_CLUSTER: cluster}, ExpiresIn=_TOKEN_LIFE
            )
        return f"k8s-aws-v1.{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"

    @property
    def _sts(self) -> Any:
        """Signs for the endpoint of the client. AWS_STS_REGIONAL_ENDPOINTS and other settings may
        point it to another Region."""
        return self.aws.client("sts", _sign_clusters)

    def _arn(self, cluster: str) -> str:
        aws = self.aws
        return f"arn:{partition_of(aws.region)}:eks:{aws.region}:{aws.account}:cluster/{cluster}"


def _sign_clusters(sts: Any) -> None:
    sts.meta.events.register(
        "provide-client-params.sts.GetCallerIdentity", _move_cluster_to_context
    )
    sts.meta.events.register("before-sign.sts.GetCallerIdentity", _sign_cluster)


def _move_cluster_to_context(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """Removes the parameter, which botocore would reject as unknown."""
    if _CLUSTER in params:
        context[_CLUSTER] = params.pop(_CLUSTER)


def _sign_cluster(request: Any, **_: Any) -> None:
    if cluster := request.context.get(_CLUSTER):
        request.headers[_CLUSTER] = cluster
