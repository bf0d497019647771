"""When a digest is updated, and whether it shows the progress of planning."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.digests import (
    BETWEEN_UPDATES,
    Digest,
    DigestReport,
    OutdatedDigest,
    is_planning,
    is_update_due,
)
from bot.core.report_schedules import ReportOutcome, ReportRound, ScheduledReport
from tests.support import NOW

SCHEDULED = Digest("d1", "*", NOW.replace(tzinfo=None), "C1", NOW)
REQUESTED = replace(SCHEDULED, local=SCHEDULED.local.replace(second=7))


@pytest.mark.parametrize(
    ("since_shown", "is_deleting", "is_due"),
    [
        (None, True, True),
        (timedelta(0), False, True),
        (BETWEEN_UPDATES - timedelta(seconds=1), True, False),
        (BETWEEN_UPDATES, True, True),
    ],
)
def test_updates_during_a_deletion_are_rare(
    since_shown: timedelta | None, *, is_deleting: bool, is_due: bool
) -> None:
    shown_at = None if since_shown is None else NOW - since_shown
    outdated = OutdatedDigest(replace(SCHEDULED, shown_at=shown_at), "other", is_deleting)
    assert is_update_due(outdated, NOW) is is_due


@pytest.mark.parametrize(
    ("digest", "outcomes", "expected"),
    [
        (REQUESTED, [None, ReportOutcome.READY], True),
        (REQUESTED, [ReportOutcome.READY, ReportOutcome.NOTHING], False),
        (REQUESTED, [None, ReportOutcome.POSTED], False),
        (SCHEDULED, [None], False),
    ],
)
def test_a_requested_digest_shows_the_progress_of_planning(
    digest: Digest, outcomes: list[ReportOutcome | None], *, expected: bool
) -> None:
    round_ = ReportRound("*", digest.local, 0.0)
    reports = [
        DigestReport(ScheduledReport(f"example.com/{number}", round_, outcome), None)
        for number, outcome in enumerate(outcomes)
    ]
    assert is_planning(digest, reports) is expected
