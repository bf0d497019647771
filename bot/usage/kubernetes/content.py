"""Objects of a cluster as its API server lists them, and the images that they name anywhere."""

from collections.abc import Iterator
from functools import cache
from itertools import product
from typing import Any

import msgspec
from lightkube.core.resource import ApiInfo, NamespacedResourceG, ResourceDef

from bot.core.mentions import references_in
from bot.core.references import Hosts

REGISTRY_KEYS = ("registry", "hub", "host")
NAME_KEYS = ("repository", "repo", "image", "name", "newname")
TAG_KEYS = ("tag", "version", "newtag", "imagetag")
"""Under which mappings hold the parts of a reference, as charts and operators have it."""


class Content(NamespacedResourceG, dict[str, Any]):
    """One object, whole."""


@cache
def resource(group: str, version: str, kind: str, plural: str) -> type[Content]:
    """What is listed of all namespaces; resources of the whole cluster have the same address."""
    info = ApiInfo(ResourceDef(group, version, kind), plural, ["global_list"])
    return type(kind, (Content,), {"_api_info": info})


def info_of(listed: type[Content]) -> ApiInfo:
    return listed._api_info  # noqa: SLF001 - lightkube's own name


def mentions(content: Content, hosts: Hosts) -> frozenset[str]:
    """References and digests in any text of the object."""
    return references_in(msgspec.json.encode(content).decode(), hosts)


def put_together(content: Content, hosts: Hosts) -> frozenset[str]:
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
            key.lower(): str(part)
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
