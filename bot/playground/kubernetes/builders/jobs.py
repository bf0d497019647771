"""Jobs and CronJobs, with their pods."""

from typing import Unpack

from bot.playground.kubernetes.builders.parts import (
    STARTED,
    Beside,
    Shape,
    build,
    metadata,
    shape,
    suffix,
    template,
)
from bot.playground.kubernetes.builders.pods import pod_of
from bot.playground.kubernetes.objects import Object

_FIRST_RUN = 29_460_000
"""Minutes since 1970, which end the names of a CronJob's Jobs."""


def job(name: str, image: str, *, done: bool = True, **beside: Unpack[Beside]) -> list[Object]:
    """The Job and its pod."""
    return _job(shape(name, image, beside), name, done=done)


def cron_job(
    name: str,
    image: str,
    *,
    schedule: str = "0 3 * * *",
    suspended: bool = False,
    runs: int = 1,
    **beside: Unpack[Beside],
) -> list[Object]:
    """The CronJob, and the Jobs and pods of its last runs."""
    made = shape(name, image, beside)
    top = build(
        "batch/v1",
        "CronJob",
        metadata(name, made.namespace, labels=made.labels),
        spec={
            "schedule": schedule,
            "suspend": suspended,
            "concurrencyPolicy": "Allow",
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 1,
            "jobTemplate": {
                "metadata": {"creationTimestamp": None},
                "spec": {"template": template(made, "Never")},
            },
        },
        status={"lastScheduleTime": STARTED} if runs else {},
    )
    names = [f"{name}-{_FIRST_RUN + 1440 * number}" for number in range(runs)]
    return [top, *(each for run in names for each in _job(made, run, top))]


def _job(made: Shape, name: str, owner: Object | None = None, *, done: bool = True) -> list[Object]:
    labels = {"batch.kubernetes.io/job-name": name, "job-name": name}
    top = build(
        "batch/v1",
        "Job",
        metadata(name, made.namespace, labels=made.labels | labels, owner=owner),
        spec={
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 6,
            "template": template(made, "Never", **labels),
        },
        status={"startTime": STARTED, **({"succeeded": 1} if done else {"active": 1})},
    )
    pod = f"{name}-{suffix(name, 5)}"
    return [top, pod_of(made, pod, top, done=done)]
