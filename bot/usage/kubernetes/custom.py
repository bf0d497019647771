"""Custom resources that name images somewhere, in pod templates or elsewhere."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import jmespath
import msgspec

from bot.core.errors import ServiceError
from bot.core.references import Hosts
from bot.usage.kubernetes.content import Whole, custom, images, put_together
from bot.usage.kubernetes.objects import Metadata, Object, PodSpec


class _NotThereError(Exception):
    """The end of a sentence."""


@dataclass(frozen=True)
class CustomResource:
    """`templates`: JMESPaths, each to a pod template, to a pod's spec, or to several of them. What
    an object names elsewhere counts too."""

    group: str
    version: str
    plural: str
    templates: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.plural}.{self.version}.{self.group}"

    @property
    def resource(self) -> type[Whole]:
        return custom(self.group, self.version, self.plural)

    def read(self, text: bytes, hosts: Hosts) -> "CustomObject":
        """Raises ServiceError if a path leads nowhere. What stands in the object is not repeated:
        it may be a password."""
        found = _without_nulls(msgspec.json.decode(text))
        metadata = msgspec.convert(found["metadata"], Metadata)
        kind = str(found.get("kind") or self.plural)
        try:
            specs = tuple(self._pod_specs(found))
        except _NotThereError as error:
            raise ServiceError(
                f"{kind} {metadata.namespace}/{metadata.name}: {error}: mend `template` of {self} "
                "in usage.kubernetes.custom_resources"
            ) from None
        others = (*images(found), *put_together(found, hosts))
        return CustomObject(metadata, kind, specs, others)

    def _pod_specs(self, found: dict[str, Any]) -> Iterator[PodSpec]:
        return (spec for path in self.templates for spec in _at(path, found))


class CustomObject(Object):
    kind: str
    specs: tuple[PodSpec, ...]
    others: tuple[str, ...]

    @property
    def kind_of_object(self) -> str:
        return self.kind

    def images(self) -> Iterator[str]:
        for spec in self.specs:
            yield from spec.images()
        yield from self.others


def _at(path: str, found: dict[str, Any]) -> Iterator[PodSpec]:
    try:
        there = jmespath.search(path, found)
        if there is None or there == []:
            raise _NotThereError(f"nothing stands at {path!r}")
        for each in there if isinstance(there, list) else [there]:
            spec = each if isinstance(each, dict) and "containers" in each else each["spec"]
            yield msgspec.convert(spec, PodSpec)
    except (jmespath.exceptions.JMESPathError, LookupError, TypeError, ValueError) as error:
        words = f"{path!r} leads to no pod template ({type(error).__name__})"
        raise _NotThereError(words) from None


def _without_nulls(value: Any) -> Any:
    """An API server keeps them where a definition preserves unknown fields; they mean nothing."""
    match value:
        case dict():
            return {key: _without_nulls(each) for key, each in value.items() if each is not None}
        case list():
            return [_without_nulls(each) for each in value]
        case _:
            return value
