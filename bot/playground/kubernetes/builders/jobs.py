"""Builds Jobs and CronJobs with their pods."""

from typing import Unpack

from bot.playground.kubernetes.builders.pod_parts import (
    STARTED,
    PodDefinition,
    PodOptions,
    build,
    metadata,
    pod_definition,
    suffix,
    template,
)
from bot.playground.kubernetes.builders.pods import pod_of
from bot.playground.kubernetes.object_validation import Object

_FIRST_RUN = 29_460_000
"""Minutes since 1970, the suffix in names of a CronJob's Jobs."""


def job(name: str, image: str, *, done: bool = True, **options: Unpack[PodOptions]) -> list[Object]:
    """Builds the Job and its pod."""
    return _job(pod_definition(name, image, options), name, done=done)


def cron_job(
    name: str,
    image: str,
    *,
    schedule: str = "0 3 * * *",
    suspended: bool = False,
    runs: int = 1,
    **options: Unpack[PodOptions],
) -> list[Object]:
    """Builds the CronJob, and the Jobs and pods of its last runs."""
    definition = pod_definition(name, image, options)
    top = build(
        "batch/v1",
        "CronJob",
        metadata(name, definition.namespace, labels=definition.labels),
        spec={
            "schedule": schedule,
            "suspend": suspended,
            "concurrencyPolicy": "Allow",
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {
                "metadata": {"creationTimestamp": None},
                "spec": {"template": template(definition, "Never")},
            },
        },
        status={"lastScheduleTime": STARTED} if runs else {},
    )
    names = [f"{name}-{_FIRST_RUN + 1440 * number}" for number in range(runs)]
    return [top, *(each for run in names for each in _job(definition, run, top))]


def _job(
    definition: PodDefinition, name: str, owner: Object | None = None, *, done: bool = True
) -> list[Object]:
    labels = {"batch.kubernetes.io/job-name": name, "job-name": name}
    top = build(
        "batch/v1",
        "Job",
        metadata(name, definition.namespace, labels=definition.labels | labels, owner=owner),
        spec={
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "template": template(definition, "Never", **labels),
        },
        status={"startTime": STARTED, **({"succeeded": 1} if done else {"active": 1})},
    )
    pod = f"{name}-{suffix(name, 5)}"
    return [top, pod_of(definition, pod, top, done=done)]
