"""Caches checked and rendered entries of answers until the entity changes.

Benchmarks list thousands of entries repeatedly, and should measure the client.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import orjson

from bot.playground.aws.protocols.json import json_form
from bot.playground.aws.service import AwsService
from bot.playground.aws.validation import check_answer


class CachedEntity:
    """Base of objects with cached entries. Call `changed` after each change."""

    change_count = 0

    def changed(self) -> None:
        self.change_count += 1


Item = TypeVar("Item", bound=CachedEntity)


class AnswerEntryCache(Generic[Item]):
    """Renders the entry of an item, and caches it."""

    def __init__(
        self, service: AwsService, shape: str, describe: Callable[[Item], Mapping[str, Any]]
    ) -> None:
        self._service = service
        self._shape_name = shape
        self._describe = describe
        self._cached: WeakKeyDictionary[Item, tuple[int, orjson.Fragment]] = WeakKeyDictionary()

    @cached_property
    def _shape(self) -> Any:
        return self._service.model.shape_for(self._shape_name)

    def __call__(self, item: Item) -> orjson.Fragment:
        change_count, fragment = self._cached.get(item, (None, None))
        if fragment is None or change_count != item.change_count:
            fragment = self._rendered(item)
            self._cached[item] = (item.change_count, fragment)
        return fragment

    def _rendered(self, item: Item) -> orjson.Fragment:
        entry = self._describe(item)
        check_answer(self._shape, entry)
        return orjson.Fragment(orjson.dumps(json_form(self._shape, entry)))


def cached_entry(
    service: AwsService, shape: str
) -> Callable[[Callable[[Item], Mapping[str, Any]]], AnswerEntryCache[Item]]:
    """Decorates a function that describes an item. The result returns the rendered entry."""

    def wrap(describe: Callable[[Item], Mapping[str, Any]]) -> AnswerEntryCache[Item]:
        return AnswerEntryCache(service, shape, describe)

    return wrap
