"""What a process that nobody looks at tells on standard error."""

import logging
import time


def log_to_stderr() -> None:
    """What this bot has to say. What libraries log is not shown: they may tell secrets, and what
    matters of it is told by us."""
    formatter = logging.Formatter("%(asctime)sZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = logging.StreamHandler()
    handler.setFormatter(formatter)
    ours = logging.getLogger("bot")
    ours.addHandler(handler)
    ours.setLevel(logging.INFO)
    ours.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())
