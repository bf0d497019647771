"""Reads the lifecycle policies of ECR repositories."""

from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import ClientError

from bot.aws.errors import error_code, explain_errors
from bot.aws.sessions import client_of
from bot.core.repository import RepositoryId

if TYPE_CHECKING:
    from types_boto3_ecr import ECRClient


def read_lifecycle_policy(session: boto3.Session, repository: RepositoryId) -> str | None:
    """The text of the policy; None if there is none. Raises ServiceError."""
    place = repository.registry
    with explain_errors("ecr:GetLifecyclePolicy", repository.uri):
        ecr: ECRClient = client_of(session, "ecr", place.region)
        try:
            answer = ecr.get_lifecycle_policy(
                registryId=place.account, repositoryName=repository.name
            )
        except ClientError as error:
            if error_code(error) == "LifecyclePolicyNotFoundException":
                return None
            raise
        return answer["lifecyclePolicyText"]
