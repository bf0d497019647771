"""Amazon SageMaker AI: importing this package registers its operations."""

from bot.playground.aws.sagemaker import components, endpoints, models, packages
from bot.playground.aws.sagemaker.service import sagemaker

__all__ = ["components", "endpoints", "models", "packages", "sagemaker"]
