"""What the doctor finds, as a person reads it in a terminal."""

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from bot.core.findings import Finding, FindingStatus
from bot.render.findings_words import finding_words, fix_words
from bot.render.terminal import shown, shown_whole
from bot.render.words import count

STYLES = {
    FindingStatus.OK: "green",
    FindingStatus.WARNING: "yellow",
    FindingStatus.FAILED: "bold red",
}
MARK = max(map(len, FindingStatus)) + 2
"""Columns that the mark takes."""


def findings_as_table(findings: Sequence[Finding]) -> RenderableType:
    """A line a finding, and one that says how to mend it, each as long as it is, so that a command
    can be copied whole."""
    told = (line for finding in findings for line in _told(finding))
    return Group(*told, shown(""), shown(_summary(findings)))


def _told(finding: Finding) -> Iterator[RenderableType]:
    yield shown_whole(
        (f"{finding.status:<{MARK}}", STYLES[finding.status]),
        (finding.check, "bold"),
        f", {finding.scope}: {finding_words(finding.detail)}",
    )
    if fix := fix_words(finding.detail):
        yield shown_whole(f"{'':{MARK}}To mend it: {fix}")


def _summary(findings: Sequence[Finding]) -> str:
    by_status = Counter(finding.status for finding in findings)
    if failed := by_status[FindingStatus.FAILED]:
        return f"{count(failed, 'check')} FAILED."
    if warnings := by_status[FindingStatus.WARNING]:
        return f"Nothing FAILED; {count(warnings, 'warning')}."
    return "All is well."
