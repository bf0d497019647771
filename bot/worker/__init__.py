"""The background process: it carries out plans, and makes reports.

The plans themselves say what there is to carry out: a plan that is approved and due, or whose run
was abandoned, is taken by the first worker that finds it. The queue in the store says which reports
there are to make. With PostgreSQL, several such processes may run.
"""

from bot.worker.process import main

__all__ = ["main"]
