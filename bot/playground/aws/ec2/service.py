"""Amazon EC2: the stand-in supports only Regions."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import AwsService
from bot.playground.aws.validation import ModelViolation


def _validation_error(found: ModelViolation) -> AwsError:
    return AwsError("InvalidParameterValue", f"{found.path}: {found.constraint}")


def _anything(_params: Params, _context: CallContext) -> str:
    return "*"


ec2 = AwsService("ec2", validation_error=_validation_error, resource=_anything)
