"""What the doctor finds, as JSON and CSV."""

import csv
from collections.abc import Iterable
from typing import TextIO

import orjson

from bot.core.findings import Finding

COLUMNS = ("check", "scope", "status", "detail", "mend")


def finding_as_json(finding: Finding) -> bytes:
    """A line."""
    return orjson.dumps(finding) + b"\n"


def write_findings(findings: Iterable[Finding], to: TextIO) -> None:
    """As CSV: a line a finding."""
    writer = csv.writer(to, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([getattr(finding, column) for column in COLUMNS] for finding in findings)
