"""Errors and paging of the AWS Price List API."""

from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import AwsService, any_resource, validation_error_as

INVALID = "InvalidParameterException"

pricing = AwsService(
    "pricing", validation_error=validation_error_as(INVALID), resource=any_resource
)
pager = Pager(
    "NextToken",
    "NextToken",
    "MaxResults",
    lambda: AwsError("InvalidNextTokenException", "The NextToken is not valid."),
)
