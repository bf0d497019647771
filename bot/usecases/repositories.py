"""Finds repositories by name, by glob or by URI."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches
from threading import Lock
from typing import TYPE_CHECKING

from bot.core.errors import PatternError, RequestError, ServiceError
from bot.core.name_syntax import ABOUT_GLOBS, REPOSITORIES
from bot.core.patterns import Patterns
from bot.core.repository import RegistryId, RepositoryId, is_repository_name, parse_registry_host
from bot.core.text_formatting import first_few
from bot.core.usage_snapshot import RepositoryMention, RepositoryMentions
from bot.ports import Registry

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class FoundRepository:
    """A repository, and the registry that it is in."""

    repository: RepositoryId
    registry: Registry


def find_repositories(argument: str, registries: Sequence[Registry]) -> list[FoundRepository]:
    """Finds repositories in AWS, at least one. `argument`: a name, a glob or a URI.

    Raises RequestError if there is none, or if several registries have one of that name. Raises
    ServiceError if a registry cannot be listed."""
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


def find_repository(argument: str, registries: Sequence[Registry]) -> FoundRepository:
    """As `find_repositories`, but raises RequestError also if it finds several."""
    found = find_repositories(argument, registries)
    if len(found) > 1:
        names = first_few([each.repository.uri for each in found])
        raise RequestError(f"{argument} matches several repositories ({names}): give one of them")
    return found[0]


def _by_glob(glob: str, registries: Sequence[Registry]) -> list[FoundRepository]:
    try:
        patterns = Patterns.of(REPOSITORIES.check_glob(glob))
    except PatternError as error:
        raise RequestError(
            f"{error}; give a repository name, a glob or a URI: {ABOUT_GLOBS}"
        ) from error
    found = [f for f in _all(registries) if f.repository.matches(patterns)]
    if not found:
        raise RequestError(f"No repository matches {glob}: `*` matches any text, including `/`")
    return found


def _by_name(name: str, registries: Sequence[Registry]) -> FoundRepository:
    found = list(_named(_checked(name, name), registries))
    if not found:
        raise RequestError(_unknown(name, [f.repository.name for f in _all(registries)]))
    if len(found) > 1:
        uris = ", ".join(sorted(f.repository.uri for f in found))
        raise RequestError(f"{name} exists in several registries; give one of {uris}")
    return found[0]


def _checked(name: str, argument: str) -> str:
    if "@" in name or ":" in name:
        repository = argument.partition("@")[0].rpartition(":")[0] or argument.partition("@")[0]
        raise RequestError(
            f"{argument} is an image, not a repository: remove the tag or digest ({repository})"
        )
    if not is_repository_name(name):
        raise RequestError(
            f"{argument!r} is not a repository: a name has 2 to 256 lowercase letters and digits, "
            "with single . _ - / between them; a URI starts with an ECR host name"
        )
    return name


def _named(name: str, registries: Iterable[Registry]) -> Iterator[FoundRepository]:
    for registry in registries:
        if repository := registry.repository(name):
            yield FoundRepository(repository, registry)


def _all(registries: Iterable[Registry]) -> Iterator[FoundRepository]:
    for registry in registries:
        for repository in registry.repositories():
            yield FoundRepository(repository, registry)


def _unknown(argument: str, known: Sequence[str]) -> str:
    close = get_close_matches(argument, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "check the name, account and Region"
    return f"Unknown repository {argument}: {hint}"


class RepositoryNames:
    """The names of all repositories in these registries. Lists each registry once, at first use.
    May be used by several threads."""

    def __init__(self, registries: Sequence[Registry] = ()) -> None:
        self._registries = registries
        self._listed: dict[RegistryId, frozenset[str] | ServiceError] = {}
        self._lock = Lock()

    def missing(
        self,
        found: FoundRepository,
        named: RepositoryMentions,
        deleted_also_in: Iterable[RegistryId],
    ) -> Sequence[RepositoryMention]:
        """References to missing repositories that may mean this repository: their names end in `/`
        and its name. `deleted_also_in`: registries to which deletions are replicated. If such a
        registry is not in the settings, it counts as having the same repositories as this one's
        registry.

        Raises ServiceError if a registry cannot be listed.
        """
        here, replicas = found.repository.registry, set(deleted_also_in)
        missing = []
        for naming in named.ending_in(found.repository.name):
            names = self._names(naming.registry, found)
            if names is None and naming.registry in replicas:
                names = self._names(here, found)
            if names is not None and naming.name not in names:
                missing.append(naming)
        return missing

    def _names(self, id_: RegistryId, found: FoundRepository) -> frozenset[str] | None:
        """None if this registry is not in the settings."""
        registry = found.registry
        if id_ != found.repository.registry:
            other = self._registry(id_)
            if other is None:
                return None
            registry = other
        with self._lock:
            if id_ not in self._listed:
                self._listed[id_] = _list(registry)
            listed = self._listed[id_]
        if isinstance(listed, ServiceError):
            raise copy(listed) from listed
        return listed

    def _registry(self, id_: RegistryId) -> Registry | None:
        """None if no registry has this id. Raises ServiceError if the id of a registry cannot be
        read, since that may be the one."""
        failure: ServiceError | None = None
        for registry in self._registries:
            try:
                if registry.id() == id_:
                    return registry
            except ServiceError as error:
                failure = error
        if failure:
            raise failure
        return None


def _list(registry: Registry) -> frozenset[str] | ServiceError:
    try:
        return frozenset(each.name for each in registry.repositories())
    except ServiceError as error:
        return error


class AmbiguousRepositoryError(RequestError):
    """Several registries have a repository of this name. `choices`: all of them."""

    def __init__(self, name: str, choices: Sequence[RepositoryId]) -> None:
        uris = ", ".join(each.uri for each in choices)
        super().__init__(f"{name} exists in several registries; give one of {uris}")
        self.choices = choices


class UnknownRepositoryError(RequestError):
    """No known repository has this name. `close`: the most similar known name, or the most similar
    URI if `name` is a URI."""

    def __init__(self, name: str, close: str | None) -> None:
        hint = f"did you mean {close}?" if close else "check the name, account and Region"
        super().__init__(f"Unknown repository {name}: {hint}")
        self.close = close


def find_known(store: "Store", argument: str) -> RepositoryId:
    """Finds a repository in the store by name or by URI, without calls to AWS. Raises
    AmbiguousRepositoryError or UnknownRepositoryError."""
    found = store.repositories_named(argument)
    if not found:
        raise UnknownRepositoryError(argument, _closest(store, argument))
    if len(found) > 1:
        raise AmbiguousRepositoryError(argument, found)
    return found[0]


def _closest(store: "Store", argument: str) -> str | None:
    known = [each.repository for each in store.repositories()]
    is_uri = ".dkr" in argument.partition("/")[0]
    names = {each.uri if is_uri else each.name for each in known}
    return next(iter(get_close_matches(argument, sorted(names), n=1)), None)


@dataclass(frozen=True, slots=True)
class RepositorySync:
    """Stores the repositories of all registries, so that `find_known` and Slack need no calls to
    AWS. `warn` gets sentences for the log."""

    store: "Store"
    registries: Iterable[Registry]
    warn: Callable[[str], None]

    def __call__(self, now: datetime) -> None:
        """Keeps the stored repositories of a registry that cannot be listed. Removes other
        registries from the store if the ids of all registries can be read.

        Raises ServiceError if the database fails."""
        known = [self._sync(registry, now) for registry in self.registries]
        named = [id_ for id_ in known if id_]
        if named and len(named) == len(known):
            self.store.delete_other_registries(named)

    def _sync(self, registry: Registry, now: datetime) -> RegistryId | None:
        """None if its id cannot be read."""
        id_ = None
        try:
            id_ = registry.id()
            found = list(registry.repositories())
        except (RequestError, ServiceError) as error:
            self.warn(f"{error}; the stored list of its repositories may be outdated")
        else:
            self.store.save_repositories(id_, found, now)
        return id_
