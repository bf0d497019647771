"""Stores the objects of a cluster as the JSON bytes that lists contain."""

from bisect import bisect_left
from dataclasses import dataclass
from typing import Any
from uuid import NAMESPACE_URL, uuid5

import orjson

from bot.playground.clock import SimulatedClock
from bot.playground.kubernetes.object_validation import Object, check
from bot.playground.kubernetes.resource_kinds import ResourceKind, ResourceKinds

TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class ObjectRows:
    """The objects of one kind at one time, sorted by `namespace/name` as in etcd."""

    keys: tuple[str, ...] = ()
    bodies: tuple[bytes, ...] = ()

    def __len__(self) -> int:
        return len(self.keys)

    def within(self, first: str, end: str) -> "ObjectRows":
        """Rows from key `first` up to, but without, key `end`."""
        found = slice(bisect_left(self.keys, first), bisect_left(self.keys, end))
        return ObjectRows(self.keys[found], self.bodies[found])


class ObjectStore:
    """`revision` counts changes, as in etcd."""

    def __init__(self, kinds: ResourceKinds, clock: SimulatedClock) -> None:
        self.revision = 1
        self._kinds = kinds
        self._clock = clock
        self._bodies: dict[ResourceKind, dict[str, bytes]] = {}
        self._rows: dict[ResourceKind, ObjectRows] = {}

    def apply(self, given: Object) -> None:
        """Creates or replaces an object."""
        check(given)
        kind = self._kinds.of(given["apiVersion"], given["kind"])
        metadata = {"namespace": "default", **given["metadata"]}
        key = f"{metadata['namespace']}/{metadata['name']}"
        bodies = self._bodies.setdefault(kind, {})
        self._changed(kind)
        members = given if kind.custom else _without_type(given)
        complete = self._initial_metadata(kind, key, bodies.get(key)) | metadata
        complete["resourceVersion"] = str(self.revision)
        bodies[key] = orjson.dumps({**members, "metadata": complete})

    def delete(self, kind_name: str, namespace: str, name: str) -> None:
        """Deletes an object, but not the objects that it owns. Raises KeyError."""
        kind = self._kinds.named(kind_name)
        del self._bodies.get(kind, {})[f"{namespace}/{name}"]
        self._changed(kind)

    def rows(self, kind: ResourceKind) -> ObjectRows:
        if kind not in self._rows:
            ordered = sorted(self._bodies.get(kind, {}).items())
            self._rows[kind] = ObjectRows(
                tuple(key for key, _ in ordered), tuple(body for _, body in ordered)
            )
        return self._rows[kind]

    def _changed(self, kind: ResourceKind) -> None:
        self.revision += 1
        self._rows.pop(kind, None)

    def _initial_metadata(
        self, kind: ResourceKind, key: str, before: bytes | None
    ) -> dict[str, Any]:
        """Metadata that an object gets at its creation and keeps."""
        if before is not None:
            metadata = orjson.loads(before)["metadata"]
            return {name: metadata[name] for name in ("uid", "creationTimestamp")}
        return {
            "uid": str(uuid5(NAMESPACE_URL, f"{kind.name}/{key}/{self.revision}")),
            "creationTimestamp": self._clock.now().strftime(TIME_FORMAT),
        }


def _without_type(given: Object) -> Object:
    return {name: given[name] for name in given if name not in ("kind", "apiVersion")}
