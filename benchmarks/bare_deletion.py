"""Baseline for deletions: boto3 deletes digests, 100 per call, with several calls at a time.

The arguments: a repository, a file with one digest per line, and the number of parallel calls.
Refused digests are sent again until none are left.
"""

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import boto3

repository, file, at_once = sys.argv[1:]
ecr = boto3.client("ecr")


def refused(digests: Sequence[str]) -> Iterator[str]:
    answer = ecr.batch_delete_image(
        repositoryName=repository, imageIds=[{"imageDigest": digest} for digest in digests]
    )
    return (failure["imageId"]["imageDigest"] for failure in answer["failures"])


left = Path(file).read_text().split()
with ThreadPoolExecutor(int(at_once)) as pool:
    while left:
        batches = (left[start : start + 100] for start in range(0, len(left), 100))
        left = list(chain.from_iterable(pool.map(refused, batches)))
