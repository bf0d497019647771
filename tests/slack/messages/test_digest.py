"""Digests stay within Slack's limits for any number of repositories and any names."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.digest_figures import DigestFigures
from bot.core.digests import Digest, DigestReport
from bot.core.errors import ErrorText
from bot.core.plan import ImageGroupCounts, PlanState
from bot.core.plan_transitions import proposed
from bot.core.records import Approval, Pause, PlanRecord
from bot.core.report_schedules import (
    ReportOutcome,
    ReportRound,
    ScheduledReport,
    UnlistedRegistry,
)
from bot.core.storage_history import WEEK, StorageDay, StorageHistory
from bot.slack.messages.digest import DigestView, digest_message
from bot.slack.messages.digest_notices import (
    digest_in_progress_message,
    empty_digest_message,
    older_digest_message,
    requested_digest_message,
)
from tests.render.builders import GB, HERE, image, plan
from tests.slack.messages.plan_views import ANN, BOB, action_ids, checked, read
from tests.slack.messages.test_limits import LONG_NAME, NASTY
from tests.support import NOW, PRICE, PRICES

ROUND = ReportRound("*", NOW.replace(tzinfo=None), 0.0)
DIGEST = Digest("d1", "*", ROUND.local, "C1", NOW, "1.0")
REQUESTED = replace(DIGEST, local=ROUND.local.replace(second=7))
BASE = proposed("p0", plan(image(1, "new"), image(2, "old"), newest=1), NOW, NOW + WEEK)


def plan_of(number: int, name: str = "", **facts: Any) -> PlanRecord:
    """`number`: in GB, what it frees."""
    name = name or f"team/app-{number}"
    repository = replace(HERE, name=name, uri=f"{HERE.uri.partition('/')[0]}/{name}")
    counts = ImageGroupCounts(all=20, to_delete=9, recent_pulls=0)
    usual = {
        "id": f"p{number}",
        "freed_bytes": number * GB,
        "image_groups": counts,
        "checked": True,
    }
    return replace(BASE, repository=repository, **{**usual, **facts})


def ready(record: PlanRecord) -> DigestReport:
    uri = record.repository.uri
    report = ScheduledReport(uri, ROUND, ReportOutcome.POSTED, plan=record.id)
    return DigestReport(report, record)


def other(name: str, outcome: ReportOutcome | None, **facts: Any) -> DigestReport:
    uri = f"{HERE.uri.partition('/')[0]}/{name}"
    return DigestReport(ScheduledReport(uri, ROUND, outcome, **facts), None)


def history(*gigabytes: int) -> StorageHistory:
    """The stored bytes at the end of each week until now; half of them can be freed."""
    last = len(gigabytes) - 1
    days = [
        StorageDay(NOW - (last - week) * WEEK, 10, number * GB, 0, number * GB // 2)
        for week, number in enumerate(gigabytes)
    ]
    return StorageHistory(days, [])


def view(reports: Sequence[DigestReport], digest: Digest = DIGEST, **facts: Any) -> DigestView:
    histories = facts.pop("histories", {})
    usual = DigestView(
        digest=digest,
        reports=reports,
        missed=(),
        figures=DigestFigures.of(reports, histories, PRICES, NOW),
        problems={},
        days_a_week=1,
        required=1,
        report_only=False,
        saved=PRICE.cost_of(100 * GB),
        pause=None,
        now=NOW,
    )
    return replace(usual, **facts)


def rows(blocks: Sequence[dict[str, Any]]) -> list[list[str]]:
    (table,) = (block for block in blocks if block["type"] == "data_table")
    return [[cell["text"] for cell in row] for row in table["rows"]]


USUAL = [
    ready(plan_of(40)),
    ready(plan_of(7, "shop/api", image_groups=ImageGroupCounts(50, 30, 4, 2))),
    ready(plan_of(3, "shop/blocked", complete=False)),
    ready(plan_of(60, state=PlanState.DONE)),
    ready(plan_of(5, state=PlanState.APPROVED, execute_after=NOW + timedelta(minutes=5))),
    other("shop/clean", ReportOutcome.NOTHING),
    other("shop/small", ReportOutcome.SMALL, usd=0.05),
]


def test_a_digest_as_text() -> None:
    histories = {each.report.repository: history(*range(20, 32)) for each in USUAL}
    problems = {"p3": (ErrorText("account 555555555555 may pull, and nothing shows what it runs"),)}
    content = digest_message(view(USUAL, histories=histories, problems=problems))
    checked(content)
    assert read(content.blocks).splitlines() == [
        "# Weekly ECR cleanup · 2 repositories could save $56 a year",
        "*Approving all deletes 39 of 70 images and frees 47 GB.* Nothing is deleted before an "
        "approval. Last week, they could have saved $36 a year.",
        "1 approved · 1 deleted · saved $72 a year",
        "[bar chart: Largest savings]",
        "[area chart: Stored in the last 12 weeks]",
        "[table: 2 repositories could save $56 a year · largest saving first]",
        "Repository | Delete | of | Frees | Saves a year | ⚠️ | State",
        "team/app-60 | 9 | 20 | 60 GB | $72 |   | deleted",
        "team/app-40 | 9 | 20 | 40 GB | $48 |   | waiting",
        "shop/api | 30 | 50 | 7 GB | $8.40 | ⚠️ 4 pulled recently, 2 unmatched | waiting",
        "team/app-5 | 9 | 20 | 5 GB | $6.00 |   | approved, starts 12:05 UTC",
        "shop/blocked |   | 20 |   |   |   | blocked",
        "⛔ *Blocked:* `shop/blocked`: account 555555555555 may pull, and nothing shows "
        "what it runs",
        "[How to fix]",
        "[Approve several…] [Open a report ▾] [Dismiss all…]",
        "~ :white_check_mark: 1 clean · 1 small, &lt; $1 a year together · freed so far: $120 a "
        "year (100 GB)",
    ]
    for number in ("`team/app-40` $48 a year", "217 GB (140 GB on 2026-09-07)", "1 clean"):
        assert number in content.text


@pytest.mark.parametrize("number", [1, 5, 6, 99, 100, 101, 1000])
@pytest.mark.parametrize("name", ["", LONG_NAME[:-5]])
def test_any_number_of_repositories(number: int, name: str) -> None:
    plans = [plan_of(each, f"{name}{each}" if name else "") for each in range(1, number + 1)]
    content = digest_message(view([ready(each) for each in plans]))
    checked(content)
    table = rows(content.blocks)
    assert len(table) - 1 <= 100
    assert sum(len(cell) for row in table for cell in row) <= 8000
    if number <= 50:
        assert len(table) - 1 == number
    assert ("in the CSV file" in read(content.blocks)) is (len(table) - 1 < number)


def test_everything_is_too_much() -> None:
    """A thousand repositories with bad names, many blocked plans and many failures."""
    plans = [plan_of(each, f"{NASTY}{each}", complete=bool(each % 2)) for each in range(1, 1001)]
    failed = [
        other(f"{NASTY}{each}", ReportOutcome.FAILED, error=ErrorText(f"{NASTY} {each}" * 50))
        for each in range(50)
    ]
    content = digest_message(
        view(
            [*map(ready, plans), *failed],
            missed=[UnlistedRegistry(NASTY, ErrorText(NASTY * 50))] * 20,
            problems={each.id: (ErrorText(NASTY * 50),) for each in plans},
            pause=Pause(BOB, NOW, NASTY * 40),
            report_only=True,
        )
    )
    checked(content)


@pytest.mark.parametrize("state", list(PlanState))
def test_every_state(state: PlanState) -> None:
    content = digest_message(view([ready(plan_of(1, state=state))]))
    checked(content)
    (_, row) = rows(content.blocks)
    assert row[-1] != " "


def test_states_of_plans() -> None:
    def state(required: int = 1, pause: Pause | None = None, **facts: Any) -> str:
        made = view([ready(plan_of(1, **facts))], required=required, pause=pause)
        return rows(digest_message(made).blocks)[1][-1]

    soon = NOW + timedelta(minutes=5)
    approved: dict[str, Any] = {"state": PlanState.APPROVED, "execute_after": soon}
    assert state() == "waiting"
    assert state(required=2, approvals=(Approval(ANN, NOW, 1),)) == "1 of 2 approvals"
    assert state(complete=False) == "blocked"
    assert state(checked=False) == "blocked"
    assert state(deletions=0) == "nothing to delete"
    assert state(**approved) == "approved, starts 12:05 UTC"
    assert state(**approved | {"execute_after": NOW}) == "approved, starts now"
    assert state(**approved, pause=Pause(BOB, NOW, "")) == "approved, paused"


def test_rows_of_earlier_versions_count_manifests() -> None:
    content = digest_message(view([ready(plan_of(1, image_groups=None))]))
    assert rows(content.blocks)[1][1:3] == ["1", "2"]


def test_who_can_decide() -> None:
    waiting, blocked = ready(plan_of(1)), ready(plan_of(2, complete=False))
    done = ready(plan_of(3, state=PlanState.DONE))

    def ids(*reports: DigestReport, **facts: Any) -> list[str]:
        found = action_ids(digest_message(view(reports, **facts)).blocks)
        return [each for each in found if not each.startswith("run_command")]

    assert ids(waiting) == ["approve_plans", "open_report", "dismiss_plans"]
    assert ids(blocked) == ["open_report", "dismiss_plans"]
    assert ids(done) == ["open_report"]
    assert ids(waiting, report_only=True) == ["open_report", "dismiss_plans"]
    assert ids(other("a", ReportOutcome.NOTHING)) == []


def test_titles() -> None:
    def title(*reports: DigestReport, **facts: Any) -> str:
        blocks = digest_message(view(reports, **facts)).blocks
        return str(blocks[0]["text"]["text"])

    assert title(ready(plan_of(10))) == "Weekly ECR cleanup · 1 repository could save $12 a year"
    assert title(ready(plan_of(10)), days_a_week=2).startswith("ECR cleanup · 1 repository")
    assert title(ready(plan_of(10, exact=False))).endswith("could save about $12 a year")
    assert title(ready(plan_of(0))).endswith("1 repository can be cleaned up")
    assert title(ready(plan_of(1, complete=False))).endswith("1 repository is blocked")
    assert title(ready(plan_of(1, state=PlanState.DONE))).endswith("every plan is decided")
    assert title(other("a", ReportOutcome.NOTHING)).endswith("nothing to delete")


def test_weeks_of_unknown_size_are_left_out() -> None:
    days = [StorageDay(NOW - week * WEEK, 10, None) for week in range(13)]
    uri = USUAL[0].report.repository
    made = view(USUAL[:1], histories={uri: StorageHistory(days, [])})
    assert [block["type"] for block in digest_message(made).blocks].count("data_visualization") == 0
    assert "Last week" not in digest_message(made).text


def test_the_progress_of_planning() -> None:
    pending = [other(f"app-{each}", None) for each in range(3)]
    content = digest_message(view([ready(plan_of(1)), *pending], REQUESTED))
    checked(content)
    assert "4 of 4" not in content.text
    waiting = [
        each._replace(report=replace(each.report, outcome=ReportOutcome.READY)) for each in USUAL
    ]
    content = digest_message(view([*waiting, *pending], REQUESTED))
    assert content.text == "ECR cleanup: 7 of 10 repositories scanned …"
    assert [block["type"] for block in content.blocks] == ["context"]


def test_other_messages() -> None:
    for content in (
        requested_digest_message(LONG_NAME, ANN),
        digest_in_progress_message(NASTY, "https://example.slack.com/archives/C1/p1"),
        empty_digest_message(NASTY),
        older_digest_message("https://example.slack.com/archives/C1/p1"),
    ):
        checked(content)
