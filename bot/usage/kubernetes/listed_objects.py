"""Objects of a cluster as its API server lists them, and the images that they name anywhere."""

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
"""Under which mappings hold the parts of a reference, as charts and operators have it."""

_NOTHING = b'{"items": []}'
"""A list that prepares the types of lists, as `prepare` does with others."""


class CustomResourceDict(NamespacedResourceG, dict[str, Any]):
    """A custom resource. Much more memory than its text."""


class UndecodedResource(NamespacedResourceG, Struct):
    """What the kinds that start pods have at the top (API reference of Kubernetes), undecoded."""

    metadata: Raw
    spec: Raw | UnsetType = UNSET
    status: Raw | UnsetType = UNSET
    template: Raw | UnsetType = UNSET
    data: Raw | UnsetType = UNSET
    revision: Raw | UnsetType = UNSET


Resource = type[CustomResourceDict] | type[UndecodedResource]
"""One kind of objects, listed in all namespaces."""


def prepare(*types: type) -> None:
    """Lets msgspec find out what these types consist of, in the one thread that imports them. Two
    threads that are the first to decode the same type at once crash the process (msgspec 0.22)."""
    for each in types:
        msgspec.json.Decoder(each)


@cache
def custom(group: str, version: str, plural: str) -> type[CustomResourceDict]:
    """Resources of the whole cluster have the same address."""
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
    return resource._api_info  # noqa: SLF001 - lightkube's own name


def text_of(content: CustomResourceDict | UndecodedResource) -> bytes:
    """One object as JSON."""
    return msgspec.json.encode(content)


def mentions(text: bytes, hosts: RegistryHosts) -> frozenset[str]:
    """References and digests anywhere in the object."""
    return references_in(text.decode("ascii", "replace"), hosts)


def references_from_parts(content: Any, hosts: RegistryHosts) -> frozenset[str]:
    """References whose registry, repository and tag are values of one mapping."""
    return references_in("\n".join(_joined(content)), hosts)


def images(value: Any) -> Iterator[str]:
    """Whatever is called an image, at any depth."""
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
    """All, at any depth."""
    waiting = [value]
    while waiting:
        match waiting.pop():
            case dict() as mapping:
                yield mapping
                waiting += mapping.values()
            case list() as members:
                waiting += members
