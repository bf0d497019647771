"""What AWS answered about the definitions of workloads, in the file of the manifest cache."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson

from bot.parallel import in_batches
from bot.ports import Clock, DefinitionKey
from bot.store.cache_file import SqliteCacheFile

NAMES_A_QUERY = 500

_ROWS_OF = (
    "SELECT name, fingerprint, content, checksum, read_at, used_at >= ? "
    "FROM definitions WHERE place = ?"
)

KEPT_UNUSED = timedelta(days=90)
"""How long definitions are kept that no scan asks for."""

_USE_IS_NOTED_AFTER = timedelta(days=7)
"""Otherwise each scan would write."""


class SqliteUsageCache(SqliteCacheFile):
    """A DefinitionCache. Each row has a checksum of its key and content: a row that a program or a
    disk damaged counts as unknown."""

    def __init__(self, path: Path, clock: Clock) -> None:
        super().__init__(path)
        self._clock = clock

    def known(self, keys: Iterable[DefinitionKey]) -> Mapping[DefinitionKey, tuple[str, ...]]:
        now = self._clock()
        found: dict[DefinitionKey, tuple[str, ...]] = {}
        noted_long_ago: list[DefinitionKey] = []
        for key, packed, is_noted in self._rows(keys, now):
            found[key] = tuple(orjson.loads(packed))
            if not is_noted:
                noted_long_ago.append(key)
        self._note_use(noted_long_ago, now)
        return found

    def remember(self, definitions: Mapping[DefinitionKey, tuple[str, ...]]) -> None:
        if not definitions:
            return
        now = self._clock()
        at = now.timestamp()
        rows = [
            (*key[:3], packed := orjson.dumps(content), _checksum(key, packed), at, at)
            for key, content in definitions.items()
        ]
        self._insert("INSERT OR REPLACE INTO definitions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self._insert(
            "DELETE FROM definitions WHERE used_at < ?", [((now - KEPT_UNUSED).timestamp(),)]
        )

    def _rows(
        self, keys: Iterable[DefinitionKey], now: datetime
    ) -> Iterator[tuple[DefinitionKey, bytes, bool]]:
        """Yields the content of each key, and whether its use was noted in the last days."""
        by_place: defaultdict[str, dict[str, DefinitionKey]] = defaultdict(dict)
        for key in keys:
            by_place[key.place][key.name] = key
        with self._explained():
            for place, named in by_place.items():
                for some in in_batches(list(named), NAMES_A_QUERY):
                    marks = ",".join("?" * len(some))
                    values = ((now - _USE_IS_NOTED_AFTER).timestamp(), place, *some)
                    for name, *stored, read_at, is_noted in self._db.execute(
                        f"{_ROWS_OF} AND name IN ({marks})", values
                    ):
                        key = named[name]
                        packed = _content(key, *stored)
                        if packed is not None and _is_valid(key, read_at, now):
                            yield key, packed, bool(is_noted)

    def _note_use(self, keys: Sequence[DefinitionKey], now: datetime) -> None:
        if keys:
            rows = [(now.timestamp(), key.place, key.name) for key in keys]
            self._insert("UPDATE definitions SET used_at = ? WHERE place = ? AND name = ?", rows)


def _content(
    key: DefinitionKey, fingerprint: object, packed: object, checksum: object
) -> bytes | None:
    """Returns None for a row that is not what was stored under this key."""
    if not isinstance(packed, bytes) or fingerprint != key.fingerprint:
        return None
    return packed if checksum == _checksum(key, packed) else None


def _is_valid(key: DefinitionKey, read_at: float, now: datetime) -> bool:
    """A time in the future, by another clock, is not valid."""
    if key.valid_for is None:
        return True
    return 0 <= now.timestamp() - read_at < key.valid_for.total_seconds()


def _checksum(key: DefinitionKey, packed: bytes) -> bytes:
    return sha256(orjson.dumps(key[:3]) + packed).digest()
