"""The command `ecr-clean`."""

from bot.cli.main import main

__all__ = ["main"]
