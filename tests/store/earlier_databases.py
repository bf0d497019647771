"""Databases of earlier versions, as SQL. Each was written by the code of its version.

`python -m tests.store.earlier_databases` writes those of the current version, before a release.
"""

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import make_url

from bot.core.records import AuditEventName, ImageOutcome, ImageResult, StoreChange
from bot.core.verdict_reasons import NoRuleKeeps
from bot.store.database import CURRENT
from bot.store.store import Store, open_store
from tests.postgres import some_server
from tests.store.support import (
    THERE,
    approval,
    event,
    new_version,
    pin,
    propose,
    run_of,
    seen,
    sqlite_url,
    started,
)
from tests.support import NOW

FOLDER = Path(__file__).parent / "earlier_databases"
REVISIONS = sorted({file.name.partition(".")[0] for file in FOLDER.glob("*.sql")})


def load(revision: str, kind: str, url: str) -> None:
    """Into an empty database."""
    file = FOLDER / f"{revision}.{kind}.sql"
    if kind == "sqlite":
        with closing(sqlite3.connect(make_url(url).database or "")) as db:
            db.executescript(file.read_text())
    else:
        options = ["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", f"--file={file}"]
        _run("psql", *options, for_libpq(url))


def for_libpq(url: str) -> str:
    """The URL for PostgreSQL's own programs."""
    plain = make_url(url).set(drivername="postgresql")
    return plain.render_as_string(hide_password=False)


def fill(store: Store) -> None:
    """An approved plan of two versions, a plan of which one image is deleted, and two pins."""
    first = propose(store)
    assert store.commit(new_version(first, "old"))
    assert store.commit(approval(seen(store, first.id), "bob"))
    other = propose(store, THERE)
    assert store.commit(started(other, run_of(other)))
    result = ImageResult("sha256:old", ImageOutcome.DELETED, NoRuleKeeps())
    deleted = event(AuditEventName.DELETED, plan=other.id, digests=("sha256:old",))
    assert store.record_results(run_of(other), [result], [], [deleted])
    pins = [pin("1.0", until=NOW + timedelta(days=30)), pin("2.*")]
    assert store.commit(StoreChange([event(AuditEventName.PINNED)], pins_added=pins))


def main() -> None:
    with TemporaryDirectory() as folder, some_server() as server:
        file = Path(folder) / "store.db"
        with open_store(sqlite_url(file)) as store:
            fill(store)
        with closing(sqlite3.connect(file)) as db:
            _write("sqlite", "\n".join(db.iterdump()))
        if server is None:
            sys.exit("PostgreSQL is missing")
        with server.database(migrated=True) as url:
            with open_store(url) as store:
                fill(store)
            dump = _run("pg_dump", "--inserts", "--no-owner", "--no-privileges", for_libpq(url))
        statements = [line for line in dump.splitlines() if not line.startswith("\\")]
        _write("postgresql", "\n".join(statements))


def _write(kind: str, statements: str) -> None:
    (FOLDER / f"{CURRENT}.{kind}.sql").write_text(f"{statements}\n")


def _run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


if __name__ == "__main__":
    main()
