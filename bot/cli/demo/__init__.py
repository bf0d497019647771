"""`ecr-clean demo`, which runs the unchanged bot in a Slack workspace on this machine."""

from bot.cli.demo.command import demo

__all__ = ["demo"]
