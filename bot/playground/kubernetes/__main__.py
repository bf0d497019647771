"""`python -m bot.playground.kubernetes [--name NAME] [--port N]` runs a cluster in the foreground.

The cluster is empty and denies all requests. Other processes change that through its control API.
The first line of output is the ClusterAddress as JSON.
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
    parser.add_argument("--name", default="stand-in", help="name of the cluster")
    parser.add_argument("--port", type=int, default=0, help="0 selects a free port")
    choice = parser.parse_args()
    with Cluster(choice.name, choice.port) as cluster:
        serve_until_interrupted(orjson.dumps(asdict(cluster.address)).decode())


if __name__ == "__main__":
    main()
