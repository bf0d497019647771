"""Creates AWS workloads that use seeded images: an example company's, and many for benchmarks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any, NamedTuple, TypedDict, Unpack

from bot.playground.aws.identity import DEFAULT_ACCOUNT
from bot.playground.control_client import ControlClient, in_chunks
from bot.playground.seed_repositories import SECOND_ACCOUNT

SECOND_ACCOUNT_ROLE = f"arn:aws:iam::{SECOND_ACCOUNT}:role/ecr-clean"

PARTNER = "555566667777"
"""A partner's account. A repository policy allows it to pull."""

_CHUNK = 500


@dataclass(frozen=True)
class SeededRepository:
    """A repository's URI, and the tags, digest and time of each push."""

    uri: str
    pushes: list[tuple[tuple[str, ...], str, datetime]]

    def builds(self, tag: str) -> list[tuple[str, datetime]]:
        """Digest and time of each push with this tag, oldest first."""
        return [(digest, at) for tags, digest, at in self.pushes if tag in tags]

    def image(self, tag: str) -> str:
        return f"{self.uri}:{tag}"

    def newest_image(self, prefix: str) -> str:
        """The newest image with a tag that starts with the prefix."""
        tags = [tag for names, _, _ in self.pushes for tag in names if tag.startswith(prefix)]
        return self.image(tags[-1])


RepositoriesByName = dict[str, SeededRepository]
Entry = dict[str, Any]


def create_company_workloads(control: ControlClient, company: RepositoriesByName) -> None:
    """Creates production workloads. Many use images that rules for age and count do not keep."""
    _create_services(control, company)
    _create_schedules(control, company)
    _create_functions(control, company)


def seed_second_account(
    control: ControlClient, company: RepositoriesByName, second: RepositoriesByName
) -> None:
    """Creates the second account's role and workloads, some on images of the first account.

    A partner's account may pull, too; there is no role for access to it.
    """
    control.send("POST", "/roles", {"arn": SECOND_ACCOUNT_ROLE, "trusts": [DEFAULT_ACCOUNT]})
    _allow_pulls(control, "shop/api", SECOND_ACCOUNT)
    _allow_pulls(control, "partner/feeds", PARTNER)
    recommender = second["ml/recommender"]
    services: list[Entry] = [
        {"name": "recommender", "images": [recommender.image("train-58")], "desired": 2},
        {"name": "scoring-api", "images": [company["shop/api"].image("1.8.0")]},
    ]
    _send(
        control,
        "/ecs/services",
        "services",
        [{"cluster": "ml", **each} for each in services],
        {"account": SECOND_ACCOUNT},
    )
    functions = [{"name": "score-on-demand", "image": recommender.image("train-90")}]
    _send(control, "/lambda/functions", "functions", functions, {"account": SECOND_ACCOUNT})


