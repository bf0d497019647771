"""How soon people who look for tags to pin get an answer, in a repository with very many.

The bot, the workspace, and AWS are processes of their own; the workspace takes the times, from
sending to the answer. Its rate limits are switched off.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import quantiles

from rich.table import Table

from benchmarks.background import running, until
from benchmarks.playground_servers import stand_in, workspace
from benchmarks.settings import ALL_OFF, settings_file
from benchmarks.slack_users import Company
from bot.playground.aws.manifests import image
from bot.playground.control_client import ControlClient
from bot.playground.seed_images import MIB, PushedManifest, push_images
from bot.playground.slack import ActionOutcome, Person, WorkspaceClient
from bot.slack.action_ids import PIN_TAGS, PINNED_TAGS
from bot.store.store import open_store
from tests.postgres import some_server

REPOSITORY = "large"
TAGS, DELETED = 20_000, 15_000
TYPED = {"nothing": "", "a part": "v1.1", "a pattern": "v1.*"}
PEOPLE = 20
IN_TURN, ROUNDS = 100, 5
SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"
TITLE = f"a look for tags to pin, of {TAGS:,}, of which {DELETED:,} go"
CAPTION = (
    f"milliseconds until answered, measured at the workspace: {IN_TURN} one after the other, and "
    f"{ROUNDS} times {PEOPLE} at once"
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
                shown.add_row(name, typed, *_told(in_turn), *_told(at_once))
    if POSTGRESQL not in databases:
        shown.add_row("no PostgreSQL is here")
    return shown


def _told(took: Took) -> Iterator[str]:
    hundredths = quantiles(took, n=100, method="inclusive")
    yield from (f"{seconds * 1000:.0f}" for seconds in (hundredths[49], hundredths[98], max(took)))


def _run(folder: Path, database: str) -> Iterator[tuple[str, Took, Took]]:
    """What was typed, and how long it took in turn and at once."""
    with stand_in() as aws, workspace() as slack:
        push_images(ControlClient(aws["AWS_ENDPOINT_URL"]), {"repository": REPOSITORY}, _pushes())
        remote = WorkspaceClient(slack["SLACK_API_URL"].removesuffix("/api/"))
        remote.change_settings(limits=False)
        company = Company(remote, PEOPLE, [REPOSITORY])
        environment = {
            **aws,
            **slack,
            "ECR_CLEAN_CONFIG": str(_settings(folder, company)),
            "DATABASE_URL": database,
            "XDG_CACHE_HOME": str(folder),
        }
        with running("bot", "serve", environment=environment):
            until(remote.connections)
            _open_modals(company)
            for what, typed in TYPED.items():
                yield what, _in_turn(company, remote, typed), _at_once(company, typed)


def _pushes() -> Iterator[PushedManifest]:
    """Half of the tags begin with v1., oldest first."""
    now = datetime.now(UTC)
    for number in range(TAGS):
        text = image((f"options {number} config", 4_000), [(f"options {number}", MIB)])
        major, minor = divmod(number, TAGS // 2)
        yield PushedManifest(text, now - timedelta(hours=TAGS - number), (f"v{major + 1}.{minor}",))


def _settings(folder: Path, company: Company) -> Path:
    return settings_file(
        folder,
        "options",
        ALL_OFF,
        policies=[{"keep": [{"newest": TAGS - DELETED}]}],
        reports=[{"channel": company.channels[REPOSITORY]}],
    )


def _open_modals(company: Company) -> None:
    """Everybody's, once the report lists what goes."""
    channel = company.channels[REPOSITORY]
    company.ask_for([REPOSITORY])
    until(lambda: any(each["replies"] for each in company.people[0].messages(channel)))
    company.remember()
    for person in company.people:
        assert company.click(person, REPOSITORY, PIN_TAGS).ok
    until(lambda: all((person.modal() or {}).get("submit") for person in company.people))


def _in_turn(company: Company, remote: WorkspaceClient, typed: str) -> Took:
    remote.delete("/deliveries")
    for _ in range(IN_TURN):
        _look_for(company.people[0], typed)
    return [each["took"] for each in remote.deliveries()]


def _at_once(company: Company, typed: str) -> Took:
    looking = [partial(_look_for, typed=typed)] * PEOPLE
    return [each["took"] for _ in range(ROUNDS) for each in company.does_at_once(looking)]


def _look_for(person: Person, typed: str) -> ActionOutcome:
    outcome = person.looks_for(typed, PINNED_TAGS)
    assert outcome.options, f"nothing was found for {typed!r}: {outcome}"
    return outcome
