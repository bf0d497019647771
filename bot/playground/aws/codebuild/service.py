"""What all of CodeBuild's operations share: its errors."""

from bot.playground.aws.codebuild.state import CodeBuild
from bot.playground.aws.context import Context
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.service import Service, anything, refusing_as

_INVALID = "InvalidInputException"

codebuild = Service("codebuild", refusal=refusing_as(_INVALID), resource=anything)
pager = Pager(
    "nextToken", "nextToken", None, lambda: AwsError(_INVALID, "The nextToken is not valid.")
)


def state(context: Context) -> CodeBuild:
    return context.world.codebuild(context.account, context.region)
