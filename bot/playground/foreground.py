"""A stand-in as a process of its own."""

import sys
from threading import Event


def serve_until_interrupted(address: str) -> None:
    """Prints the address first, for whoever started the process."""
    sys.stdout.write(f"{address}\n")
    sys.stdout.flush()
    try:
        Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")
