"""Validates objects: rejects those that an API server would reject.

Rules as in Kubernetes' pkg/apis/core/validation/validation.go: a template may lack images, a pod
may not.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Object = dict[str, Any]

_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
_TEMPLATE = ("spec", "template", "spec")
_POD_SPECS: Mapping[str, Sequence[str]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "ReplicationController": _TEMPLATE,
    "Deployment": _TEMPLATE,
    "ReplicaSet": _TEMPLATE,
    "StatefulSet": _TEMPLATE,
    "DaemonSet": _TEMPLATE,
    "Job": _TEMPLATE,
    "CronJob": ("spec", "jobTemplate", *_TEMPLATE),
}
_SPEC_LISTS = ("containers", "initContainers", "ephemeralContainers")
_STATUS_LISTS = ("containerStatuses", "initContainerStatuses", "ephemeralContainerStatuses")


def check(given: Object) -> None:
    """Raises ValueError for an invalid object."""
    _require_members(given, ("apiVersion", "kind", "metadata"), "an object")
    kind, metadata = given["kind"], given["metadata"]
    _require(metadata.get("name"), _NAME, f"the name of a {kind}")
    _require(metadata.get("namespace", "default"), _LABEL, f"the namespace of a {kind}")
    what = f"{kind} {metadata['name']}"
    for owner in metadata.get("ownerReferences", ()):
        _require_members(owner, ("apiVersion", "kind", "name", "uid"), f"an owner of {what}")
    if path := _POD_SPECS.get(kind):
        _check_pod_spec(_below(given, path, what), what)
    if kind == "Pod":
        _check_pod(given, what)


def _check_pod_spec(spec: Object, what: str) -> None:
    if not spec.get("containers"):
        raise ValueError(f"{what} has no containers")
    names = [container.get("name") for container in _all(spec, _SPEC_LISTS)]
    for name in names:
        _require(name, _LABEL, f"the name of a container of {what}")
    if len(set(names)) < len(names):
        raise ValueError(f"{what} has two containers of one name")


def _check_pod(pod: Object, what: str) -> None:
    for container in _all(pod["spec"], _SPEC_LISTS):
        _require_members(container, ("image",), f"a container of {what}")
    for of_containers, of_statuses in zip(_SPEC_LISTS, _STATUS_LISTS, strict=True):
        names = {container["name"] for container in pod["spec"].get(of_containers, ())}
        for status in pod.get("status", {}).get(of_statuses, ()):
            _require_members(status, ("name", "image"), f"a status in {what}")
            if status["name"] not in names or "imageID" not in status:
                raise ValueError(f"{what} has a wrong status of a container: {status}")


def _all(parent: Object, members: Sequence[str]) -> Iterator[Object]:
    return (each for member in members for each in parent.get(member, ()))


def _below(given: Object, path: Sequence[str], what: str) -> Object:
    for member in path:
        if not isinstance(given.get(member), dict):
            raise ValueError(f"{what} has no {'.'.join(path)}")
        given = given[member]
    return given


def _require(value: Any, form: re.Pattern[str], what: str) -> None:
    if not isinstance(value, str) or not form.fullmatch(value) or len(value) > 253:
        raise ValueError(f"{value!r} cannot be {what}")


def _require_members(given: Object, members: Sequence[str], what: str) -> None:
    if missing := [member for member in members if not given.get(member)]:
        raise ValueError(f"{what} has no {', '.join(missing)}")
