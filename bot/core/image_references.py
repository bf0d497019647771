"""Image references: parses them, finds them in texts, and resolves their registry hosts."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

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
"""The part of a reference after its host and `/`."""

_REST = re.compile(WITHOUT_HOST, re.ASCII)
_NAME = re.compile(NAME)

_ECR_HOST_PARTS = ("dkr.ecr", "dkr-ecr")
"""Every ECR host name has one of them."""

LONGEST = 1_000
"""Characters after the host that can be part of a reference: name, tag and digest."""

BEFORE_MARK = len("123456789012.")
LONGEST_ESCAPE = len(r"\u003c")
_END_OF_HOST = re.compile(r"(?::443)?(?![a-z0-9.-])")
_HOST_IN_TEXT = re.compile(REGISTRY_HOST + r"(?![a-z0-9.-])")
_BEFORE_HOST = re.compile(r"(?:^|[^a-z0-9.-]|\\(?:[a-z]|u[0-9a-f]{4}))\Z")
"""The letters of an escape (`\\n`, `\\u003c`) are not part of the host name."""

_BEHIND_HOST = re.compile(f"/{WITHOUT_HOST}", re.ASCII)

_ESCAPED_SLASH = re.compile(r"(?<!\\)\\+/")

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}(?![0-9a-f])")

_PUNCTUATION = "._-"


class MalformedReferenceError(ValueError):
    """The text is not a valid image reference."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A parsed image reference. `host`: None if the text has none. `tag`: `latest` if the text has
    neither tag nor digest. If it has both, clients pull the digest."""

    host: str | None
    name: str
    tag: str | None
    digest: str | None


@lru_cache(maxsize=10_000)
def parse_reference(text: str) -> Reference:
    """By the grammar of distribution/reference: the part before the first `/` is a host if it has a
    dot or a port, or is `localhost`. Raises MalformedReferenceError."""
    first, slash, rest = text.partition("/")
    has_host = bool(slash) and ("." in first or ":" in first or first == "localhost")
    form = _REST.fullmatch(rest if has_host else text)
    if form is None or (has_host and not _HOST.fullmatch(first)):
        raise MalformedReferenceError(
            f"{text!r} is not an image reference: write [HOST/]REPOSITORY[:TAG][@DIGEST]"
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
    """The repositories of a registry that an invalid reference may mean: `name` itself if the name
    `is_whole`, otherwise all repositories whose names start with it."""

    registry: RegistryId
    name: str
    is_whole: bool

    def include(self, registry: RegistryId, name: str) -> bool:
        if registry != self.registry:
            return False
        return name == self.name if self.is_whole else name.startswith(self.name)


@dataclass(frozen=True, slots=True)
class RegistryHosts:
    """Resolves the hosts of references to ECR registries.

    `aliases`: the registry of each host name, or host name with the start of a path, in lower case.
    """

    aliases: Mapping[str, RegistryId]

    def places(self, reference: Reference) -> tuple[RepositoryPlace, ...]:
        """Where the image is stored: empty for a registry other than ECR, or without a host (Docker
        Hub). The alias with the longest path counts. An ECR host that also has an alias gives both
        places, the alias last: the pull-through cache and its upstream."""
        if reference.host is None:
            return ()
        own = parse_registry_host(reference.host)
        behind = self._behind_alias(_without_port(reference.host), reference.name.split("/"))
        return (*([(own, reference.name)] if own else ()), *behind)

    def aliases_of(self, registry: RegistryId) -> Sequence[str]:
        """Sorted."""
        return sorted(alias for alias, known in self.aliases.items() if known == registry)

    def may_be_ecr_host(self, host: str) -> bool:
        """Whether a host without a place may still be an ECR registry. Not the host of an alias
        with a path, since it has other images too."""
        return self.may_mean_ecr(host) and _without_port(host) not in self._alias_hosts

    def may_mean_ecr(self, text: str) -> bool:
        """Whether an invalid reference may mean an image in ECR."""
        lowered = text.lower()
        return any(mark in lowered for mark in (*_ECR_HOST_PARTS, *self._alias_hosts))

    def possible_names(self, text: str) -> frozenset[PossibleRepositories] | None:
        """The repositories that an invalid reference may mean, by its valid part. None if it has
        no host of ECR or of an alias."""
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
        """Start and end of all hosts of ECR and of aliases in a lower-case text. Linear in the
        length of the text and the number of aliases."""
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
        """`rest`: the text after the host, in lower case."""
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
    """In lower case, with `?` for each character that is not ASCII. Keeps the length."""
    return text.encode("ascii", "replace").decode("ascii").lower()


def _occurrences(part: str, text: str) -> Iterator[int]:
    at = text.find(part)
    while at >= 0:
        yield at
        at = text.find(part, at + 1)


def _without_port(host: str) -> str:
    return host.removesuffix(":443")


def references_in(text: str, hosts: RegistryHosts) -> frozenset[str]:
    """The longest references to ECR registries and aliases, and all other digests. Of a tag that
    ends in punctuation, returns both forms, since the punctuation may end a sentence."""
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
