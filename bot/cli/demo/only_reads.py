"""AWS clients that can read what the bot reads, and have no other calls.

botocore makes clients from models in files, and looks for them in AWS_DATA_PATH before it takes
its own: boto3 developer guide, Configuration, and botocore.loaders. So whatever process is started
with that variable cannot even ask for a deletion.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager
from pathlib import Path

import orjson
from botocore.loaders import Loader

from bot.aws.iam_policy import REGISTRY, SOURCES, Needs

MODEL = "service-2"
VARIABLE = "AWS_DATA_PATH"


@contextmanager
def only_reads() -> Iterator[None]:
    """In this process and all that it starts, for clients that are opened meanwhile. Models that
    somebody else put there count for nothing: they could have calls that write."""
    before = os.environ.pop(VARIABLE, None)
    with tempfile.TemporaryDirectory(prefix="ecr-clean-demo-") as folder:
        _write_models(Path(folder))
        os.environ[VARIABLE] = folder
        try:
            yield
        finally:
            _restore(before)


def _restore(before: str | None) -> None:
    del os.environ[VARIABLE]
    if before is not None:
        os.environ[VARIABLE] = before


def _write_models(folder: Path) -> None:
    loader = Loader()
    for service, operations in _reads().items():
        version = loader.determine_latest_version(service, MODEL)
        model = loader.load_service_model(service, MODEL, version)
        kept = {name: each for name, each in model["operations"].items() if name in operations}
        place = folder / service / version
        place.mkdir(parents=True)
        (place / f"{MODEL}.json").write_bytes(orjson.dumps({**model, "operations": kept}))


def _reads() -> Mapping[str, Set[str]]:
    """Of every service the operations that the least policy for reading allows, which are called
    alike in botocore, and those that find accounts and Regions."""
    found: defaultdict[str, set[str]] = defaultdict(set, {"ec2": {"DescribeRegions"}})
    found["sts"] |= {"GetCallerIdentity", "AssumeRole", "AssumeRoleWithWebIdentity"}
    needs: list[Needs] = [REGISTRY, *SOURCES.values()]
    for action in (action for each in needs for action in (*each.broad, *each.narrow)):
        service, _, operation = action.partition(":")
        found[service].add(operation)
    return found
