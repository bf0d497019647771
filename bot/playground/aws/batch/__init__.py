"""AWS Batch: importing this package registers its operations."""

from bot.playground.aws.batch import definitions
from bot.playground.aws.batch.service import batch

__all__ = ["batch", "definitions"]
