"""The Home tab stays within Slack's limits for any number of plans and any names."""

from dataclasses import replace
from datetime import timedelta

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome, Pause, RepositoryPin
from bot.core.storage_totals import StorageTotals
from bot.playground.slack.blocks.checks import check_view, is_too_large
from bot.slack.messages.home_tab import home_tab
from bot.slack.view_models import HomeView, LinkedPlan, NextReport, PlanResult
from tests.slack.messages.plan_views import ANN, BOB, BY_ROLE, HOME, approvals, read, view
from tests.slack.messages.test_limits import LONG_NAME, NASTY, ODD
from tests.support import NOW

PLAN = replace(view(ODD).plan, repository=replace(ODD.repository, name=LONG_NAME))
LINK = "https://example.slack.com/archives/C0000000001/p1700000000000100"

MUCH = HomeView(
    user=ANN,
    storage=StorageTotals(10**6, 3, 10**18, 10**17),
    saved_bytes=10**18,
    usd_per_gb_month=0.10,
    pause=Pause(BOB, NOW, NASTY * 40),
    open_plans=[
        LinkedPlan(replace(PLAN, state=state, execute_after=NOW), LINK)
        for state in (PlanState.PROPOSED, PlanState.APPROVED, PlanState.EXECUTING)
        for _ in range(3)
    ]
    + [LinkedPlan(replace(PLAN, complete=False), None)],
    more_plans=12_345,
    pins=[
        RepositoryPin(f"host/{LONG_NAME}", Pin("t" * 300, by, NASTY * 40, NOW + timedelta(1)), NOW)
        for by in (ANN, BOB, BY_ROLE)
        for _ in range(30)
    ],
    next_reports=[NextReport(NOW, [LONG_NAME, NASTY] * 9, HOME)] * 40,
    last_runs=[
        PlanResult(
            replace(PLAN, state=PlanState.STOPPED, approvals=approvals(ANN, BOB)),
            dict.fromkeys(ImageOutcome, 10**6),
        )
    ]
    * 5,
    now=NOW,
)


def test_limits_with_many_entries() -> None:
    tab = home_tab(MUCH)
    assert check_view(tab, kind="home") == []
    assert not is_too_large(tab)
    shown = read(tab["blocks"])
    assert "<!channel>" not in shown
    for more in ("… and 12,345 more", "… and 83 more", "… and 35 more"):
        assert more in shown
    assert shown.count("stopped, 1,000,000 deleted, 1,000,000 skipped, 1,000,000 failed") == 5


def test_states_of_plans() -> None:
    shown = read(home_tab(MUCH)["blocks"])
    for state in (
        "waiting for approval",
        "approved, deletion starts when someone resumes ecr-clean",
        "deletion running",
        "blocked: incomplete, cannot be approved",
    ):
        assert state in shown
    small = replace(MUCH, open_plans=[LinkedPlan(replace(PLAN, deletions=0), None)])
    assert "nothing to delete" in read(home_tab(small)["blocks"])


def test_empty_lists() -> None:
    nothing = replace(MUCH, open_plans=[], more_plans=0, pins=[], next_reports=[], last_runs=[])
    shown = read(home_tab(nothing)["blocks"])
    for heading, none in (
        ("Open plans", "None."),
        ("Pins expiring soon", "None."),
        ("Next reports", "None: no entry of `reports` in the settings has a `channel`."),
        ("Last deletions", "None yet."),
    ):
        assert f"# {heading}\n{none}" in shown
