"""Pages of lists. All pages of a list show the objects that existed at its first page.

Continue tokens are those of apiserver's pkg/storage/continue.go. They contain a revision and the
next key, and are valid for any list of that revision. Revision -1 continues in the current objects.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import orjson

from bot.playground.clock import SimulatedClock
from bot.playground.kubernetes import base64url
from bot.playground.kubernetes.error_statuses import bad_request, expired_continue
from bot.playground.kubernetes.object_store import ObjectRows, ObjectStore
from bot.playground.kubernetes.resource_kinds import ResourceKind

TOKEN_LIFETIME = timedelta(minutes=5)
_TOKEN_VERSION = "meta.k8s.io/v1"  # noqa: S105 - a version
_INVALID = "invalid continue token: continue key is not valid"


@dataclass(frozen=True)
class ContinuePoint:
    """The revision and key at which a list continues."""

    revision: int
    start: str

    @property
    def token(self) -> str:
        content = {"v": _TOKEN_VERSION, "rv": self.revision, "start": self.start}
        return base64url.encode(orjson.dumps(content))


@dataclass(frozen=True)
class _ListSnapshot:
    taken_at: datetime
    rows: ObjectRows


class ListPages:
    """`lifetime`: how long a token is valid. An API server compacts etcd every five minutes."""

    def __init__(self, store: ObjectStore, clock: SimulatedClock) -> None:
        self.lifetime = TOKEN_LIFETIME
        self._store = store
        self._clock = clock
        self._snapshots: dict[tuple[int, ResourceKind], _ListSnapshot] = {}

    def page(self, kind: ResourceKind, namespace: str, limit: int, token: str) -> bytes:
        """Returns a page from the token, or from the start. Limit 0 returns all remaining
        objects."""
        point = read_token(token) if token else self._start(kind)
        revision, rows = self._rows_at(kind, point)
        prefix = f"{namespace}/" if namespace else ""
        found = rows.within(prefix + point.start, _end_of(prefix))
        more = len(found) - limit if limit > 0 else 0
        metadata: dict[str, Any] = {"resourceVersion": str(revision)}
        if more > 0:
            after = found.keys[limit - 1].removeprefix(prefix) + "\0"
            metadata |= {
                "continue": ContinuePoint(revision, after).token,
                "remainingItemCount": more,
            }
        shown = found.bodies[:limit] if more > 0 else found.bodies
        return _render(kind, metadata, shown)

    def forget(self) -> None:
        """Invalidates all tokens, as compaction does."""
        self._snapshots.clear()

    def _start(self, kind: ResourceKind) -> ContinuePoint:
        now, revision = self._clock.now(), self._store.revision
        self._snapshots = {
            key: each for key, each in self._snapshots.items() if not self._is_old(each)
        }
        self._snapshots[revision, kind] = _ListSnapshot(now, self._store.rows(kind))
        return ContinuePoint(revision, "")

    def _rows_at(self, kind: ResourceKind, point: ContinuePoint) -> tuple[int, ObjectRows]:
        if point.revision < 0:
            point = ContinuePoint(self._start(kind).revision, point.start)
        snapshot = self._snapshots.get((point.revision, kind))
        if snapshot is None or self._is_old(snapshot):
            raise expired_continue(inconsistent(point))
        return point.revision, snapshot.rows

    def _is_old(self, snapshot: _ListSnapshot) -> bool:
        return self._clock.now() - snapshot.taken_at >= self.lifetime


def read_token(token: str) -> ContinuePoint:
    try:
        content = orjson.loads(base64url.decode(token))
    except ValueError as error:
        raise bad_request(f"{_INVALID}: {error}") from None
    match content:
        case {"v": "meta.k8s.io/v1", "rv": int(revision), "start": str(start)}:
            pass
        case _:
            raise bad_request(_INVALID)
    if not revision:
        raise bad_request(f"{_INVALID}: incorrect encoded start resourceVersion ({_TOKEN_VERSION})")
    if not start or start.startswith("/") or ".." in start.split("/"):
        raise bad_request(f"{_INVALID}: {start}")
    return ContinuePoint(revision, start)


def inconsistent(point: ContinuePoint) -> str:
    """Returns the token that continues at the same key in the current objects."""
    return ContinuePoint(-1, point.start).token


def _end_of(prefix: str) -> str:
    """The first key that can follow all keys with this prefix."""
    return f"{prefix[:-1]}0" if prefix else chr(0x10FFFF)


def _render(kind: ResourceKind, metadata: dict[str, Any], bodies: tuple[bytes, ...]) -> bytes:
    head = {"kind": f"{kind.name}List", "apiVersion": kind.api_version, "metadata": metadata}
    return orjson.dumps(head)[:-1] + b',"items":[' + b",".join(bodies) + b"]}\n"
