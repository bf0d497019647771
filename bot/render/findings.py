"""What an examination finds, as JSON and CSV."""

from collections.abc import Iterator
from typing import Any

from bot.core.findings import Finding
from bot.render.findings_words import finding_words, fix_words
from bot.render.json_text import dumps

COLUMNS = ("check", "scope", "status", "detail", "mend")


def finding_as_json(finding: Finding) -> Iterator[bytes]:
    yield dumps(_keys(finding)) + b"\n"


def finding_as_rows(finding: Finding) -> Iterator[tuple[object, ...]]:
    yield tuple(_keys(finding).values())


def _keys(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check,
        "scope": finding.scope,
        "status": finding.status,
        "detail": finding_words(finding.detail),
        "mend": fix_words(finding.detail),
    }
