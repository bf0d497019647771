"""Image references, as workloads and people write them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from bot.core.repository import NAME, RegistryId, parse_registry_host

DEFAULT_TAG = "latest"

_HOST = re.compile(r"(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d+)?", re.IGNORECASE | re.ASCII)
_REST = re.compile(
    rf"(?P<name>{NAME})"
    r"(?::(?P<tag>\w[\w.-]{0,299}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}|(?!sha256:)[a-z0-9+._-]+:[0-9a-f]{32,}))?",
    re.ASCII,
)


class MalformedReferenceError(ValueError):
    """A text that names no image."""


@dataclass(frozen=True, slots=True)
class Reference:
    """`host` is None where none is written. Without tag and digest, `tag` is `latest`, as it is
    for whoever pulls it; with both, the digest is what runs."""

    host: str | None
    name: str
    tag: str | None
    digest: str | None


def parse_reference(text: str) -> Reference:
    """By the grammar of distribution/reference: what stands before the first `/` is a host if it
    has a dot or a port, or is `localhost`. Raises MalformedReferenceError."""
    first, slash, rest = text.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    form = _REST.fullmatch(rest if has_host else text)
    if form is None or (has_host and not _HOST.fullmatch(first)):
        raise MalformedReferenceError(
            f"{text!r} is no image reference: write [HOST/]REPOSITORY[:TAG][@DIGEST]"
        )
    tag, digest = form["tag"], form["digest"]
    return Reference(
        host=first.lower() if has_host else None,
        name=form["name"],
        tag=tag if tag or digest else DEFAULT_TAG,
        digest=digest,
    )


@dataclass(frozen=True, slots=True)
class Hosts:
    """Which registry a host name leads to. `aliases`: lower-case host names, each with what stands
    behind it."""

    aliases: Mapping[str, RegistryId]

    def registry(self, host: str | None) -> RegistryId | None:
        """None for registries that are none of ECR's, and for no host (Docker Hub)."""
        if host is None:
            return None
        return self.aliases.get(host.removesuffix(":443")) or parse_registry_host(host)

    def could_be_ours(self, text: str) -> bool:
        """Whether a text that is no reference might still mean an image in ECR."""
        lowered = text.lower()
        return (
            "dkr.ecr" in lowered or "dkr-ecr" in lowered or any(a in lowered for a in self.aliases)
        )
