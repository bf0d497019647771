"""Reads each definition of workloads once, since what it contains never changes."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple, TypeVar

from bot.parallel import in_parallel
from bot.ports import DefinitionCache, DefinitionKey, OpenDefinitionCache

Item = TypeVar("Item", bound=Hashable)


class Reading(NamedTuple):
    """What AWS answered. `is_final`: it will never answer otherwise."""

    content: tuple[str, ...]
    is_final: bool = True


def read_once(
    open_cache: OpenDefinitionCache,
    keys: Mapping[Item, DefinitionKey | None],
    read: Callable[[Sequence[Item]], Iterable[tuple[Item, Reading]]],
) -> dict[Item, tuple[str, ...]]:
    """Returns the content of each item, from the cache or by `read`. An item without a key is
    always read. Leaves out items that `read` leaves out. Remembers what is final, also if a later
    call fails."""
    with open_cache() as cache:
        known = cache.known(key for key in keys.values() if key)
        missing = [item for item, key in keys.items() if key not in known]
        new: dict[Item, Reading] = {}
        try:
            for item, answer in read(missing):
                new |= {item: answer}
        finally:
            cache.remember(
                {
                    key: answer.content
                    for item, answer in new.items()
                    if answer.is_final and (key := keys[item])
                }
            )
    read_before = {item: known[key] for item, key in keys.items() if key and key in known}
    return read_before | {item: answer.content for item, answer in new.items()}


def one_by_one(
    read: Callable[[Item], Reading | None],
) -> Callable[[Sequence[Item]], Iterator[tuple[Item, Reading]]]:
    """Reads single items in parallel. Leaves out those for which `read` returns None."""

    def read_all(items: Sequence[Item]) -> Iterator[tuple[Item, Reading]]:
        for item, answer in zip(items, in_parallel(read, items), strict=True):
            if answer is not None:
                yield item, answer

    return read_all


class NoDefinitionCache:
    """A DefinitionCache that stores nothing, so that everything is read."""

    def known(self, _keys: Iterable[DefinitionKey]) -> Mapping[DefinitionKey, tuple[str, ...]]:
        return {}

    def remember(self, definitions: Mapping[DefinitionKey, tuple[str, ...]]) -> None: ...


@contextmanager
def no_definition_cache() -> Iterator[DefinitionCache]:
    yield NoDefinitionCache()
