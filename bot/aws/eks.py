"""Amazon EKS of one account in one Region: which clusters there are, and how to reach them."""

from base64 import urlsafe_b64encode

from botocore.exceptions import NoCredentialsError
from botocore.signers import RequestSigner

from bot.aws.errors import in_words
from bot.aws.iam_policy import partition_of
from bot.aws.once import once
from bot.aws.place import Answer, AwsPlace

_PAGE = 100
"""The most that EKS lists at once: API reference, ListClusters, maxResults."""

_TOKEN_LIFE = 60
"""Seconds. EKS itself takes a token for 15 minutes, whatever stands here: aws-iam-authenticator."""


class Eks:
    """May be used by several threads. Everything raises ServiceError."""

    def __init__(self, place: AwsPlace) -> None:
        self.place = place

    @once
    def clusters(self) -> dict[str, str]:
        """Their names by ARN; none where the service is not offered."""
        if self.place.lacks("eks"):
            return {}
        names = self.place.pages("eks", "list_clusters", "clusters", maxResults=_PAGE)
        return {self._arn(name): name for name in names}

    def describe(self, cluster: str) -> Answer:
        answer: Answer = self.place.call("eks", "describe_cluster", name=cluster)["cluster"]
        return answer

    def token(self, cluster: str) -> str:
        """As `aws eks get-token` makes it: a signed GetCallerIdentity that only this cluster
        accepts. Makes no call, unless credentials have to be renewed."""
        with in_words("sts:GetCallerIdentity", str(self.place)):
            sts = self.place.client("sts")
            credentials = self.place.session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            signer = RequestSigner(
                sts.meta.service_model.service_id,
                self.place.region,
                "sts",
                "v4",
                credentials,
                self.place.session.events,
            )
            request = {
                "method": "GET",
                "url": f"{sts.meta.endpoint_url}/?Action=GetCallerIdentity&Version=2011-06-15",
                "body": {},
                "headers": {"x-k8s-aws-id": cluster},
                "context": {},
            }
            url = signer.generate_presigned_url(
                request, operation_name="", region_name=self.place.region, expires_in=_TOKEN_LIFE
            )
        return f"k8s-aws-v1.{urlsafe_b64encode(url.encode()).decode().rstrip('=')}"

    def _arn(self, cluster: str) -> str:
        place = self.place
        return (
            f"arn:{partition_of(place.region)}:eks:{place.region}:{place.account}:cluster/{cluster}"
        )
