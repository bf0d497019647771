"""JSON that shows nothing it must not show: to parse it gives the same data, but for secrets."""

from typing import Any

import orjson

from bot.core.redaction import Redactor
from bot.core.visible import visible_json
from bot.outgoing import own_redactor


def dumps(value: object) -> bytes:
    """JSON escapes control characters below U+0020 by itself; the others, and bidirectional
    formatting, are escaped here."""
    redactor = own_redactor()
    text = orjson.dumps(value).decode()
    if redactor.redact(text) != text:
        text = orjson.dumps(_redacted(orjson.loads(text), redactor)).decode()
    return visible_json(text).encode()


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
