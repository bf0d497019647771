"""Parses method and path of a request as an API server does."""

from collections.abc import Mapping
from dataclasses import dataclass

_VERBS = {"POST": "create", "PUT": "update", "PATCH": "patch", "DELETE": "delete"}


@dataclass(frozen=True)
class ResourceRequest:
    """A verb on a resource. Without `namespace` it applies to all namespaces."""

    verb: str
    group: str
    version: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""

    @property
    def qualified_resource(self) -> str:
        return f"{self.resource}.{self.group}" if self.group else self.resource

    @property
    def resource_path(self) -> str:
        """The resource as RBAC names it: `pods`, `pods/log`."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    @property
    def is_listing(self) -> bool:
        return not self.name


def read_path(method: str, path: str, query: Mapping[str, str]) -> ResourceRequest | None:
    """Returns None for paths that are not resources, such as `/version`.

    As in apiserver's pkg/endpoints/request/requestinfo.go.
    """
    match path.split("/"):
        case ["", "api", version, *rest] if all(rest):
            group = ""
        case ["", "apis", group, version, *rest] if all(rest):
            pass
        case _:
            return None
    match rest:
        case ["namespaces", namespace, resource, *below]:
            pass
        case [resource, *below]:
            namespace = ""
        case _:
            return None
    name, subresource = (*below, "", "")[:2]
    return ResourceRequest(
        _verb(method, name, query), group, version, resource, namespace, name, subresource
    )


def _verb(method: str, name: str, query: Mapping[str, str]) -> str:
    if method in ("GET", "HEAD"):
        if query.get("watch") in ("true", "1"):
            return "watch"
        return "get" if name else "list"
    if method == "DELETE" and not name:
        return "deletecollection"
    return _VERBS.get(method, "")
