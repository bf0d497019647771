"""What an examination finds, as JSON and CSV."""

from collections.abc import Iterator

from bot.core.findings import Finding
from bot.render.json_text import dumps

COLUMNS = ("check", "scope", "status", "detail", "mend")


def finding_as_json(finding: Finding) -> Iterator[bytes]:
    yield dumps(finding) + b"\n"


def finding_as_rows(finding: Finding) -> Iterator[tuple[object, ...]]:
    yield tuple(getattr(finding, column) for column in COLUMNS)
