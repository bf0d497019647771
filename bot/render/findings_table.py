"""What the doctor finds, as a person reads it in a terminal."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from bot.core.findings import Finding, Status
from bot.render.words import count

STYLES = {Status.OK: "green", Status.WARNING: "yellow", Status.FAILED: "bold red"}
MARK = max(map(len, Status)) + 2
"""Columns that the mark takes."""


def findings_as_table(findings: Sequence[Finding]) -> RenderableType:
    """A line a finding, and one that says how to mend it, each as long as it is, so that a command
    can be copied whole."""
    return Group(*map(_told, findings), Text(""), Text(_summary(findings)))


def _told(finding: Finding) -> Text:
    told = Text.assemble(
        (f"{finding.status:<{MARK}}", STYLES[finding.status]),
        (finding.check, "bold"),
        f", {finding.scope}: {finding.detail}",
        no_wrap=True,
        overflow="ignore",
    )
    if finding.mend:
        told.append(f"\n{'':{MARK}}To mend it: {finding.mend}")
    return told


def _summary(findings: Sequence[Finding]) -> str:
    by_status = Counter(finding.status for finding in findings)
    if failed := by_status[Status.FAILED]:
        return f"{count(failed, 'check')} FAILED."
    if warnings := by_status[Status.WARNING]:
        return f"Nothing FAILED; {count(warnings, 'warning')}."
    return "All is well."
