"""Amazon EventBridge: importing this package registers its operations."""

from bot.playground.aws.events import rules
from bot.playground.aws.events.service import events

__all__ = ["events", "rules"]
