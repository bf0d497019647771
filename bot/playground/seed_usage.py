"""Puts seeded images to work: what a company runs, and a crowd of workloads for benchmarks."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import cycle
from typing import Any, NamedTuple, TypedDict, Unpack

from bot.playground.aws.identity import DEFAULT_ACCOUNT
from bot.playground.remote import Control, in_chunks
from bot.playground.seed_stories import BRANCH

BRANCHS_ROLE = f"arn:aws:iam::{BRANCH}:role/ecr-clean"

PARTNER = "555566667777"
"""An account of others, which a repository's policy lets pull."""

_CHUNK = 500


@dataclass(frozen=True)
class Seeded:
    """A repository that was filled: its URI, and of every push the tags, digest and time."""

    uri: str
    pushes: list[tuple[tuple[str, ...], str, datetime]]

    def builds(self, tag: str) -> list[tuple[str, datetime]]:
        """What the tag was pushed on, oldest first: digest and time."""
        return [(digest, at) for tags, digest, at in self.pushes if tag in tags]

    def image(self, tag: str) -> str:
        return f"{self.uri}:{tag}"

    def newest_image(self, prefix: str) -> str:
        """The newest image that has a tag which starts so."""
        tags = [tag for names, _, _ in self.pushes for tag in names if tag.startswith(prefix)]
        return self.image(tags[-1])


Company = dict[str, Seeded]
Entry = dict[str, Any]


def put_to_work(control: Control, company: Company) -> None:
    """What runs in production; much of it is older than any rule of age and count would keep."""
    _run_services(control, company)
    _run_on_schedule(control, company)
    _run_functions(control, company)


def open_branch(control: Control, company: Company, branch: Company) -> None:
    """The second account: what runs there, some of it from the first account's registry; the role
    that leads into it; and a partner's account, into which none does."""
    control.send("POST", "/roles", {"arn": BRANCHS_ROLE, "trusts": [DEFAULT_ACCOUNT]})
    _let_pull(control, "shop/api", BRANCH)
    _let_pull(control, "partner/feeds", PARTNER)
    recommender = branch["ml/recommender"]
    services: list[Entry] = [
        {"name": "recommender", "images": [recommender.image("train-58")], "desired": 2},
        {"name": "scoring-api", "images": [company["shop/api"].image("1.8.0")]},
    ]
    _send(
        control,
        "/ecs/services",
        "services",
        [{"cluster": "ml", **each} for each in services],
        {"account": BRANCH},
    )
    functions = [{"name": "score-on-demand", "image": recommender.image("train-90")}]
    _send(control, "/lambda/functions", "functions", functions, {"account": BRANCH})


def _let_pull(control: Control, repository: str, account: str) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
    }
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    control.send("PUT", "/policies", {"repository": repository, "policy": policy})


def _run_services(control: Control, company: Company) -> None:
    """One on an old release, one whose tag has moved on, one with a deployment that drains."""
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


def _run_on_schedule(control: Control, company: Company) -> None:
    """A rule that names an old revision, a schedule that names a family, one that calls an API."""
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


def _run_functions(control: Control, company: Company) -> None:
    """Versions behind aliases that lag far behind `$LATEST`, and a function without an image."""
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


class Place(TypedDict, total=False):
    """Where everything is, if not in the stand-in's default account and Region."""

    account: str
    region: str


class TaggedImage(NamedTuple):
    by_tag: str
    by_digest: str


@dataclass(frozen=True)
class Crowd:
    """How many of what.

    Exactly so many tasks run: as many of each service as come out even, the rest by themselves.
    Every service has a family of its own with so many `revisions`, every function so many
    published `versions`; every second schedule is a rule of EventBridge.
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
        """The tasks of each service."""
        return self.tasks // self.services if self.services else 0

    def cluster(self, number: int) -> str:
        return f"cluster-{number % self.clusters}"


def fill_usage(url: str, crowd: Crowd, repositories: Sequence[str], **place: Unpack[Place]) -> None:
    """Workloads that run the tags of repositories, which have to be filled already, in turn."""
    control = Control(url)
    images = cycle(each.by_tag for each in tagged_images(control, repositories, place))
    many: list[tuple[str, str, Iterator[Entry]]] = [
        ("/ecs/definitions", "definitions", _definitions(crowd, images)),
        ("/ecs/services", "services", _services(crowd)),
        ("/ecs/tasks", "tasks", _tasks(crowd, images)),
        ("/lambda/functions", "functions", _functions(crowd, images)),
        ("/lambda/versions", "versions", _versions(crowd, images)),
        ("/events/rules", "rules", _schedules(crowd, odd=True)),
        ("/scheduler/schedules", "schedules", _schedules(crowd, odd=False)),
    ]
    for path, key, entries in many:
        _send(control, path, key, entries, place)


def tagged_images(
    control: Control, repositories: Sequence[str], place: Place
) -> Iterator[TaggedImage]:
    for name in repositories:
        shown = control.send("GET", "/repositories", {"repository": name, **place})
        for tag, digest in sorted(shown["tags"].items()):
            yield TaggedImage(f"{shown['uri']}:{tag}", f"{shown['uri']}@{digest}")


def _definitions(crowd: Crowd, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(crowd.services):
        for _ in range(crowd.revisions):
            yield {"family": f"service-{number}", "images": [next(images)]}


def _services(crowd: Crowd) -> Iterator[Entry]:
    for number in range(crowd.services):
        yield {
            "cluster": crowd.cluster(number),
            "name": f"service-{number}",
            "desired": crowd.desired,
        }


def _tasks(crowd: Crowd, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(crowd.tasks - crowd.desired * crowd.services):
        yield {
            "cluster": crowd.cluster(number),
            "family": f"job-{number}",
            "images": [next(images)],
        }


def _functions(crowd: Crowd, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(crowd.functions):
        yield {"name": f"function-{number}", "image": next(images)}


def _versions(crowd: Crowd, images: Iterator[str]) -> Iterator[Entry]:
    for number in range(crowd.functions):
        for _ in range(crowd.versions):
            yield {"name": f"function-{number}", "image": next(images)}


def _schedules(crowd: Crowd, *, odd: bool) -> Iterator[Entry]:
    for number in range(int(odd), crowd.schedules, 2):
        yield {
            "name": f"schedule-{number}",
            "task_definition": f"service-{number % max(crowd.services, 1)}:1",
        }


def _send(
    control: Control, path: str, key: str, entries: Iterable[Entry], place: Place | None = None
) -> None:
    for some in in_chunks(entries, _CHUNK):
        control.send("POST", path, {**(place or {}), key: some})
