"""Amazon Elastic Container Registry: importing this package registers its operations."""

from bot.playground.aws.ecr import (
    archiving,
    deleting,
    describing,
    policies,
    pushing,
    reading,
    settings,
)
from bot.playground.aws.ecr.service import ecr

__all__ = [
    "archiving",
    "deleting",
    "describing",
    "ecr",
    "policies",
    "pushing",
    "reading",
    "settings",
]
