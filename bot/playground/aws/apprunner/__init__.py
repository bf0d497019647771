"""AWS App Runner: importing this package registers its operations."""

from bot.playground.aws.apprunner import services
from bot.playground.aws.apprunner.service import apprunner

__all__ = ["apprunner", "services"]
