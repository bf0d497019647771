"""`ecr-clean demo`: the bot, unchanged, in a workspace on this machine."""

from bot.cli.demo.command import demo

__all__ = ["demo"]
