"""Amazon EC2, of which the stand-in knows the Regions alone."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import AwsService
from bot.playground.aws.validation import ModelViolation


def _refusal(found: ModelViolation) -> AwsError:
    return AwsError("InvalidParameterValue", f"{found.path}: {found.constraint}")


def _anything(_params: Params, _context: CallContext) -> str:
    return "*"


ec2 = AwsService("ec2", refusal=_refusal, resource=_anything)
