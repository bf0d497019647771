"""Permissions of users: none by default. Grants only add permissions, as in RBAC."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.kubernetes.request_paths import ResourceRequest
from bot.playground.kubernetes.users import User

RBAC = "rbac.authorization.k8s.io/v1"
_RULE_MEMBERS = ("apiGroups", "resources", "verbs")


@dataclass(frozen=True)
class Grant:
    """`subject`: a user or a group. Without `namespace` the grant applies to the whole cluster."""

    subject: str
    resources: tuple[str, ...]
    groups: tuple[str, ...] = ("",)
    verbs: tuple[str, ...] = ("list",)
    namespace: str = ""

    def allows(self, user: User, requested: ResourceRequest) -> bool:
        return (
            self.subject in user.subjects
            and self.namespace in ("", requested.namespace)
            and _covers(self.groups, requested.group)
            and _covers(self.resources, requested.resource_path)
            and _covers(self.verbs, requested.verb)
        )


class Permissions:
    def __init__(self) -> None:
        self._grants: list[Grant] = []

    def add(self, grant: Grant) -> None:
        self._grants.append(grant)

    def clear(self) -> None:
        self._grants.clear()

    def allows(self, user: User, requested: ResourceRequest) -> bool:
        return any(grant.allows(user, requested) for grant in self._grants)


def grants_of(role: Mapping[str, Any], subject: str, namespace: str) -> Iterator[Grant]:
    """The grants of a ClusterRole bound to `subject`, in the whole cluster or one namespace.

    Skips rules for named objects, which do not allow lists (RBAC reference: "you cannot restrict
    list by resourceName"), and rules for URLs.
    """
    if (role.get("apiVersion"), role.get("kind")) != (RBAC, "ClusterRole"):
        raise ValueError(f"the role is not a ClusterRole of {RBAC}")
    if not role.get("metadata", {}).get("name"):
        raise ValueError("the ClusterRole has no name")
    for rule in role.get("rules") or ():
        if "nonResourceURLs" in rule or "resourceNames" in rule:
            continue
        groups, resources, verbs = (_strings(rule, member) for member in _RULE_MEMBERS)
        yield Grant(subject, resources, groups, verbs, namespace)


def _strings(rule: Mapping[str, Any], member: str) -> tuple[str, ...]:
    values = rule.get(member)
    if not values or not all(isinstance(value, str) for value in values):
        raise ValueError(f"a rule needs {member}: {dict(rule)}")
    return tuple(values)


def _covers(allowed: tuple[str, ...], value: str) -> bool:
    return value in allowed or "*" in allowed
