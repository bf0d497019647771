"""`python -m bot.playground.aws [--port N] [--seed company]`: the stand-in in the foreground."""

import argparse
import sys
from datetime import UTC, datetime
from threading import Event

from bot.playground.aws.server import StandIn
from bot.playground.seed import seed_company


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--seed", choices=["company"], help="what to fill it with")
    choice = parser.parse_args()
    with StandIn(port=choice.port) as aws:
        if choice.seed == "company":
            seed_company(aws.url, datetime.now(UTC))
        sys.stdout.write(f"{aws.url}\n")
        sys.stdout.flush()
        _wait_for_interrupt()


def _wait_for_interrupt() -> None:
    try:
        Event().wait()
    except KeyboardInterrupt:
        sys.stdout.write("\n")


if __name__ == "__main__":
    main()
