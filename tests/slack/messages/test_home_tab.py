"""The Home tab stays within Slack's limits for any number of plans and any names."""

from dataclasses import replace
from datetime import timedelta

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.prices import NO_COST
from bot.core.records import AuditEventName, ImageOutcome, Pause, RepositoryPin
from bot.core.storage_totals import StorageTotals, TotalChange
from bot.playground.slack.blocks.checks import check_view, is_too_large
from bot.slack.messages.home_tab import home_tab
from bot.slack.view_models import (
    EndedPlan,
    FirstPlans,
    HomeView,
    LinkedDigest,
    LinkedPlan,
    NextReport,
    OpenPlans,
)
from tests.slack.messages.plan_views import ANN, BOB, BY_ROLE, HOME, approvals, read, view
from tests.slack.messages.test_limits import LONG_NAME, NASTY, ODD
from tests.store.support import event
from tests.support import NOW, PRICE, PRICES

PLAN = replace(view(ODD).plan, repository=replace(ODD.repository, name=LONG_NAME))
LINK = "https://example.slack.com/archives/C0000000001/p1700000000000100"
NONE = FirstPlans([], 0, NO_COST)

MUCH = HomeView(
    user=ANN,
    storage=StorageTotals(10**6, 3, PRICE.cost_of(10**18), PRICE.cost_of(10**17)),
    change=TotalChange(10**5, PRICE.cost_of(-(10**17))),
    saved=PRICE.cost_of(10**18),
    prices=PRICES,
    pause=Pause(BOB, NOW, NASTY * 40),
    digest=LinkedDigest(NOW, HOME, LINK),
    approved=FirstPlans(
        [
            LinkedPlan(replace(PLAN, state=state, execute_after=NOW), LINK)
            for state in (PlanState.EXECUTING, PlanState.APPROVED)
            for _ in range(5)
        ],
        more=3_210,
        freed=PRICE.cost_of(10**15),
    ),
    waiting=FirstPlans(
        [LinkedPlan(replace(PLAN, approvals=approvals(ANN, BOB)), LINK)] * 9
        + [LinkedPlan(PLAN, None)],
        more=12_345,
        freed=PRICE.cost_of(10**15),
    ),
    blocked=FirstPlans([LinkedPlan(replace(PLAN, complete=False), LINK)] * 10, 777, NO_COST),
    pins=[
        RepositoryPin(f"host/{LONG_NAME}", Pin("t" * 300, by, NASTY * 40, NOW + timedelta(1)), NOW)
        for by in (ANN, BOB, BY_ROLE)
        for _ in range(30)
    ],
    next_reports=[NextReport(NOW, [LONG_NAME, NASTY] * 9, HOME)] * 40,
    last_runs=[
        EndedPlan(
            LinkedPlan(replace(PLAN, state=PlanState.STOPPED, approvals=approvals(ANN, BOB)), LINK),
            dict.fromkeys(ImageOutcome, 10**6),
            event(AuditEventName.ENDED),
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
    for more in ("3,210 more", "12,345 more", "777 more", "83 more", "35 more"):
        assert f"… and {more}" in shown
    result = "stopped, 1,000,000 manifests deleted, 1,000,000 skipped, 1,000,000 failed"
    assert shown.count(result) == 5
    assert shown.count("[Open]") == 19


def test_states_of_plans() -> None:
    shown = read(home_tab(MUCH)["blocks"])
    for state in (
        "deletion starts when someone resumes ecr-clean",
        "deletion running",
        "approved by",
    ):
        assert state in shown


def test_open_plans_by_saving() -> None:
    plans = [
        replace(PLAN, id=id_, freed_bytes=freed, **changes)
        for id_, freed, changes in (
            ("cents", 10, {}),
            ("much", 30, {}),
            ("empty", 0, {"deletions": 0}),
            ("approved", 50, {"state": PlanState.APPROVED}),
            ("runs", 5, {"state": PlanState.EXECUTING}),
            ("incomplete", 90, {"complete": False}),
        )
    ]
    found = OpenPlans.of(plans, PRICES)
    assert [each.id for each in found.approved] == ["runs", "approved"]
    assert [each.id for each in found.waiting] == ["much", "cents"]
    assert [each.id for each in found.blocked] == ["incomplete"]


def test_sections_without_plans_are_omitted() -> None:
    shown = read(home_tab(replace(MUCH, approved=NONE, blocked=NONE))["blocks"])
    assert "# Approved" not in shown
    assert "# Cannot be approved yet" not in shown


def test_empty_lists() -> None:
    nothing = replace(MUCH, waiting=NONE, pins=[], next_reports=[], last_runs=[])
    shown = read(home_tab(nothing)["blocks"])
    for heading, none in (
        ("Waiting for approval", "None."),
        ("My pins", "None. *Pin tags…* in a report keeps images."),
        ("Next reports", "None: no entry of `reports` in the settings has a `channel`."),
        ("Last results", "None yet."),
    ):
        assert f"# {heading}\n{none}" in shown
