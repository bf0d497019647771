"""AWS Batch: importing this package registers its operations."""

from bot.playground.aws.batch import job_definitions
from bot.playground.aws.batch.service import batch

__all__ = ["batch", "job_definitions"]
