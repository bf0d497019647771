"""Caches botocore's models, client methods and event names once per test process. They are the same
for all sessions and clients, and loading them takes most of the time of many tests."""

import functools
import inspect
from collections.abc import Iterator
from typing import Any

import pytest
from botocore import hooks
from botocore.client import ClientCreator
from botocore.hooks import EVENT_ALIASES, EventAliaser
from botocore.loaders import JSONFileLoader, Loader


@pytest.fixture(scope="session", autouse=True)
def aws_models_are_read_once() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", _read_once(JSONFileLoader.load_file))
        patch.setattr(Loader, "list_available_services", _listed_once())
        patch.setattr(ClientCreator, "_create_methods", _created_once())
        patch.setattr(EventAliaser, "__init__", _renamed_once(EventAliaser.__init__))
        patch.setattr(hooks, "accepts_kwargs", _accepts_kwargs)
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


def _created_once() -> Any:
    """Methods depend only on their name and operation. EC2's client has more than 700."""
    created: dict[Any, dict[str, Any]] = {}
    create: Any = ClientCreator._create_methods  # type: ignore[attr-defined]

    def create_them(self: ClientCreator, service_model: Any) -> dict[str, Any]:
        key = (service_model.service_name, *service_model.operation_names)
        if key not in created:
            created[key] = create(self, service_model)
        return dict(created[key])

    return create_them


def _renamed_once(init: Any) -> Any:
    renamed: dict[str, str] = {}

    def make(self: Any, event_emitter: Any, event_aliases: Any = None) -> None:
        init(self, event_emitter, event_aliases)
        if self._event_aliases == EVENT_ALIASES:
            self._alias_name_cache = renamed

    return make


def _accepts_kwargs(handler: Any) -> Any:
    """Same result as botocore's function, without inspecting the whole signature."""
    code = getattr(getattr(handler, "__func__", handler), "__code__", None)
    if code is None:
        return inspect.getfullargspec(handler)[2]
    return bool(code.co_flags & inspect.CO_VARKEYWORDS)
