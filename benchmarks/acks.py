"""How soon interactions in Slack are acknowledged while much else is going on.

The bot, the workspace, and AWS are processes of their own; the workspace takes the times, from
sending to acknowledgement. Its rate limits are switched off, so that no waiting makes it any
quieter. What acknowledges and does nothing else shows how much of the time is the workspace's own.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import cycle, islice
from math import ceil
from pathlib import Path

from rich.table import Table

from benchmarks.background import running, until
from benchmarks.playground_servers import stand_in, workspace
from benchmarks.settings import ALL_OFF, settings_file
from benchmarks.slack_users import Act, Company
from bot.playground.control_client import ControlClient
from bot.playground.seed import seed_repository
from bot.playground.slack import WorkspaceClient
from bot.slack.action_ids import APPROVE_PLAN, DISMISS_PLAN, SHOW_IMAGES
from bot.store.store import open_store
from tests.postgres import some_server

PLANNED = [f"planned/{number:02}" for number in range(50)]
APPROVED = [f"approved/{number:02}" for number in range(20)]
DISMISSED = [f"dismissed/{number:02}" for number in range(20)]
LOOKED_AT = [f"looked-at/{number}" for number in range(9)]
MANIFESTS = 100
LARGE, CLEANED = "large", "cleaned"
MANIFESTS_OF_LARGE = 5_000
REPOSITORIES = {
    **dict.fromkeys([*PLANNED, *APPROVED, *DISMISSED, *LOOKED_AT], MANIFESTS),
    **dict.fromkeys([LARGE, CLEANED], MANIFESTS_OF_LARGE),
}
LOOKS, HELPS, WISHES = 80, 40, 40
INTERACTIONS = len(APPROVED) + len(DISMISSED) + LOOKS + HELPS + WISHES
PEOPLE = 20
KEPT = [f"build-{number}-SNAPSHOT" for number in (1, 3, 7, 9, 11)]
"""Tags of single images."""
UNDO_WINDOW = "2s"
RUNS = 3

BARE, SQLITE, POSTGRESQL = "bare", "with SQLite", "with PostgreSQL"
TITLE = (
    f"{INTERACTIONS} interactions at once, while {len(PLANNED)} repositories are planned and one "
    f"of {MANIFESTS_OF_LARGE:,} images is cleaned"
)
CAPTION = (
    f"milliseconds until acknowledged, measured at the workspace, of {RUNS} runs together; "
    "bare: acknowledges, and does nothing; waiting: reports that were not there at the end"
)


@dataclass(frozen=True, slots=True)
class Run:
    """`took`: seconds; None for what was not acknowledged. `extra`: deliveries beyond one for each
    interaction. `waiting`: how many of what was asked for before was not planned at the end;
    `is_cleaning`: whether the cleanup went on all the while."""

    took: Sequence[float | None]
    extra: int
    waiting: int = 0
    is_cleaning: bool = False


def table() -> Table:
    shown = Table(title=TITLE, caption=CAPTION)
    shown.add_column("process")
    for heading in ("sent", "p50", "p99", "max", "lost", "redelivered", "waiting", "cleaning"):
        shown.add_column(heading, justify="right")
    with ExitStack() as stack:
        server = stack.enter_context(some_server())
        rounds: dict[str, list[Run]] = {BARE: [], SQLITE: []}
        if server:
            rounds[POSTGRESQL] = []
        for _ in range(RUNS):
            for what, runs in rounds.items():
                with ExitStack() as brief:
                    folder = Path(brief.enter_context(tempfile.TemporaryDirectory()))
                    database = f"sqlite:///{folder / 'bench.db'}"
                    if what == POSTGRESQL and server:
                        database = brief.enter_context(server.database(migrated=True))
                    open_store(database).close()
                    runs.append(_run(folder, database, is_bare=what == BARE))
    for what, runs in rounds.items():
        shown.add_row(*_row(what, runs))
    if POSTGRESQL not in rounds:
        shown.add_row("no PostgreSQL is here")
    return shown


def _row(what: str, runs: Sequence[Run]) -> Iterator[str]:
    took = sorted(seconds for run in runs for seconds in run.took if seconds is not None)
    sent = sum(len(run.took) for run in runs)
    yield from (what, f"{sent:,}")
    for share in (0.50, 0.99, 1.0):
        yield f"{took[ceil(share * len(took)) - 1] * 1000:.0f}"
    yield f"{sent - len(took)}"
    yield f"{sum(run.extra for run in runs)}"
    yield "" if what == BARE else ", ".join(f"{run.waiting}" for run in runs)
    yield "" if what == BARE else f"{sum(run.is_cleaning for run in runs)} of {len(runs)}"


def _run(folder: Path, database: str, *, is_bare: bool) -> Run:
    with stand_in() as aws, workspace() as slack:
        for name, manifests in REPOSITORIES.items():
            seed_repository(aws["AWS_ENDPOINT_URL"], name, manifests, now=datetime.now(UTC))
        remote = WorkspaceClient(slack["SLACK_API_URL"].removesuffix("/api/"))
        remote.change_settings(limits=False)
        company = Company(remote, PEOPLE, REPOSITORIES)
        environment = {
            **aws,
            **slack,
            "ECR_CLEAN_CONFIG": str(_settings(folder, company)),
            "DATABASE_URL": database,
            "XDG_CACHE_HOME": str(folder),
        }
        with running("bot", "serve", environment=environment):
            until(remote.connections)
            company.ask_for([*APPROVED, *DISMISSED, *LOOKED_AT, LARGE, CLEANED])
            until(lambda: company.offers().keys() == {*REPOSITORIES} - {*PLANNED})
            if not is_bare:
                return _in_a_crowd(company, ControlClient(aws["AWS_ENDPOINT_URL"]))
        with running("benchmarks.bare_acks", environment=environment):
            until(remote.connections)
            return _interact(company)


def _settings(folder: Path, company: Company) -> Path:
    nothing = folder / "nothing.txt"
    nothing.touch()
    return settings_file(
        folder,
        "acks",
        {**ALL_OFF, "files": [str(nothing)], "expect_none": True},
        policies=[{"keep": [{"tags": KEPT}], "min_age": "0s"}],
        approval={"type_to_confirm_over": "100%"},
        execution={"undo_window": UNDO_WINDOW},
        reports=[
            {"repositories": [name], "channel": channel}
            for name, channel in company.channels.items()
        ],
    )


def _in_a_crowd(company: Company, aws: ControlClient) -> Run:
    """From the first deletion on."""
    aws.send("DELETE", "/calls", {})
    company.remember()
    company.click(company.people[0], CLEANED, APPROVE_PLAN, confirm=True)
    company.ask_for(PLANNED)
    until(lambda: _deletions(aws))
    run = _interact(company)
    deletions, waiting = _deletions(aws), len({*PLANNED} - company.offers().keys())
    until(lambda: CLEANED not in company.offers())
    return replace(run, waiting=waiting, is_cleaning=_deletions(aws) > deletions)


def _deletions(aws: ControlClient) -> int:
    """Calls for the repository that is being cleaned."""
    return sum(
        call["operation"] == "BatchDeleteImage" and call["params"]["repositoryName"] == CLEANED
        for call in aws.send("GET", "/calls", {})["calls"]
    )


def _interact(company: Company) -> Run:
    company.remember()
    acts = _acts(company)
    deliveries = company.does_at_once(acts)
    return Run([each["took"] for each in deliveries], len(deliveries) - len(acts))


def _acts(company: Company) -> list[Act]:
    """Those of each kind are spread among the others."""
    looked_at, wished = cycle([*LOOKED_AT, LARGE]), cycle(LOOKED_AT)
    kinds: list[list[Act]] = [
        [
            partial(company.click, repository=name, action=APPROVE_PLAN, confirm=True)
            for name in APPROVED
        ],
        [partial(company.click, repository=name, action=DISMISS_PLAN) for name in DISMISSED],
        [
            partial(company.click, repository=name, action=SHOW_IMAGES)
            for name in islice(looked_at, LOOKS)
        ],
        [partial(company.types, repository=name, word="help") for name in PLANNED[:HELPS]],
        [
            partial(company.types, repository=name, word=f"report {name}")
            for name in islice(wished, WISHES)
        ],
    ]
    places = [
        ((number + 0.5) / len(acts), kind, act)
        for kind, acts in enumerate(kinds)
        for number, act in enumerate(acts)
    ]
    return [act for *_, act in sorted(places, key=lambda place: place[:2])]
