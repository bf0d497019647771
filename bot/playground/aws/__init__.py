"""A strict stand-in for AWS. Unmodified boto3 connects to it through AWS_ENDPOINT_URL."""

from bot.playground.aws.aws_state import DEFAULT_REGION, AwsState
from bot.playground.aws.faults import Fault
from bot.playground.aws.identity import DEFAULT_ACCOUNT
from bot.playground.aws.server import AwsStandIn

__all__ = ["DEFAULT_ACCOUNT", "DEFAULT_REGION", "AwsStandIn", "AwsState", "Fault"]
