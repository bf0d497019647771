"""Helpers that create plans, pins and events."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import URL, text

from bot.core.errors import ErrorText
from bot.core.manifest import OCI_MANIFEST, Blob, DescribedImage, ManifestContent, make_manifest
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState, content_hash, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.records import (
    Approval,
    AuditEvent,
    AuditEventName,
    PlanRecord,
    PlanRun,
    PlanWorker,
    RepositoryPin,
    StoreChange,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.core.savings import SavingsTerms
from bot.store import network_file_systems
from bot.store.store import Store, open_database, open_store
from tests.support import NOW

BEHIND_A_POOLER_TOO = pytest.mark.parametrize(
    "kind",
    ["sqlite", "postgresql", pytest.param("pgbouncer", marks=pytest.mark.slow)],
    indirect=True,
)
"""Marks a module whose tests also run behind a PgBouncer in `make test-all`. The fast
test_pgbouncer.py covers the differences."""

PLACE = RegistryId("123456789012", "eu-west-1")
HERE = RepositoryId(PLACE, "team/api", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api")
THERE = RepositoryId(PLACE, "team/web", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/web")
ANN = PlanWorker("ann's machine", "boot-1", 4711, 2**40)
BOB = PlanWorker("bob's machine", None, 42, 17)
LEASE = timedelta(minutes=1)
SECRET = "hunter2"
CONFIG = "application/vnd.oci.image.config.v1+json"


def sqlite_url(file: Path | str) -> str:
    return f"sqlite:///{file}"


def let_in(user: URL, url: str) -> None:
    """Lets the user create tables in the database at `url`."""
    with closing(open_database(url)) as database, database.writing() as session:
        session.execute(text(f"GRANT ALL ON SCHEMA public TO {user.username}"))


def journal_of(file: Path) -> str:
    """The mode of the journal that SQLite's next connection uses."""
    with closing(sqlite3.connect(file)) as db:
        return str(db.execute("PRAGMA journal_mode").fetchone()[0])


def mount(point: Path, type_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes the bot see a mounted file system of this type there, between others."""
    mounts = Path(f"{point}.mountinfo")
    mounts.parent.mkdir(parents=True, exist_ok=True)
    escaped = str(point).replace(" ", "\\040")
    mounts.write_text(
        "22 27 0:21 / / rw,relatime - overlay overlay rw\n"
        f"23 22 0:22 / {escaped} rw,relatime shared:1 - {type_} 127.0.0.1:/ rw,vers=4.1\n"
        "24 22 0:23 / /elsewhere rw,relatime - nfs4 127.0.0.1:/ rw,vers=4.1\n"
    )
    monkeypatch.setattr(network_file_systems, "MOUNTS", mounts)


@cache
def migrated_sqlite() -> bytes:
    """A SQLite file with all tables, created once per test process."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "store.db"
        open_store(sqlite_url(file)).close()
        return file.read_bytes()


def content(*names: str, repository: RepositoryId = HERE) -> Plan:
    """A plan that deletes one old image per name; the name is its tag."""
    manifests = [
        make_manifest(
            DescribedImage(f"sha256:{name}", (name,), NOW - timedelta(days=90), None, 100),
            ManifestContent(OCI_MANIFEST, CONFIG, (Blob(f"sha256:{name}-layer", 100),)),
        )
        for name in names
    ]
    inputs = PlanInputs(Policy(timedelta(0), Patterns(), ()), NOW)
    return make_plan(repository, manifests, inputs, SavingsTerms(0.1, layers_stay_within=True))


def record(repository: RepositoryId = HERE, **facts: Any) -> PlanRecord:
    made = PlanRecord(
        id=uuid4().hex,
        repository=repository,
        version=1,
        state=PlanState.PROPOSED,
        hash="hash of some content",
        complete=True,
        checked=True,
        manifests=5,
        deletions=2,
        freed_bytes=2**40,
        proposed_at=NOW,
        expires_at=NOW + timedelta(days=7),
    )
    return replace(made, **facts)


def event(
    name: AuditEventName = AuditEventName.PROPOSED, by: str = "ann", **facts: Any
) -> AuditEvent:
    return replace(AuditEvent(NOW, name, by, ErrorText(f"{by} did it")), **facts)


def pin(text: str, repository: RepositoryId = HERE, by: str = "ann", **facts: Any) -> RepositoryPin:
    return RepositoryPin(repository.uri, replace(Pin(text, by, "why not"), **facts), NOW)


def propose(store: Store, repository: RepositoryId = HERE, **facts: Any) -> PlanRecord:
    """Stores a plan that deletes `old` and `older`."""
    plan = content("old", "older", repository=repository)
    made = record(repository, **{"hash": content_hash(plan), **facts})
    assert store.commit(StoreChange([event(plan=made.id)], after=made, content=plan))
    return made


def approval(before: PlanRecord, by: str) -> StoreChange:
    """A change that adds an approval to the plan."""
    approvals = (*before.approvals, Approval(by, NOW, before.version, before.hash))
    return StoreChange(
        [event(AuditEventName.APPROVED, by, plan=before.id)],
        before,
        replace(before, state=PlanState.APPROVED, approvals=approvals),
    )


def closed(
    before: PlanRecord, state: PlanState, name: AuditEventName, by: str = "ann"
) -> StoreChange:
    return StoreChange([event(name, by, plan=before.id)], before, replace(before, state=state))


def new_version(before: PlanRecord, *names: str) -> StoreChange:
    plan = content(*names)
    after = replace(
        before,
        version=before.version + 1,
        hash=content_hash(plan),
        state=PlanState.PROPOSED,
    )
    return StoreChange([event(plan=before.id)], before, after, plan)


def seen(store: Store, id_: str) -> PlanRecord:
    found = store.plan(id_)
    assert found
    return found


def begin(store: Store, **facts: Any) -> PlanRun:
    """Stores a plan that deletes `old` and `older`, and a run of it by its first worker."""
    made = propose(store)
    run = replace(run_of(made), **facts)
    assert store.commit(started(made, run))
    return run


def run_of(plan: PlanRecord) -> PlanRun:
    return PlanRun(plan.id, plan.version, 1, ANN, NOW, NOW + LEASE)


def started(before: PlanRecord, run: PlanRun) -> StoreChange:
    after = replace(before, state=PlanState.EXECUTING)
    return StoreChange([event(AuditEventName.STARTED, plan=before.id)], before, after, run=run)


def taken_over(before: PlanRun, worker: PlanWorker) -> PlanRun:
    return replace(
        before,
        attempt=before.attempt + 1,
        worker=worker,
        leased_until=before.leased_until + LEASE,
    )


def take_over(before: PlanRun, worker: PlanWorker) -> StoreChange:
    """A takeover after the lease of the run expired."""
    taken = event(AuditEventName.TAKEN_OVER, worker.host, plan=before.plan)
    return StoreChange([taken], run_before=before, run=taken_over(before, worker))
