"""The process that carries plans out, and plans what people in Slack ask for and what is due.

What there is to carry out stands in the plans themselves: one that is approved and due, or whose
run was left, is taken by whoever is first. What there is to plan stands on the store's queue. With
PostgreSQL there may be many such processes.
"""

from bot.worker.process import main

__all__ = ["main"]
