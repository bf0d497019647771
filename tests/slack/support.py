"""Helpers for tests of the bot in Slack."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import Engine, event

from bot.playground.slack import SimulatedUser, Workspace

Json = dict[str, Any]


@contextmanager
def in_workspace(
    manifest: Path | Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Workspace]:
    """Opens a workspace and sets the environment for it."""
    read = _document(manifest) if isinstance(manifest, Path) else manifest
    with Workspace(read) as opened:
        for name, value in opened.environment().items():
            monkeypatch.setenv(name, value)
        yield opened


@cache
def _document(manifest: Path) -> Any:
    return YAML(typ="safe").load(manifest.read_text())


def message_at(person: SimulatedUser, channel: str, ts: str) -> Json:
    """The message as the user sees it."""
    (found,) = (each for each in person.messages(channel) if each["ts"] == ts)
    return dict(found)


def buttons(message: Json) -> list[str]:
    """The `action_id`s of the message's buttons."""
    return [
        element["action_id"]
        for block in message.get("blocks", ())
        for element in (*block.get("elements", ()), block.get("accessory") or {})
        if element.get("type") == "button"
    ]


def calls(slack: Workspace, method: str) -> list[Json]:
    """The arguments of the bot's calls of a method so far."""
    return [call["arguments"] for call in slack.remote.calls(method)]


@contextmanager
def queries_of(table: str) -> Iterator[list[str]]:
    """Collects the SQL statements that name the table."""
    found: list[str] = []

    def collect(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        if table in statement:
            found.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", collect)
