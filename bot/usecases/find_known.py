"""Finds a repository among those that are known, without asking AWS."""

from collections.abc import Sequence
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.core.errors import RequestError
from bot.core.repository import RepositoryId

if TYPE_CHECKING:
    from bot.store.store import Store


class AmbiguousError(RequestError):
    """Several registries have a repository of that name: `choices`, by URI."""

    def __init__(self, name: str, choices: Sequence[RepositoryId]) -> None:
        uris = ", ".join(each.uri for each in choices)
        super().__init__(f"{name} stands in several registries; give one of {uris}")
        self.choices = choices


class UnknownError(RequestError):
    """No registry is known to have it. `close`: a known one that is called almost so, by its name,
    or by its URI if that was given."""

    def __init__(self, name: str, close: str | None) -> None:
        hint = f"did you mean {close}?" if close else "check the name, account and Region"
        super().__init__(f"No repository {name} is known: {hint}")
        self.close = close


def find_known(store: "Store", argument: str) -> RepositoryId:
    """By name or by URI. Raises AmbiguousError and UnknownError."""
    found = store.repositories_called(argument)
    if not found:
        raise UnknownError(argument, _closest(store, argument))
    if len(found) > 1:
        raise AmbiguousError(argument, found)
    return found[0]


def _closest(store: "Store", argument: str) -> str | None:
    known = [each.repository for each in store.repositories()]
    is_uri = ".dkr" in argument.partition("/")[0]
    names = {each.uri if is_uri else each.name for each in known}
    return next(iter(get_close_matches(argument, sorted(names), n=1)), None)
