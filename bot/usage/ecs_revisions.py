"""The newest ACTIVE revisions of every family of ECS task definitions."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from heapq import nlargest
from itertools import islice
from typing import Any

from bot.aws.aws_api import AwsApi
from bot.parallel import in_parallel
from bot.usage.ecs_definitions import PAGE, TaskDefinitionUse, split_revision

Revisions = Mapping[str, AbstractSet[int]]
"""By family."""


def active_revisions(aws: AwsApi, newest: int) -> Revisions:
    """Returns ACTIVE revisions, at least the `newest` ones of every family. Lists all of them. If
    that takes more pages than there are families, lists each family instead: an account may have a
    million revisions."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    families: set[str] = set()
    for number, arn in enumerate(_active(aws, maxResults=PAGE), start=1):
        family, revision = split_revision(arn)
        found[family].add(revision)
        if number > PAGE * max(len(found), len(families)):
            families = families or {*found, *_active_families(aws)}
            if number > PAGE * len(families):
                return _newest_of_each(aws, families, newest)
    return found


def newest_uses(revisions: Revisions, newest: int) -> Iterator[TaskDefinitionUse]:
    """Users, and tools that ecr-clean cannot read, may start tasks from the newest revisions."""
    for family, numbers in revisions.items():
        for number in nlargest(newest, numbers):
            name = f"{family}:{number}"
            which = f"{family} (newest revision)"
            if newest > 1:
                which = f"{name} (of the newest {newest})"
            yield TaskDefinitionUse(name, f"ECS task definition {which}")


def _active(aws: AwsApi, **request: Any) -> Iterator[str]:
    """Yields ARNs, page by page, newest revisions of a family first."""
    return aws.pages(
        "ecs",
        "list_task_definitions",
        "taskDefinitionArns",
        status="ACTIVE",
        sort="DESC",
        **request,
    )


def _active_families(aws: AwsApi) -> Iterator[str]:
    return aws.pages(
        "ecs", "list_task_definition_families", "families", status="ACTIVE", maxResults=PAGE
    )


def _newest_of_each(aws: AwsApi, families: Iterable[str], newest: int) -> Revisions:
    """Reads no more pages of a family than needed."""

    def newest_of(family: str) -> tuple[str, AbstractSet[int]]:
        arns = _active(aws, familyPrefix=family, maxResults=min(newest, PAGE))
        revisions = (revision for name, revision in map(split_revision, arns) if name == family)
        return family, {*islice(revisions, newest)}

    found = dict(in_parallel(newest_of, sorted(families)))
    return {family: revisions for family, revisions in found.items() if revisions}
