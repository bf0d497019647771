"""Measures how fast Slack interactions are acknowledged under load.

The bot, the workspace and AWS run in separate processes. The workspace measures the time from
sending to acknowledgement. Its rate limits are off, so that waiting does not reduce the load. The
`bare` app only acknowledges, and shows the workspace's own share of the time.
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

from benchmarks.background import running, wait_until
from benchmarks.playground_servers import stand_in, workspace
from benchmarks.settings import ALL_OFF, settings_file
from benchmarks.slack_users import Act, SimulatedUsers
from bot.playground.control_client import ControlClient
from bot.playground.seed import seed_repository
from bot.playground.slack import WorkspaceClient
from bot.slack.action_ids import APPROVE_PLAN, DISMISS_PLAN, SHOW_IMAGES
from bot.store.store import open_store
from tests.postgres import some_server

PLANNED = [f"planned/{number:02}" for number in range(50)]
APPROVED = [f"approved/{number:02}" for number in range(20)]
DISMISSED = [f"dismissed/{number:02}" for number in range(20)]
SHOWN = [f"shown/{number}" for number in range(9)]
MANIFESTS = 100
LARGE, CLEANED = "large", "cleaned"
MANIFESTS_OF_LARGE = 5_000
REPOSITORIES = {
    **dict.fromkeys([*PLANNED, *APPROVED, *DISMISSED, *SHOWN], MANIFESTS),
    **dict.fromkeys([LARGE, CLEANED], MANIFESTS_OF_LARGE),
}
SHOW_CLICKS, HELP_COMMANDS, REQUESTS = 80, 40, 40
INTERACTIONS = len(APPROVED) + len(DISMISSED) + SHOW_CLICKS + HELP_COMMANDS + REQUESTS
PEOPLE = 20
KEPT = [f"build-{number}-SNAPSHOT" for number in (1, 3, 7, 9, 11)]
"""Tags of images that belong to no index."""
UNDO_WINDOW = "2s"
RUNS = 3

BARE, SQLITE, POSTGRESQL = "bare", "with SQLite", "with PostgreSQL"
TITLE = (
    f"{INTERACTIONS} interactions at once, while {len(PLANNED)} repositories are planned and one "
    f"of {MANIFESTS_OF_LARGE:,} images is cleaned"
)
CAPTION = (
    f"milliseconds until the acknowledgement, measured in the workspace, over {RUNS} runs; "
    "bare: an app that only acknowledges; waiting: reports that were missing at the end"
)


@dataclass(frozen=True, slots=True)
class Run:
    """`took`: seconds until each acknowledgement, None without one. `extra`: deliveries beyond one
    for each interaction. `waiting`: requested reports that were missing at the end. `is_cleaning`:
    whether the deletion ran during the whole measurement."""

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
        shown.add_row("PostgreSQL is not installed")
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
        users = SimulatedUsers(remote, PEOPLE, REPOSITORIES)
        environment = {
            **aws,
            **slack,
            "ECR_CLEAN_CONFIG": str(_settings(folder, users)),
            "DATABASE_URL": database,
            "XDG_CACHE_HOME": str(folder),
        }
        with running("bot", "serve", environment=environment):
            wait_until(remote.connections)
            users.request_reports([*APPROVED, *DISMISSED, *SHOWN, LARGE, CLEANED])
            wait_until(lambda: users.reports().keys() == {*REPOSITORIES} - {*PLANNED})
            if not is_bare:
                return _interact_under_load(users, ControlClient(aws["AWS_ENDPOINT_URL"]))
        with running("benchmarks.bare_acks", environment=environment):
            wait_until(remote.connections)
            return _interact(users)


def _settings(folder: Path, users: SimulatedUsers) -> Path:
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
            {"repositories": [name], "channel": channel} for name, channel in users.channels.items()
        ],
    )


def _interact_under_load(users: SimulatedUsers, aws: ControlClient) -> Run:
    """Measures after the first deletion call."""
    aws.send("DELETE", "/calls", {})
    users.read_reports()
    users.click(users.people[0], CLEANED, APPROVE_PLAN, confirm=True)
    users.request_reports(PLANNED)
    wait_until(lambda: _deletions(aws))
    run = _interact(users)
    deletions, waiting = _deletions(aws), len({*PLANNED} - users.reports().keys())
    wait_until(lambda: CLEANED not in users.reports())
    return replace(run, waiting=waiting, is_cleaning=_deletions(aws) > deletions)


def _deletions(aws: ControlClient) -> int:
    """The number of deletion calls for the repository that is cleaned."""
    return sum(
        call["operation"] == "BatchDeleteImage" and call["params"]["repositoryName"] == CLEANED
        for call in aws.send("GET", "/calls", {})["calls"]
    )


def _interact(users: SimulatedUsers) -> Run:
    users.read_reports()
    acts = _acts(users)
    deliveries = users.act_at_once(acts)
    return Run([each["took"] for each in deliveries], len(deliveries) - len(acts))


def _acts(users: SimulatedUsers) -> list[Act]:
    """All interactions. Each kind is spread evenly among the others."""
    shown, requested = cycle([*SHOWN, LARGE]), cycle(SHOWN)
    kinds: list[list[Act]] = [
        [
            partial(users.click, repository=name, action=APPROVE_PLAN, confirm=True)
            for name in APPROVED
        ],
        [partial(users.click, repository=name, action=DISMISS_PLAN) for name in DISMISSED],
        [
            partial(users.click, repository=name, action=SHOW_IMAGES)
            for name in islice(shown, SHOW_CLICKS)
        ],
        [
            partial(users.type_command, repository=name, word="help")
            for name in PLANNED[:HELP_COMMANDS]
        ],
        [
            partial(users.type_command, repository=name, word=f"report {name}")
            for name in islice(requested, REQUESTS)
        ],
    ]
    places = [
        ((number + 0.5) / len(acts), kind, act)
        for kind, acts in enumerate(kinds)
        for number, act in enumerate(acts)
    ]
    return [act for *_, act in sorted(places, key=lambda place: place[:2])]
