"""JSON that shows nothing it must not show: to parse it gives the same data, but for secrets."""

import re
from typing import Any

import orjson

from bot.core.redaction import Redactor
from bot.core.visible import visible_json
from bot.outgoing import own_redactor

_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")
"""Its letter is no part of the text: behind a line end (`\\n`) a key would not begin a word."""


def dumps(value: object) -> bytes:
    """JSON escapes control characters below U+0020 by itself; the others, and bidirectional
    formatting, are escaped here."""
    redactor = own_redactor()
    text = orjson.dumps(value).decode()
    if _holds_secrets(text, redactor):
        text = orjson.dumps(_redacted(orjson.loads(text), redactor)).decode()
    return visible_json(text).encode()


def _holds_secrets(text: str, redactor: Redactor) -> bool:
    """Hardly any JSON does, and to search it at once takes a fraction of the time."""
    spaced = _ESCAPE.sub(" ", text) if "\\" in text else text
    return any(redactor.redact(each) != each for each in {text, spaced})


def _redacted(value: Any, redactor: Redactor) -> Any:
    """Keys are ours."""
    match value:
        case str():
            return redactor.redact(value)
        case list():
            return [_redacted(each, redactor) for each in value]
        case dict():
            return {key: _redacted(each, redactor) for key, each in value.items()}
        case _:
            return value
