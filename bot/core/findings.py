"""What an examination finds."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.core.obstacles import ScanFailed

FindingDetail: TypeAlias = ScanFailed | str


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Finding:
    """`scope`: where that was looked at. `mend`: what to do, if anything has to be done."""

    check: str
    scope: str
    status: Status
    detail: FindingDetail
    mend: str | None = None


def ok(check: str, scope: str, detail: FindingDetail) -> Finding:
    return Finding(check, scope, Status.OK, detail)


def warning(check: str, scope: str, detail: FindingDetail, mend: str) -> Finding:
    return Finding(check, scope, Status.WARNING, detail, mend)


def failed(check: str, scope: str, detail: FindingDetail, mend: str) -> Finding:
    return Finding(check, scope, Status.FAILED, detail, mend)
