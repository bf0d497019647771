"""Findings of `ecr-clean doctor` as text, JSON and CSV."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from bot.core.doctor_findings import DoctorFinding, FindingStatus
from bot.render.finding_sentences import finding_words, fix_words
from bot.render.output import Column, Columns
from bot.render.quantities import count
from bot.render.terminal import shown, shown_whole, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType

STYLES = {
    FindingStatus.OK: "green",
    FindingStatus.WARNING: "yellow",
    FindingStatus.FAILED: "bold red",
}
STATUS_WIDTH = max(map(len, FindingStatus)) + 2

FINDING_COLUMNS: Columns[DoctorFinding, DoctorFinding] = Columns(
    Column("check", lambda finding: finding.check),
    Column("scope", lambda finding: finding.scope),
    Column("status", lambda finding: finding.status),
    Column("detail", lambda finding: finding_words(finding.detail)),
    Column("mend", lambda finding: fix_words(finding.detail)),
)


def findings_as_text(findings: Sequence[DoctorFinding]) -> "RenderableType":
    """One line for each finding, and one for its fix. Lines are not wrapped, so that commands can
    be copied."""
    lines = (line for finding in findings for line in _lines(finding))
    return stacked(*lines, shown(""), shown(_summary(findings)))


def _lines(finding: DoctorFinding) -> Iterator["RenderableType"]:
    yield shown_whole(
        (f"{finding.status:<{STATUS_WIDTH}}", STYLES[finding.status]),
        (finding.check, "bold"),
        f", {finding.scope}: {finding_words(finding.detail)}",
    )
    if fix := fix_words(finding.detail):
        yield shown_whole(f"{'':{STATUS_WIDTH}}Fix: {fix}")


def _summary(findings: Sequence[DoctorFinding]) -> str:
    by_status = Counter(finding.status for finding in findings)
    if failed := by_status[FindingStatus.FAILED]:
        return f"{count(failed, 'check')} FAILED."
    if warnings := by_status[FindingStatus.WARNING]:
        return f"No check FAILED; {count(warnings, 'warning')}."
    return "All checks passed."
