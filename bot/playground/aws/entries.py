"""Entries of answers, each checked and rendered once until what it tells of changes.

A benchmark lists thousands of them again and again; it should measure its client.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

import orjson

from bot.playground.aws.protocols.json import json_form
from bot.playground.aws.service import Service
from bot.playground.aws.validation import check_answer


class Entity:
    """Something that answers have entries for; whoever changes it tells by `changed`."""

    edition = 0

    def changed(self) -> None:
        self.edition += 1


Item = TypeVar("Item", bound=Entity)


class Entries(Generic[Item]):
    def __init__(
        self, service: Service, shape: str, describe: Callable[[Item], Mapping[str, Any]]
    ) -> None:
        self._service = service
        self._shape_name = shape
        self._describe = describe
        self._kept: WeakKeyDictionary[Item, tuple[int, orjson.Fragment]] = WeakKeyDictionary()

    @cached_property
    def _shape(self) -> Any:
        return self._service.model.shape_for(self._shape_name)

    def __call__(self, item: Item) -> orjson.Fragment:
        edition, fragment = self._kept.get(item, (None, None))
        if fragment is None or edition != item.edition:
            fragment = self._rendered(item)
            self._kept[item] = (item.edition, fragment)
        return fragment

    def _rendered(self, item: Item) -> orjson.Fragment:
        entry = self._describe(item)
        check_answer(self._shape, entry)
        return orjson.Fragment(orjson.dumps(json_form(self._shape, entry)))


def entries(
    service: Service, shape: str
) -> Callable[[Callable[[Item], Mapping[str, Any]]], Entries[Item]]:
    """Turns a function that describes an item into one that answers the rendered entry."""

    def wrap(describe: Callable[[Item], Mapping[str, Any]]) -> Entries[Item]:
        return Entries(service, shape, describe)

    return wrap