def _allow_pulls(control: ControlClient, repository: str, account: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    control.send("PUT", "/policies", {"repository": repository, "policy": policy})


def _create_services(control: ControlClient, company: RepositoriesByName) -> None:
    """Services on an old release, on a moved tag, and with a draining deployment."""
    web = company["shop/web"]
    digest, at = web.builds("main")[-3]
    worker = company["shop/worker"]
    api = company["shop/api"]
    services: list[Entry] = [
        {"name": "api", "images": [api.image("1.12.0")], "desired": 3},
        {"name": "web", "images": [web.image("main")], "digests": [digest], "at": at, "desired": 2},
        {"name": "worker", "images": [worker.image("build-30")], "desired": 2},
        {"name": "bff", "images": [company["mobile/bff"].image("0.1.5")]},
    ]
    paused = {"name": "api", "family": "api-staging", "images": [api.image("1.20.0")], "desired": 0}
    _send(
        control,
        "/ecs/services",
        "services",
        [{"cluster": "prod", **each} for each in services] + [{"cluster": "staging", **paused}],
    )
    newest = worker.newest_image("build-")
    deployment: Entry = {"cluster": "prod", "name": "worker", "images": [newest]}
    _send(control, "/ecs/deployments", "deployments", [deployment])


def _create_schedules(control: ControlClient, company: RepositoriesByName) -> None:
    """A rule on an old revision, a schedule on a family, and a schedule with an API call."""
    reports, worker = company["legacy/reports"], company["shop/worker"]
    definitions = [
        {"family": "monthly-report", "images": [reports.image("r4")]},
        {"family": "monthly-report", "images": [reports.image("r10")]},
        {"family": "clean-up", "images": [worker.image("build-20")]},
        {"family": "reindex", "images": [worker.image("build-15")]},
        {"family": "reindex", "images": [worker.image("build-40")]},
    ]
    _send(control, "/ecs/definitions", "definitions", definitions)
    rule = {"name": "monthly-report", "task_definition": "monthly-report:1", "cluster": "prod"}
    _send(control, "/events/rules", "rules", [rule])
    schedules: list[Entry] = [
        {"name": "clean-up", "task_definition": "clean-up"},
        {"name": "reindex", "task_definition": "reindex:1", "universal": True, "group": "search"},
    ]
    _send(
        control,
        "/scheduler/schedules",
        "schedules",
        [{"cluster": "prod", **each} for each in schedules],
    )


def _create_functions(control: ControlClient, company: RepositoriesByName) -> None:
    """Aliases on versions much older than `$LATEST`, and a function without an image."""
    worker, reports = company["shop/worker"], company["legacy/reports"]
    functions = [
        {"name": "thumbnailer", "image": worker.newest_image("build-")},
        {"name": "invoice-pdf", "image": reports.image("r2")},
        {"name": "warm-up"},
    ]
    versions = [
        {"name": "thumbnailer", "image": worker.image(f"build-{build}")} for build in (5, 25, 44)
    ]
    aliases = [
        {"name": "thumbnailer", "alias": "live", "version": "2"},
        {"name": "thumbnailer", "alias": "legacy-clients", "version": "1"},
    ]
    _send(control, "/lambda/functions", "functions", functions)
    _send(control, "/lambda/versions", "versions", versions)
    _send(control, "/lambda/aliases", "aliases", aliases)


class AwsLocation(TypedDict, total=False):
    """Account and Region, if not the defaults of the stand-in."""

    account: str
    region: str


class TaggedImageUris(NamedTuple):
    by_tag: str
    by_digest: str


@dataclass(frozen=True)
class WorkloadCounts:
    """How many workloads to create.

    Exactly `tasks` tasks run: divided equally among the services, the remainder without a service.
    Each service has its own family with `revisions` revisions, each function `versions` published
    versions. Every second schedule is an EventBridge rule.
    """

    services: int = 0
    tasks: int = 0
    functions: int = 0
    schedules: int = 0
    clusters: int = 10
    revisions: int = 1
    versions: int = 2

    @property
    def desired(self) -> int:
        """The number of tasks of each service."""
        return self.tasks // self.services if self.services else 0

    def cluster(self, number: int) -> str:
        return f"cluster-{number % self.clusters}"


def seed_workloads(
    url: str, counts: WorkloadCounts, repositories: Sequence[str], **location: Unpack[AwsLocation]
) -> None:
    """Creates workloads that use the tags of seeded repositories in turn."""
    control = ControlClient(url)
    images = cycle(each.by_tag for each in tagged_images(control, repositories, location))
    many: list[tuple[str, str, Iterator[Entry]]] = [
        ("/ecs/definitions", "definitions", _definitions(counts, images)),
        ("/ecs/services", "services", _services(counts)),
        ("/ecs/tasks", "tasks", _tasks(counts, images)),
        ("/lambda/functions", "functions", _functions(counts, images)),
        ("/lambda/versions", "versions", _versions(counts, images)),
        ("/events/rules", "rules", _schedules(counts, odd=True)),
        ("/scheduler/schedules", "schedules", _schedules(counts, odd=False)),
    ]
    for path, key, entries in many:
        _send(control, path, key, entries, location)


def tagged_images(
    control: ControlClient, repositories: Sequence[str], location: AwsLocation
) -> Iterator[TaggedImageUris]:
    for name in repositories:
        shown = control.send("GET", "/repositories", {"repository": name, **location})
        for tag, digest in sorted(shown["tags"].items()):
            yield TaggedImageUris(f"{shown['uri']}:{tag}", f"{shown['uri']}@{digest}")


def _definitions(counts: WorkloadCounts, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(counts.services):
        for _ in range(counts.revisions):
            yield {"family": f"service-{number}", "images": [next(images)]}


def _services(counts: WorkloadCounts) -> Iterator[Entry]:
    for number in range(counts.services):
        yield {
            "cluster": counts.cluster(number),
            "name": f"service-{number}",
            "desired": counts.desired,
        }


def _tasks(counts: WorkloadCounts, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(counts.tasks - counts.desired * counts.services):
        yield {
            "cluster": counts.cluster(number),
            "family": f"job-{number}",
            "images": [next(images)],
        }


def _functions(counts: WorkloadCounts, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(counts.functions):
        yield {"name": f"function-{number}", "image": next(images)}


def _versions(counts: WorkloadCounts, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(counts.functions):
        for _ in range(counts.versions):
            yield {"name": f"function-{number}", "image": next(images)}


def _schedules(counts: WorkloadCounts, *, odd: bool) -> Iterator[Entry]:
    for number in range(int(odd), counts.schedules, 2):
        yield {
            "name": f"schedule-{number}",
            "task_definition": f"service-{number % max(counts.services, 1)}:1",
        }


def _send(
    control: ControlClient,
    path: str,
    key: str,
    entries: Iterable[Entry],
    location: AwsLocation | None = None,
) -> None:
    for chunk in in_chunks(entries, _CHUNK):
        control.send("POST", path, {**(location or {}), key: chunk})
