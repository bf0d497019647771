"""Measures the search for tags to pin in a repository with many tags.

The bot, the workspace and AWS run in separate processes. The workspace measures the time from
sending to the answer. Its rate limits are off.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles

from rich.table import Table

from benchmarks.background import running, wait_until
from benchmarks.playground_servers import stand_in, workspace
from benchmarks.settings import ALL_OFF, settings_file
from benchmarks.slack_users import SimulatedUsers
from bot.playground.aws.manifests import image
from bot.playground.control_client import ControlClient
from bot.playground.seed_images import MIB, PushedManifest, push_images
from bot.playground.slack import ActionOutcome, SimulatedUser, WorkspaceClient
from bot.slack.action_ids import PIN_TAGS, PINNED_TAGS
from bot.store.store import open_store
from tests.postgres import some_server

REPOSITORY = "large"
TAGS, DELETED = 20_000, 15_000
TYPED = {"nothing": "", "a part": "v1.1", "a pattern": "v1.*"}
PEOPLE = 20
IN_TURN, ROUNDS = 100, 5
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
TITLE = f"search for tags to pin, with {TAGS:,} tags and {DELETED:,} images to delete"
CAPTION = (
    f"milliseconds until the answer, measured in the workspace: {IN_TURN} searches one after "
    f"another, and {ROUNDS} times {PEOPLE} at once"
)

Took = Sequence[float]
"""Seconds."""


def table() -> Table:
    shown = Table(title=TITLE, caption=CAPTION)
    shown.add_column("database")
    shown.add_column("typed")
    for heading in ("in turn: p50", "p99", "max", f"{PEOPLE} at once: p50", "p99", "max"):
        shown.add_column(heading, justify="right")
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        databases = {SQLITE: f"sqlite:///{folder / 'bench.db'}"}
        open_store(databases[SQLITE]).close()
        if server := stack.enter_context(some_server()):
            databases[POSTGRESQL] = stack.enter_context(server.database(migrated=True))
        for name, database in databases.items():
            for typed, in_turn, at_once in _run(folder, database):
                shown.add_row(name, typed, *_cells(in_turn), *_cells(at_once))
    if POSTGRESQL not in databases:
        shown.add_row("PostgreSQL is not installed")
    return shown


def _cells(took: Took) -> Iterator[str]:
    percentiles = quantiles(took, n=100, method="inclusive")
    seconds = (percentiles[49], percentiles[98], max(took))
    yield from (f"{each * 1000:.0f}" for each in seconds)


def _run(folder: Path, database: str) -> Iterator[tuple[str, Took, Took]]:
    """Yields the typed text, and the times one after another and at once."""
    with stand_in() as aws, workspace() as slack:
        push_images(ControlClient(aws["AWS_ENDPOINT_URL"]), {"repository": REPOSITORY}, _pushes())
        remote = WorkspaceClient(slack["SLACK_API_URL"].removesuffix("/api/"))
        remote.change_settings(limits=False)
        users = SimulatedUsers(remote, PEOPLE, [REPOSITORY])
        environment = {
            **aws,
            **slack,
            "ECR_CLEAN_CONFIG": str(_settings(folder, users)),
            "DATABASE_URL": database,
            "XDG_CACHE_HOME": str(folder),
        }
        with running("bot", "serve", environment=environment):
            wait_until(remote.connections)
            _open_modals(users)
            for what, typed in TYPED.items():
                yield what, _in_turn(users, remote, typed), _at_once(users, typed)


def _pushes() -> Iterator[PushedManifest]:
    """Oldest first. Half of the tags start with v1."""
    now = datetime.now(UTC)
    for number in range(TAGS):
        text = image((f"options {number} config", 4_000), [(f"options {number}", MIB)])
        major, minor = divmod(number, TAGS // 2)
        yield PushedManifest(text, now - timedelta(hours=TAGS - number), (f"v{major + 1}.{minor}",))


def _settings(folder: Path, users: SimulatedUsers) -> Path:
    return settings_file(
        folder,
        "options",
        ALL_OFF,
        policies=[{"keep": [{"newest": TAGS - DELETED}]}],
        reports=[{"channel": users.channels[REPOSITORY]}],
    )


def _open_modals(users: SimulatedUsers) -> None:
    """Opens the modal of each user, once the report's thread has the list of deletions."""
    channel = users.channels[REPOSITORY]
    users.request_reports([REPOSITORY])
    wait_until(lambda: any(each["replies"] for each in users.people[0].messages(channel)))
    users.read_reports()
    for person in users.people:
        assert users.click(person, REPOSITORY, PIN_TAGS).ok
    wait_until(lambda: all((person.modal() or {}).get("submit") for person in users.people))


def _in_turn(users: SimulatedUsers, remote: WorkspaceClient, typed: str) -> Took:
    remote.delete("/deliveries")
    for _ in range(IN_TURN):
        _search(users.people[0], typed)
    return [each["took"] for each in remote.deliveries()]


def _at_once(users: SimulatedUsers, typed: str) -> Took:
    searches = [partial(_search, typed=typed)] * PEOPLE
    return [each["took"] for _ in range(ROUNDS) for each in users.act_at_once(searches)]


def _search(person: SimulatedUser, typed: str) -> ActionOutcome:
    outcome = person.looks_for(typed, PINNED_TAGS)
    assert outcome.options, f"no tags found for {typed!r}: {outcome}"
    return outcome
