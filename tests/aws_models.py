"""What botocore reads of AWS's services, from files of megabytes, and what it finds out about its
own event handlers, is read and found out once by each process of the tests instead of once by each
session of AWS."""

import functools
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import hooks
from botocore.loaders import JSONFileLoader, Loader


@pytest.fixture(scope="session", autouse=True)
def aws_models_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", _read_once(JSONFileLoader.load_file))
        patch.setattr(Loader, "list_available_services", _listed_once())
        patch.setattr(hooks, "accepts_kwargs", functools.cache(hooks.accepts_kwargs))
        patch.setattr(hooks.EventAliaser, "_alias_event_name", _aliased_once())
        yield


def _read_once(load_file: Any) -> Any:
    read: dict[str, Any] = {}

    def load(self: JSONFileLoader, path: str) -> Any:
        if path not in read and (found := load_file(self, path)) is not None:
            read[path] = found
        return read.get(path)

    return load


def _listed_once() -> Any:
    listed: dict[Any, list[str]] = {}
    list_all = Loader.list_available_services

    @functools.wraps(list_all)
    def list_them(self: Loader, type_name: str) -> list[str]:
        key = (type_name, *self.search_paths)
        if key not in listed:
            listed[key] = list_all(self, type_name)
        return listed[key]

    return list_them


def _aliased_once() -> Any:
    names: dict[str, str] = {}
    alias: Any = hooks.EventAliaser.__dict__["_alias_event_name"]

    def name_of(self: Any, event_name: str) -> str:
        if self._event_aliases != hooks.EVENT_ALIASES:
            return str(alias(self, event_name))
        if event_name not in names:
            names[event_name] = alias(self, event_name)
        return names[event_name]

    return name_of
