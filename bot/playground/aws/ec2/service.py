"""Amazon EC2, of which the stand-in knows the Regions alone."""

from bot.playground.aws.context import Context, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Service
from bot.playground.aws.validation import Violation


def _refusal(found: Violation) -> AwsError:
    return AwsError("InvalidParameterValue", f"{found.path}: {found.constraint}")


def _anything(_params: Params, _context: Context) -> str:
    return "*"


ec2 = Service("ec2", refusal=_refusal, resource=_anything)
