"""Objects as an API server lists them, and the image references in their JSON."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import msgspec
from lightkube.core.decoders import decode_list
from lightkube.core.resource import ApiInfo, NamespacedResourceG, ResourceDef
from msgspec import UNSET, Raw, Struct, UnsetType, defstruct

from bot.core.image_references import RegistryHosts, references_in

REGISTRY_KEYS = ("registry", "hub", "host")
NAME_KEYS = ("repository", "repo", "image", "name", "newname")
TAG_KEYS = ("tag", "version", "newtag", "imagetag")
"""Keys that charts and operators use for the parts of an image reference."""

_NOTHING = b'{"items": []}'
"""An empty list, decoded to prepare list types as `prepare` does for other types."""


class CustomResourceDict(NamespacedResourceG, dict[str, Any]):
    """A custom resource, decoded. Needs much more memory than its JSON."""


class UndecodedResource(NamespacedResourceG, Struct):
    """The top-level fields of the kinds that start pods (Kubernetes API reference), not decoded."""

    metadata: Raw
    spec: Raw | UnsetType = UNSET
    status: Raw | UnsetType = UNSET
    template: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    revision: Raw | UnsetType = UNSET


Resource = type[CustomResourceDict] | type[UndecodedResource]
"""A kind of objects, listed in all namespaces."""


def prepare(*types: type) -> None:
    """Lets msgspec inspect these types while one thread imports them. The process crashes if two
    threads decode a new type at the same time (msgspec 0.22)."""
    for each in types:
        msgspec.json.Decoder(each)


@cache
def custom(group: str, version: str, plural: str) -> type[CustomResourceDict]:
    """The type of a custom resource. Cluster-scoped resources have the same path."""
    info = ApiInfo(ResourceDef(group, version, plural), plural, ["global_list"])
    made = type(plural, (CustomResourceDict,), {"_api_info": info})
    decode_list(_NOTHING, made)
    return made


def built_in(group: str, kind: str) -> type[UndecodedResource]:
    info = ApiInfo(ResourceDef(group, "v1", kind), f"{kind.lower()}s", ["global_list"])
    made = defstruct(kind, (), bases=(UndecodedResource,), namespace={"_api_info": info})
    assert issubclass(made, UndecodedResource)
    decode_list(_NOTHING, made)
    return made


def info_of(resource: Resource) -> ApiInfo:
    return resource._api_info  # noqa: SLF001 - lightkube has no public name


def text_of(content: CustomResourceDict | UndecodedResource) -> bytes:
    """One object as JSON."""
    return msgspec.json.encode(content)


def mentions(text: bytes, hosts: RegistryHosts) -> frozenset[str]:
    """Image references and digests anywhere in the object."""
    return references_in(text.decode("ascii", "replace"), hosts)


def references_from_parts(content: Any, hosts: RegistryHosts) -> frozenset[str]:
    """References whose registry, repository and tag are separate values of one mapping."""
    return references_in("\n".join(_joined(content)), hosts)


def images(value: Any) -> Iterator[str]:
    """Values of `image` keys at any depth."""
    for mapping in _mappings(value):
        if isinstance(image := mapping.get("image"), str):
            yield image


def _joined(value: Any) -> Iterator[str]:
    for mapping in _mappings(value):
        parts = {
            key.lower(): str(part).strip("/")
            for key, part in mapping.items()
            if isinstance(part, str | int | float)
        }
        registries, names, tags = (
            [parts[key] for key in keys if key in parts]
            for keys in (REGISTRY_KEYS, NAME_KEYS, TAG_KEYS)
        )
        yield from (f"{name}:{tag}" for name, tag in product(names, tags))
        yield from ("/".join(parts) for parts in product(registries, names))
        yield from (f"{'/'.join(parts)}:{tag}" for *parts, tag in product(registries, names, tags))


def _mappings(value: Any) -> Iterator[dict[str, Any]]:
    """All mappings at any depth."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as mapping:
                yield mapping
                waiting += mapping.values()
            case list() as members:
                waiting += members
