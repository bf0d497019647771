"""The file of the manifest cache: its tables, and how it is opened.

Uses plain sqlite3, since the file is a cache that may be deleted at any time.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from bot.core.errors import ServiceError
from bot.sanitize import quoted
from bot.store.network_file_systems import is_on_network
from bot.store.private_files import make_folder, make_private

WAIT_FOR_OTHERS = 30.0
"""Seconds."""

_FIRST_TABLES = (
    "CREATE TABLE IF NOT EXISTS manifests (digest TEXT PRIMARY KEY, content BLOB NOT NULL)",
    """CREATE TABLE IF NOT EXISTS our_reads (
        repository TEXT, digest TEXT, at REAL, pulled_before REAL,
        PRIMARY KEY (repository, digest, at)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS usage_listed (
        source TEXT, scope TEXT, is_believed INTEGER, workloads INTEGER, at REAL,
        PRIMARY KEY (source, scope, is_believed)
    ) WITHOUT ROWID""",
    """CREATE TABLE IF NOT EXISTS subjects_seen (
        repository TEXT, digest TEXT, PRIMARY KEY (repository, digest)
    ) WITHOUT ROWID""",
)
_SPANS_OF_READS = (
    "ALTER TABLE our_reads ADD COLUMN recorded_from REAL",
    "ALTER TABLE our_reads ADD COLUMN recorded_until REAL",
    "UPDATE our_reads SET recorded_from = at - 1, recorded_until = at + 10",
)
"""The duration of older reads is unknown."""

_OTHER_REGIONS = (
    """CREATE TABLE IF NOT EXISTS asked_regions (
        account TEXT, region TEXT, source TEXT, has_any INTEGER, at REAL,
        PRIMARY KEY (account, region, source)
    ) WITHOUT ROWID""",
)
_ARTIFACT_TYPES = (
    """DELETE FROM manifests
        WHERE NOT instr(content, 'application/vnd.docker.container.image.v1+json')
        AND NOT instr(content, 'application/vnd.oci.image.config.v1+json')""",
)
"""Manifests that may have an artifact type are read again; container images are not."""

_DEFINITIONS = (
    """CREATE TABLE IF NOT EXISTS definitions (
        place TEXT, name TEXT, fingerprint TEXT, content BLOB, checksum BLOB, read_at REAL,
        used_at REAL,
        PRIMARY KEY (place, name)
    ) WITHOUT ROWID""",
)

_WORKLOAD_COUNTS = (
    """CREATE TABLE IF NOT EXISTS workload_counts (
        source TEXT, scope TEXT, at REAL, workloads INTEGER,
        PRIMARY KEY (source, scope, at)
    ) WITHOUT ROWID""",
    """INSERT OR IGNORE INTO workload_counts
        SELECT source, scope, at, workloads FROM usage_listed WHERE is_believed""",
)

_STEPS = (
    _FIRST_TABLES,
    _SPANS_OF_READS + _OTHER_REGIONS + _ARTIFACT_TYPES,
    _DEFINITIONS,
    _WORKLOAD_COUNTS,
)
"""The statements that create each version of the file from the one before."""

VERSION = len(_STEPS)


class SqliteCacheFile:
    """The open file. Use it as a context manager. Raises ServiceError if the file cannot be used.
    Several processes may share the file; an object may be used by one thread only."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._explained(), ExitStack() as on_failure:
            make_folder(path.parent)
            make_private(path)
            self._db = sqlite3.connect(path, timeout=WAIT_FOR_OTHERS)
            on_failure.callback(self._db.close)
            self._expect_journal()
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare()
            on_failure.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._db.close()

    def _expect_journal(self) -> None:
        is_wal = self._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        if not is_wal or is_on_network(self._path):
            from bot.store.sqlite_journal import set_journal  # noqa: PLC0415 - few files need it

            set_journal(self._db, self._path)

    def _prepare(self) -> None:
        if self._version() == VERSION:
            return
        with self._db:
            self._db.execute("BEGIN IMMEDIATE")
            version = self._version()
            if version > VERSION:
                known = f"it has version {version}, this program knows {VERSION}"
                raise sqlite3.DatabaseError(known)
            for statement in chain.from_iterable(_STEPS[version:]):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _version(self) -> int:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        return int(version)

    def _insert(self, statement: str, rows: Sequence[tuple[object, ...]]) -> None:
        with self._explained(), self._db:
            self._db.executemany(statement, rows)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError, ValueError, TypeError) as error:
            raise ServiceError(
                f"The manifest cache {self._path} cannot be used ({quoted(error)}): delete the "
                "file, or set XDG_CACHE_HOME to a folder that can be written"
            ) from error
