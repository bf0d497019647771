"""Amazon EventBridge Scheduler: importing this package registers its operations."""

from bot.playground.aws.scheduler import schedules
from bot.playground.aws.scheduler.service import scheduler

__all__ = ["scheduler", "schedules"]
