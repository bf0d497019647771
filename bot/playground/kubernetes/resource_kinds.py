"""The kinds of objects in a cluster: built-in kinds and custom resources."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ResourceKind:
    """A namespaced kind."""

    group: str
    version: str
    plural: str
    name: str
    custom: bool = False

    @property
    def api_version(self) -> str:
        return f"{self.group}/{self.version}" if self.group else self.version


BUILT_IN = (
    ResourceKind("", "v1", "pods", "Pod"),
    ResourceKind("", "v1", "podtemplates", "PodTemplate"),
    ResourceKind("", "v1", "replicationcontrollers", "ReplicationController"),
    ResourceKind("apps", "v1", "deployments", "Deployment"),
    ResourceKind("apps", "v1", "replicasets", "ReplicaSet"),
    ResourceKind("apps", "v1", "statefulsets", "StatefulSet"),
    ResourceKind("apps", "v1", "daemonsets", "DaemonSet"),
    ResourceKind("apps", "v1", "controllerrevisions", "ControllerRevision"),
    ResourceKind("batch", "v1", "jobs", "Job"),
    ResourceKind("batch", "v1", "cronjobs", "CronJob"),
)

_BUILT_IN_VERSIONS = {(kind.group, kind.version) for kind in BUILT_IN}


class ResourceKinds:
    def __init__(self) -> None:
        self._kinds = {_key(kind): kind for kind in BUILT_IN}

    def register(self, kind: ResourceKind) -> None:
        if _key(kind) in self._kinds:
            raise ValueError(f"{kind.plural} of {kind.api_version} already exist")
        self._kinds[_key(kind)] = kind

    def remove(self, group: str, version: str, plural: str) -> None:
        """Removes a kind, as if the cluster were too old for it."""
        del self._kinds[group, version, plural]

    def at(self, group: str, version: str, plural: str) -> ResourceKind | None:
        return self._kinds.get((group, version, plural))

    def of(self, api_version: str, name: str) -> ResourceKind:
        return _only(
            [k for k in self._kinds.values() if (k.api_version, k.name) == (api_version, name)],
            f"{name} of {api_version}",
        )

    def named(self, name: str) -> ResourceKind:
        return _only([k for k in self._kinds.values() if k.name == name], name)


def is_built_in(group: str, version: str) -> bool:
    return (group, version) in _BUILT_IN_VERSIONS


def _only(found: list[ResourceKind], what: str) -> ResourceKind:
    if len(found) != 1:
        raise ValueError(f"the cluster knows {len(found) or 'no'} kinds {what}")
    return found[0]


def _key(kind: ResourceKind) -> tuple[str, str, str]:
    return kind.group, kind.version, kind.plural
