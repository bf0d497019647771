"""Removes secrets from all output, and makes control characters visible.

Each kind of output has one place that uses this: `bot/cli/terminal.py`, `bot/render/terminal.py`,
`bot/render/output.py`, `bot/process.py`, `bot/slack/api.py` and `bot/store/table_base.py`. `quoted`
repeats the text of a library, a server or a program.
"""

import os
from functools import lru_cache

from bot.core.redaction import VARIABLES, Redactor, redactor_of
from bot.core.text_formatting import visible, visible_lines


def own_redactor() -> Redactor:
    """Removes the secrets that are in the environment now."""
    return _redactor(tuple(map(os.environ.get, VARIABLES)))


def redacted(text: str) -> str:
    return own_redactor().redact(text)


def line(text: str) -> str:
    """A text on one line, without secrets, with control characters made visible."""
    return visible(redacted(text))


def lines(text: str) -> str:
    """As `line`, but keeps line breaks."""
    return visible_lines(redacted(text))


def quoted(error: Exception | str) -> str:
    """The text of a library, a server or a program, for a sentence: on one line, without
    secrets."""
    return " ".join(own_redactor().redact_external(str(error)).split())


def traceback_lines(text: str) -> str:
    return visible_lines(own_redactor().redact_external(text))


@lru_cache(maxsize=2)
def _redactor(values: tuple[str | None, ...]) -> Redactor:
    return redactor_of(
        {name: value for name, value in zip(VARIABLES, values, strict=True) if value}
    )
