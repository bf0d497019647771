"""Image references, as workloads and people write them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bot.core.repository import NAME, REGISTRY_HOST, RegistryId, parse_registry_host

RepositoryPlace = tuple[RegistryId, str]
"""A registry and the name of a repository in it."""

DEFAULT_TAG = "latest"

_HOST = re.compile(r"(?:[a-z0-9-]+\.)*[a-z0-9-]+(?::\d+)?", re.IGNORECASE | re.ASCII)
WITHOUT_HOST = (
    rf"(?P<name>{NAME})"
    r"(?::(?P<tag>\w[\w.-]{0,299}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}|(?!sha256:)[a-z0-9+._-]+:[0-9a-f]{32,}))?"
)
"""What stands behind the host of a reference, and its `/`."""

_REST = re.compile(WITHOUT_HOST, re.ASCII)
_NAME = re.compile(NAME)

_ECR_HOST_PARTS = ("dkr.ecr", "dkr-ecr")
"""One of them stands in every host of ECR's."""

LONGEST = 1_000
"""Characters behind a host that can belong to a reference: name, tag and digest."""

BEFORE_MARK = len("123456789012.")
LONGEST_ESCAPE = len(r"\u003c")
_END_OF_HOST = re.compile(r"(?::443)?(?![a-z0-9.-])")
_HOST_IN_TEXT = re.compile(REGISTRY_HOST + r"(?![a-z0-9.-])")
_BEFORE_HOST = re.compile(r"(?:^|[^a-z0-9.-]|\\(?:[a-z]|u[0-9a-f]{4}))\Z")
"""The letters of an escape (`\\n`, `\\u003c`) are no part of a host's name."""

_BEHIND_HOST = re.compile(f"/{WITHOUT_HOST}", re.ASCII)

_ESCAPED_SLASH = re.compile(r"(?<!\\)\\+/")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")

_PUNCTUATION = "._-"


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
class PossibleRepositories:
    """The repositories of a registry that an unreadable reference could name: the one called
    `name` if that part `is_whole`, otherwise all whose names begin so."""

    registry: RegistryId
    name: str
    is_whole: bool

    def include(self, registry: RegistryId, name: str) -> bool:
        if registry != self.registry:
            return False
        return name == self.name if self.is_whole else name.startswith(self.name)


@dataclass(frozen=True, slots=True)
class RegistryHosts:
    """Which registry a reference leads to.

    `aliases`: lower-case host names, or host names with the beginning of a path, each with the
    registry behind it.
    """

    aliases: Mapping[str, RegistryId]

    def places(self, reference: Reference) -> tuple[RepositoryPlace, ...]:
        """Where its image is stored: nowhere for registries that are not ECR's, and for no host
        (Docker Hub). An alias with the longer path wins. Of a host of ECR's own that has an alias
        both count, the alias last: what a pull-through cache has, and what is behind it."""
        if reference.host is None:
            return ()
        own = parse_registry_host(reference.host)
        behind = self._behind_alias(_without_port(reference.host), reference.name.split("/"))
        return (*([(own, reference.name)] if own else ()), *behind)

    def may_be_ecr_host(self, host: str) -> bool:
        """Whether a host that leads nowhere might still mean a registry of ECR. The host of an
        alias with a path also has images that are not behind the alias."""
        return self.may_mean_ecr(host) and _without_port(host) not in self._alias_hosts

    def may_mean_ecr(self, text: str) -> bool:
        """Whether a text that is no reference might still mean an image in ECR."""
        lowered = text.lower()
        return any(mark in lowered for mark in (*_ECR_HOST_PARTS, *self._alias_hosts))

    def possible_names(self, text: str) -> frozenset[PossibleRepositories] | None:
        """What a text that is no reference could name, by the part of it that can be read. None if
        no host can be read that is ECR's or an alias's."""
        lowered = lowered_ascii(text)
        spans = [*self.hosts_in(lowered)]
        if not spans:
            return None
        return frozenset(
            possible
            for start, end in spans
            for possible in self._possible(
                _without_port(lowered[start:end]), lowered[end : end + LONGEST]
            )
        )

    def hosts_in(self, lowered: str) -> Iterator[tuple[int, int]]:
        """Start and end of every host of ECR's and of every alias's host in a lower-case text. The
        time grows with the length of the text and the number of aliases."""
        for mark in _ECR_HOST_PARTS:
            for at in _occurrences(mark, lowered):
                start = at - BEFORE_MARK
                if start >= 0 and (host := _HOST_IN_TEXT.match(lowered, start)):
                    yield host.span()
        for alias in self._alias_hosts:
            for at in _occurrences(alias, lowered):
                end = _END_OF_HOST.match(lowered, at + len(alias))
                if end and _BEFORE_HOST.search(lowered[max(0, at - LONGEST_ESCAPE) : at]):
                    yield at, end.end()

    def _possible(self, host: str, rest: str) -> Iterator[PossibleRepositories]:
        """`rest`: what stands behind the host, in lower case."""
        rest = rest.removeprefix("/")
        readable = _NAME.match(rest)
        name = readable[0] if readable else ""
        unread = rest[len(name) :]
        is_whole = bool(name) and unread[:1] in ("", ":", "@") and "/" not in unread
        if own := parse_registry_host(host):
            yield PossibleRepositories(own, name, is_whole)
        for alias, registry in self.aliases.items():
            alias_host, _, path = alias.partition("/")
            path = f"{path}/" if path else ""
            if alias_host != host:
                continue
            if name.startswith(path):
                yield PossibleRepositories(registry, name.removeprefix(path), is_whole)
            elif path.startswith(name) and not is_whole:
                yield PossibleRepositories(registry, "", is_whole=False)

    def _behind_alias(self, host: str, parts: Sequence[str]) -> Iterator[RepositoryPlace]:
        for length in reversed(range(len(parts))):
            if registry := self.aliases.get("/".join((host, *parts[:length]))):
                yield registry, "/".join(parts[length:])
                return

    @property
    def _alias_hosts(self) -> frozenset[str]:
        return frozenset(alias.partition("/")[0] for alias in self.aliases)


def lowered_ascii(text: str) -> str:
    """In lower case and of the same length: whatever is no ASCII becomes `?`."""
    return text.encode("ascii", "replace").decode("ascii").lower()


def _occurrences(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _without_port(host: str) -> str:
    return host.removesuffix(":443")


def references_in(text: str, hosts: RegistryHosts) -> frozenset[str]:
    """The longest references to registries of ECR and to aliases, and all digests besides. A tag
    that ends in punctuation is read with it and without it: that may end a sentence."""
    lowered = lowered_ascii(text)
    found = set(_DIGEST.findall(lowered))
    for start, end in hosts.hosts_in(lowered):
        rest = text[end : end + LONGEST]
        if rest.startswith("\\"):
            rest = _ESCAPED_SLASH.sub("/", rest)
        if behind := _BEHIND_HOST.match(rest):
            found.update(_readings(text[start:end] + behind[0]))
            found.discard(behind["digest"] or "")
    return frozenset(found)


def _readings(reference: str) -> Iterator[str]:
    yield reference
    if reference[-1] in _PUNCTUATION:
        yield reference.rstrip(_PUNCTUATION).removesuffix(":")
