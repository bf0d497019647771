"""The worker process: runs plans, makes reports and updates Slack messages.

The first worker that finds an approved plan that is due, or an abandoned run, runs it. Reports are
jobs in the store's queue. With PostgreSQL, several workers may run.
"""

from bot.worker.process import main

__all__ = ["main"]
