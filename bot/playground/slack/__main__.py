"""`python -m bot.playground.slack MANIFEST [--port N]`: a workspace in the foreground.

The bot is the only member until users are added by the control API. The first line of output is
the environment for the app, as JSON.
"""

import argparse
from pathlib import Path

import orjson

from bot.playground.server import serve_until_interrupted
from bot.playground.slack.server import Workspace


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bot.playground.slack", description=__doc__)
    parser.add_argument("manifest", type=Path, help="the app's manifest.yml")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free port")
    choice = parser.parse_args()
    with Workspace(choice.manifest, choice.port) as workspace:
        serve_until_interrupted(orjson.dumps(workspace.environment()).decode())


if __name__ == "__main__":
    main()
