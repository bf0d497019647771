"""Runs the benchmarks in the arguments, or all of them."""

import os
import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import acks, deletion, options, planning, projection, soak, usage

BENCHMARKS: dict[str, Callable[[], Table]] = {
    "planning": planning.table,
    "usage": usage.table,
    "deletion": deletion.table,
    "acks": acks.table,
    "options": options.table,
    "projection": projection.table,
    "soak": soak.table,
}


def main() -> None:
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # installed packages are compiled, too
    console = Console(width=110)
    for name in sys.argv[1:] or BENCHMARKS:
        console.print(BENCHMARKS[name]())


if __name__ == "__main__":
    main()
