"""Runs the benchmarks named as arguments, or all."""

import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from benchmarks import planning, usage

BENCHMARKS: dict[str, Callable[[], Table]] = {
    "planning": planning.table,
    "usage": usage.table,
}


def main() -> None:
    console = Console(width=110)
    for name in sys.argv[1:] or BENCHMARKS:
        console.print(BENCHMARKS[name]())


if __name__ == "__main__":
    main()
