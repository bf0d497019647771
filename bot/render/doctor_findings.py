"""Findings of `ecr-clean doctor` as text, JSON and CSV."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.core.doctor_findings import DoctorFinding, DoctorFindingStatus
from bot.render.doctor_finding_sentences import finding_words, fix_words
from bot.render.output import Column, Columns
from bot.render.quantities import count
from bot.render.terminal import shown, shown_whole, stacked, wrapped

if TYPE_CHECKING:
    from rich.console import RenderableType

STYLES = {
    DoctorFindingStatus.OK: "green",
    DoctorFindingStatus.WARNING: "yellow",
    DoctorFindingStatus.FAILED: "bold red",
}
WORST_FIRST = (DoctorFindingStatus.FAILED, DoctorFindingStatus.WARNING, DoctorFindingStatus.OK)
STATUS_WIDTH = max(map(len, DoctorFindingStatus)) + 2
_MARGIN = " " * STATUS_WIDTH

FINDING_COLUMNS: Columns[DoctorFinding, DoctorFinding] = Columns(
    Column("check", lambda finding: finding.check),
    Column("scope", lambda finding: finding.scope),
    Column("status", lambda finding: finding.status),
    Column("detail", lambda finding: finding_words(finding.detail)),
    Column("mend", lambda finding: fix_words(finding.detail)),
)


def findings_as_text(findings: Sequence[DoctorFinding]) -> "RenderableType":
    """The summary, then the findings: those that failed first, with their fixes."""
    worst_first = sorted(findings, key=lambda finding: WORST_FIRST.index(finding.status))
    lines = (line for finding in worst_first for line in _lines(finding))
    return stacked(shown(_summary(findings)), shown(""), *lines)


def _lines(finding: DoctorFinding) -> Iterator["RenderableType"]:
    text = f"{finding.check}, {finding.scope}: {finding_words(finding.detail)}"
    status = (f"{finding.status:<{STATUS_WIDTH}}", STYLES[finding.status])
    for number, line in enumerate(wrapped(text, STATUS_WIDTH)):
        yield shown_whole(_MARGIN if number else status, line)
    if fix := fix_words(finding.detail):
        for line in wrapped(f"Fix: {fix}", STATUS_WIDTH):
            yield shown_whole(_MARGIN, line)


def _summary(findings: Sequence[DoctorFinding]) -> str:
    by_status = Counter(finding.status for finding in findings)
    warnings = count(by_status[DoctorFindingStatus.WARNING], "warning")
    if failed := by_status[DoctorFindingStatus.FAILED]:
        return (
            f"{count(failed, 'check')} FAILED, {warnings}, {by_status[DoctorFindingStatus.OK]} ok."
        )
    if by_status[DoctorFindingStatus.WARNING]:
        return f"No check FAILED; {warnings}."
    return "All checks passed."
