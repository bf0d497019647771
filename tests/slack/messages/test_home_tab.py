"""The Home tab within Slack's limits, however much there is, and whatever people call things."""

from dataclasses import replace
from datetime import timedelta

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome, Pause, RepositoryPin
from bot.core.storage_totals import StorageTotals
from bot.playground.slack.blocks.checks import check_view, is_too_large
from bot.slack.messages.home_tab import home
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


def test_it_is_within_the_limits_and_whole() -> None:
    tab = home(MUCH)
    assert check_view(tab, kind="home") == []
    assert not is_too_large(tab)
    told = read(tab["blocks"])
    assert "<!channel>" not in told
    for more in ("… and 12,345 more", "… and 83 more", "… and 35 more"):
        assert more in told
    assert told.count("stopped, 1,000,000 deleted, 1,000,000 skipped, 1,000,000 failed") == 5


def test_states_of_plans() -> None:
    told = read(home(MUCH)["blocks"])
    for stands in (
        "waits for approval",
        "approved, deletion starts as soon as somebody resumes",
        "is being deleted",
        "incomplete, cannot be approved",
    ):
        assert stands in told
    small = replace(MUCH, open_plans=[LinkedPlan(replace(PLAN, deletions=0), None)])
    assert "nothing to delete" in read(home(small)["blocks"])


def test_it_says_what_there_is_none_of() -> None:
    nothing = replace(MUCH, open_plans=[], more_plans=0, pins=[], next_reports=[], last_runs=[])
    told = read(home(nothing)["blocks"])
    for heading, none in (
        ("Open plans", "None."),
        ("Pins that run out soon", "None."),
        ("Next reports", "None: no entry of `reports` in the settings has a `channel`."),
        ("Last cleanups", "None yet."),
    ):
        assert f"# {heading}\n{none}" in told
