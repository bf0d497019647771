"""Amazon EKS of one account in one Region: which clusters there are, and how to reach them."""

from base64 import urlsafe_b64encode
from typing import Any

from bot.aws.aws_api import AwsAnswer, AwsApi
from bot.aws.errors import explain_errors
from bot.aws.iam_policy import partition_of
from bot.parallel import cached_method

_PAGE = 100
"""The most that EKS lists at once: API reference, ListClusters, maxResults."""

_TOKEN_LIFE = 60
"""Seconds. EKS itself takes a token for 15 minutes, whatever stands here: aws-iam-authenticator."""

_CLUSTER = "x-k8s-aws-id"
"""The header that names the cluster: aws-iam-authenticator."""


class EksClusters:
    """May be used by several threads. Everything raises ServiceError."""

    def __init__(self, aws: AwsApi) -> None:
        self.aws = aws

    @cached_method
    def clusters(self) -> dict[str, str]:
        """Their names by ARN; none where the service is not offered."""
        if self.aws.lacks("eks"):
            return {}
        names = self.aws.pages("eks", "list_clusters", "clusters", maxResults=_PAGE)
        return {self._arn(name): name for name in names}

    def describe(self, cluster: str) -> AwsAnswer:
        answer: AwsAnswer = self.aws.call("eks", "describe_cluster", name=cluster)["cluster"]
        return answer

    def token(self, cluster: str) -> str:
        """As `aws eks get-token` makes it: a signed GetCallerIdentity that only this cluster
        accepts. Makes no call, unless credentials have to be renewed."""
        with explain_errors("sts:GetCallerIdentity", str(self.aws)):
            url = self._sts.generate_presigned_url(
                "get_caller_identity", Params={_CLUSTER: cluster}, ExpiresIn=_TOKEN_LIFE
            )
        return f"k8s-aws-v1.{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"

    @property
    def _sts(self) -> Any:
        """The client signs for its own endpoint, which AWS_STS_REGIONAL_ENDPOINTS and others may
        have moved to another Region."""
        return self.aws.client("sts", _sign_clusters)

    def _arn(self, cluster: str) -> str:
        aws = self.aws
        return f"arn:{partition_of(aws.region)}:eks:{aws.region}:{aws.account}:cluster/{cluster}"


def _sign_clusters(sts: Any) -> None:
    sts.meta.events.register("provide-client-params.sts.GetCallerIdentity", _note_cluster)
    sts.meta.events.register("before-sign.sts.GetCallerIdentity", _sign_cluster)


def _note_cluster(params: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
    """No parameter of the operation's: botocore would refuse it."""
    if _CLUSTER in params:
        context[_CLUSTER] = params.pop(_CLUSTER)


def _sign_cluster(request: Any, **_: Any) -> None:
    if cluster := request.context.get(_CLUSTER):
        request.headers[_CLUSTER] = cluster
