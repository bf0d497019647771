"""`python -m bot.playground.kubernetes [--name NAME] [--port N]`: a cluster in the foreground.

It is empty and lets nobody do anything, until its control is told. Its first line of output is
its ClusterAddress as JSON.
"""

import argparse
from dataclasses import asdict

import orjson

from bot.playground.kubernetes.server import Cluster
from bot.playground.server import serve_until_interrupted


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bot.playground.kubernetes", description=__doc__
    )
    parser.add_argument("--name", default="stand-in", help="what the cluster is called")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    choice = parser.parse_args()
    with Cluster(choice.name, choice.port) as cluster:
        serve_until_interrupted(orjson.dumps(asdict(cluster.address)).decode())


if __name__ == "__main__":
    main()
