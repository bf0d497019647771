"""The digest: one message about all reports of a round."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from bot.core.records import PlanRecord
from bot.core.report_schedules import ReportOutcome, ScheduledReport

BETWEEN_UPDATES = timedelta(minutes=1)
"""While a plan of the digest is executed."""


@dataclass(frozen=True, slots=True)
class Digest:
    """`entry`: the name of the entry of `reports`; `local`: the time of its round. `ts` None: not
    posted yet. `shown`: the state of the round that the message shows. `has_list`: a CSV file is in
    its thread. UTC."""

    id: str
    entry: str
    local: datetime
    channel: str
    made_at: datetime
    ts: str | None = None
    shown: str | None = None
    shown_at: datetime | None = None
    has_list: bool = False

    @property
    def is_requested(self) -> bool:
        """Whether a user requested the round: see `requested_round`."""
        return self.local.second != 0


class DigestReport(NamedTuple):
    """A repository in a digest. `plan` None: nothing to decide on."""

    report: ScheduledReport
    plan: PlanRecord | None


def is_planning(digest: Digest, reports: Iterable[DigestReport]) -> bool:
    """Whether the digest was requested, and its message shows the progress of planning."""
    if not digest.is_requested:
        return False
    outcomes = {each.report.outcome for each in reports}
    return None in outcomes and ReportOutcome.POSTED not in outcomes


class OutdatedDigest(NamedTuple):
    """A digest that does not show `state`. `is_deleting`: a plan of it is being executed."""

    digest: Digest
    state: str
    is_deleting: bool


def is_update_due(outdated: OutdatedDigest, now: datetime) -> bool:
    """At most one update a minute while images are deleted."""
    shown_at = outdated.digest.shown_at
    return not outdated.is_deleting or shown_at is None or now - shown_at >= BETWEEN_UPDATES


@dataclass(frozen=True, slots=True)
class PlanSelection:
    """The plans of a digest that a user may approve together. `versions`: by plan, the version that
    the user saw. `submitted_at` None: not approved yet. `approved`: the plans that the
    submission has approved, or was about to when it was refused or interrupted. UTC."""

    id: str
    digest: str
    user: str
    made_at: datetime
    versions: dict[str, int]
    submitted_at: datetime | None = None
    approved: frozenset[str] = frozenset()
