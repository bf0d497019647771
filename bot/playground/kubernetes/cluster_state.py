"""The state of the stand-in, and the methods with which tests and the demo change it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from threading import RLock
from typing import Any

from bot.playground.call_log import CallLog
from bot.playground.clock import SimulatedClock
from bot.playground.faults import FaultRules
from bot.playground.kubernetes.faults import Fault
from bot.playground.kubernetes.list_pages import ListPages
from bot.playground.kubernetes.object_store import ObjectStore
from bot.playground.kubernetes.object_validation import Object
from bot.playground.kubernetes.permissions import Grant, Permissions, grants_of
from bot.playground.kubernetes.recorded_calls import Call
from bot.playground.kubernetes.resource_kinds import ResourceKind, ResourceKinds
from bot.playground.kubernetes.users import ALL_USERS, Users

DEFAULT_USER = "demo"
DEFAULT_TOKEN = "token-of-demo"  # noqa: S105 - only valid for the stand-in


class ClusterState:
    """The state of a cluster. Access requires `lock`, which the methods take."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.clock = SimulatedClock()
        self.kinds = ResourceKinds()
        self.store = ObjectStore(self.kinds, self.clock)
        self.lists = ListPages(self.store, self.clock)
        self.users = Users(self.clock)
        self.access = Permissions()
        self.faults = FaultRules[Fault]()
        self.calls = CallLog[Call]()
        self.bugs: list[str] = []
        self.add_token(DEFAULT_TOKEN, DEFAULT_USER)

    def register(self, group: str, version: str, plural: str, kind: str) -> None:
        """Adds a custom resource, as a CustomResourceDefinition does."""
        with self.lock:
            self.kinds.register(ResourceKind(group, version, plural, kind, custom=True))

    def apply(self, *objects: Object) -> None:
        """Creates or replaces objects. Raises ValueError for objects that an API server would
        reject."""
        with self.lock:
            for given in objects:
                self.store.apply(given)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Deletes an object, but not the objects that it owns. Raises KeyError."""
        with self.lock:
            self.store.delete(kind, namespace, name)

    def expire_continue_tokens(self) -> None:
        with self.lock:
            self.lists.forget()

    def add_token(
        self,
        token: str,
        user: str,
        groups: Iterable[str] = (),
        expires_at: datetime | None = None,
    ) -> None:
        with self.lock:
            self.users.add_token(token, user, groups, expires_at)

    def add_access_entry(self, access_key: str, user: str, groups: Iterable[str] = ()) -> None:
        """Accepts EKS tokens signed with this access key."""
        with self.lock:
            self.users.add_access_entry(access_key, user, groups)

    def trust_sts(self, url: str) -> None:
        """Accepts EKS tokens signed for this STS endpoint."""
        with self.lock:
            self.users.sts.trust(url)

    def grant(self, grant: Grant) -> None:
        with self.lock:
            self.access.add(grant)

    def grant_role(self, subject: str, role: Mapping[str, Any], namespace: str = "") -> None:
        """Binds a user or group to a ClusterRole, in the whole cluster or one namespace."""
        with self.lock:
            for grant in grants_of(role, subject, namespace):
                self.access.add(grant)

    def allow_everything(self) -> None:
        """Allows all users all actions."""
        self.grant(Grant(ALL_USERS, ("*",), ("*",), ("*",)))
