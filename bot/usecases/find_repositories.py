"""Finds the repositories that somebody names: by name, by glob, or by URI."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from bot.core.errors import RequestError
from bot.core.legal_texts import ONLY_GLOBS, REPOSITORIES
from bot.core.patterns import PatternError, Patterns
from bot.core.repository import RepositoryId, is_repository_name, parse_registry_host
from bot.core.words import first_few
from bot.ports import Registry


@dataclass(frozen=True, slots=True)
class Found:
    repository: RepositoryId
    registry: Registry


def find_repositories(argument: str, registries: Sequence[Registry]) -> list[Found]:
    """Never empty. Raises RequestError if nothing fits, or a name stands in several registries,
    and ServiceError if a registry cannot be asked."""
    if any(sign in argument for sign in "*?["):
        return _by_glob(argument, registries)
    host, slash, name = argument.partition("/")
    wanted = parse_registry_host(host) if slash else None
    if not wanted:
        return [_by_name(argument, registries)]
    found = [
        f for f in _named(_checked(name, argument), registries) if f.repository.registry == wanted
    ]
    if not found:
        raise RequestError(_unknown(argument, [f.repository.uri for f in _all(registries)]))
    return found[:1]


def find_repository(argument: str, registries: Sequence[Registry]) -> Found:
    """The only one that fits. Raises RequestError, as `find_repositories` does, also if there are
    several."""
    found = find_repositories(argument, registries)
    if len(found) > 1:
        names = first_few([each.repository.uri for each in found])
        raise RequestError(f"{argument} fits several repositories ({names}): give one of them")
    return found[0]


def _by_glob(glob: str, registries: Sequence[Registry]) -> list[Found]:
    try:
        patterns = Patterns.of(REPOSITORIES.check(glob))
    except PatternError as error:
        raise RequestError(
            f"{error}; write a repository's name, a glob or a URI: {ONLY_GLOBS}"
        ) from error
    found = [f for f in _all(registries) if f.repository.matches(patterns)]
    if not found:
        raise RequestError(f"No repository matches {glob}: `*` matches any text, `/` too")
    return found


def _by_name(name: str, registries: Sequence[Registry]) -> Found:
    found = list(_named(_checked(name, name), registries))
    if not found:
        raise RequestError(_unknown(name, [f.repository.name for f in _all(registries)]))
    if len(found) > 1:
        uris = ", ".join(sorted(f.repository.uri for f in found))
        raise RequestError(f"{name} stands in several registries; give one of {uris}")
    return found[0]


def _checked(name: str, argument: str) -> str:
    if "@" in name or ":" in name:
        repository = argument.partition("@")[0].rpartition(":")[0] or argument.partition("@")[0]
        raise RequestError(
            f"{argument} names an image, not a repository: leave out tag and digest ({repository})"
        )
    if not is_repository_name(name):
        raise RequestError(
            f"{argument!r} is no repository: a name has 2 to 256 lower case letters, digits and "
            "single . _ - / between them; a URI starts with a host name of ECR's"
        )
    return name


def _named(name: str, registries: Iterable[Registry]) -> Iterator[Found]:
    for registry in registries:
        if repository := registry.repository(name):
            yield Found(repository, registry)


def _all(registries: Iterable[Registry]) -> Iterator[Found]:
    for registry in registries:
        for repository in registry.repositories():
            yield Found(repository, registry)


def _unknown(argument: str, known: Sequence[str]) -> str:
    close = get_close_matches(argument, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "check the name, account and Region"
    return f"There is no repository {argument}: {hint}"
