"""Custom resources that hold pod templates somewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jmespath
import msgspec
from lightkube.core.resource import ApiInfo, NamespacedResourceG, ResourceDef

from bot.core.errors import ServiceError
from bot.usage.kubernetes.objects import Metadata, Object, PodSpec


class _NotThereError(Exception):
    """The end of a sentence."""


@dataclass(frozen=True)
class CustomResource:
    """`templates`: JMESPaths, each to a pod template, to a pod's spec, or to several of them."""

    group: str
    version: str
    plural: str
    templates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.plural}.{self.version}.{self.group}"

    @cached_property
    def resource(self) -> type["_Anything"]:
        """Cluster-scoped ones are listed at the same address."""
        definition = ResourceDef(self.group, self.version, self.plural)
        info = ApiInfo(definition, self.plural, ["global_list"])
        return type(self.plural, (_Anything,), {"_api_info": info})

    def object(self, content: "_Anything") -> "CustomObject":
        """Raises ServiceError if a path leads nowhere, or a pod's containers stand where no path
        leads. What stands in the object is not repeated: it may be a password."""
        found = _without_nulls(content)
        metadata = msgspec.convert(found["metadata"], Metadata)
        kind = str(found.get("kind") or self.plural)
        try:
            return CustomObject(metadata, kind, tuple(self._pod_specs(found)))
        except _NotThereError as error:
            raise ServiceError(
                f"{kind} {metadata.namespace}/{metadata.name}: {error}: mend `template` of {self} "
                "in usage.kubernetes.custom_resources"
            ) from None

    def _pod_specs(self, found: dict[str, Any]) -> Iterator[PodSpec]:
        reached = [spec for path in self.templates for spec in _at(path, found)]
        yield from (spec for spec, _ in reached)
        known = {id(containers) for _, containers in reached}
        spec = {key: value for key, value in found.items() if key != "status"}
        if missed := sum(id(containers) not in known for containers in _containers(spec)):
            paths = " and ".join(map(repr, self.templates))
            raise _NotThereError(f"{paths} pass by {missed} of its lists of containers")


class _Anything(NamespacedResourceG, dict[str, Any]):
    pass


class CustomObject(Object):
    kind: str
    specs: tuple[PodSpec, ...]

    @property
    def kind_of_object(self) -> str:
        return self.kind

    def images(self) -> Iterator[str]:
        for spec in self.specs:
            yield from spec.images()


def _at(path: str, found: dict[str, Any]) -> Iterator[tuple[PodSpec, Any]]:
    """Each with its list of containers."""
    try:
        there = jmespath.search(path, found)
        if there is None or there == []:
            raise _NotThereError(f"nothing stands at {path!r}")
        for each in there if isinstance(there, list) else [there]:
            spec = each if isinstance(each, dict) and "containers" in each else each["spec"]
            yield msgspec.convert(spec, PodSpec), spec["containers"]
    except (jmespath.exceptions.JMESPathError, LookupError, TypeError, ValueError) as error:
        words = f"{path!r} leads to no pod template ({type(error).__name__})"
        raise _NotThereError(words) from None


def _containers(value: Any) -> Iterator[Any]:
    """Every list that looks like one of a pod's containers."""
    match value:
        case dict():
            for key, member in value.items():
                if key == "containers" and _looks_like_containers(member):
                    yield member
                yield from _containers(member)
        case list():
            for member in value:
                yield from _containers(member)


def _looks_like_containers(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(c, dict) and "image" in c for c in value)


def _without_nulls(value: Any) -> Any:
    """An API server keeps them where a definition preserves unknown fields; they mean nothing."""
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value
