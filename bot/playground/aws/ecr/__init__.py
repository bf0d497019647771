"""Amazon Elastic Container Registry: importing this package registers its operations."""

from bot.playground.aws.ecr import (
    account_settings,
    archive_images,
    delete_images,
    describe_images,
    policies,
    push_images,
    read_images,
)
from bot.playground.aws.ecr.service import ecr

__all__ = [
    "account_settings",
    "archive_images",
    "delete_images",
    "describe_images",
    "ecr",
    "policies",
    "push_images",
    "read_images",
]
