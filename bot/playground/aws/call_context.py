"""The caller, Region and time of a call."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.playground.aws.aws_state import AwsState
    from bot.playground.aws.identity import Principal

Params = dict[str, Any]


@dataclass(frozen=True)
class CallContext:
    """The input of an operation, except its parameters."""

    world: "AwsState"
    principal: "Principal"
    region: str
    now: datetime
    operation: str

    @property
    def account(self) -> str:
        """The caller's account."""
        return self.principal.account


def partition_of(region: str) -> str:
    if region.startswith("cn-"):
        return "aws-cn"
    return "aws-us-gov" if region.startswith("us-gov-") else "aws"
