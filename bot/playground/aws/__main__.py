"""`python -m bot.playground.aws [--port N] [--seed company]`: the stand-in in the foreground."""

import argparse
from datetime import UTC, datetime

from bot.playground.aws.server import AwsStandIn
from bot.playground.seed import seed_company
from bot.playground.server import serve_until_interrupted


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.aws", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    parser.add_argument(
        "--seed", choices=["company"], help="seed data: company creates an example company"
    )
    choice = parser.parse_args()
    with AwsStandIn(port=choice.port) as aws:
        if choice.seed == "company":
            seed_company(aws.url, datetime.now(UTC))
        serve_until_interrupted(aws.url)


if __name__ == "__main__":
    main()
