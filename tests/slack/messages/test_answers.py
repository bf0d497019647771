"""Answers to slash commands stay within Slack's limits and escape all names."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.core.errors import ErrorText, RefusedError
from bot.core.judge import JudgedManifest
from bot.core.last_use import LastUse
from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.prices import NO_COST
from bot.core.records import (
    AuditEventName,
    ImageOutcome,
    KnownRepository,
    LastScan,
    Pause,
    PlanItem,
    PlanRecord,
    RepositoryPin,
)
from bot.core.refusal_reasons import ApprovableOnlyInChannel
from bot.core.repository import RepositoryId
from bot.core.storage_totals import StorageChange, storage_totals
from bot.core.usage import PastTagUser, RepositoryUsage
from bot.slack.action_ids import MOST_IN_LINE
from bot.slack.api import MessageContent
from bot.slack.commands import COMMANDS
from bot.slack.messages.answers import (
    MOST_CHOICES,
    CommandSuggestion,
    choices,
    help_message,
    refused,
)
from bot.slack.messages.pins import PinListView, pinned_message
from bot.slack.messages.plan_lists import HistoryView, history_message
from bot.slack.messages.repositories import (
    ListedRepository,
    RepositoriesView,
    repositories_message,
)
from bot.slack.messages.status import RunningPlan, StatusView, paused_message, status_message
from bot.slack.messages.why import WhyView, deleted_message, never_scanned_message, why_message
from bot.slack.view_models import EndedPlan, FirstPlans, LinkedPlan
from bot.usecases.explanations import DeletedManifest, Explanation
from tests.render.builders import HERE, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    BOB,
    action_ids,
    approvals,
    checked,
    event,
    read,
    view,
)
from tests.slack.messages.test_limits import LONG_NAME, NASTY, ODD
from tests.support import NOW, PRICE, PRICES

LONG = RepositoryId(HERE.registry, LONG_NAME, f"{HERE.uri.partition('/')[0]}/{LONG_NAME}")
MANY = 10**6
PAUSE = Pause(BOB, NOW, NASTY * 40)
LINK = "https://example.slack.com/archives/C0000000001/p1700000000000100"
PLAN = replace(
    view(ODD).plan,
    id="x" * 8,
    repository=LONG,
    manifests=MANY,
    deletions=MANY,
    freed_bytes=10**15,
    approvals=approvals(ANN, BOB, *["arn:aws:iam::1:user/" + "x" * 64] * 3),
    execute_after=NOW,
)
EVERY_OUTCOME = dict.fromkeys(ImageOutcome, MANY)


def harmless(content: MessageContent) -> str:
    said = read(checked(content).blocks)
    assert not any(sign in said + content.text for sign in ("<!channel", "<!here", "<https://a"))
    ids = action_ids(content.blocks)
    assert len(ids) == len(set(ids))
    return said


def in_state(state: PlanState) -> PlanRecord:
    return replace(PLAN, state=state)


def test_help() -> None:
    harmless(help_message((each.synopsis, each.help) for each in COMMANDS.values()))


@pytest.mark.parametrize("state", PlanState)
def test_repositories(state: PlanState) -> None:
    known = KnownRepository(LONG, NOW, LastScan(in_state(state), NOW, 10**16))
    shown = RepositoriesView(
        pattern=NASTY * 40,
        shown=[ListedRepository(known, LinkedPlan(in_state(state), LINK))] * 20,
        more=MANY,
        never_scanned=MANY,
        storage=storage_totals([known] * 1000, PRICES),
        changes={LONG: StorageChange(10**15, 10**16)},
        listed_at=NOW,
        saved=PRICE.cost_of(10**18),
        prices=PRICES,
        pause=PAUSE,
        now=NOW,
    )
    said = harmless(repositories_message(shown))
    assert said.count("• `") == 20
    for other in (replace(shown, shown=[]), replace(shown, shown=[], listed_at=None)):
        harmless(repositories_message(other))


def in_list(each: ListedRepository) -> RepositoriesView:
    totals = storage_totals([each.known], PRICES)
    return RepositoriesView(None, [each], 0, 0, totals, {}, NOW, NO_COST, PRICES, None, NOW)


def test_possible_savings_of_an_incomplete_plan_are_unknown() -> None:
    plan = replace(PLAN, complete=False)
    known = KnownRepository(LONG, NOW, LastScan(plan, NOW, None))
    shown = in_list(ListedRepository(known, LinkedPlan(plan, None)))
    said = harmless(repositories_message(shown))
    assert "possible savings unknown · size unknown" in said
    assert " · some checks failed, so it cannot be approved yet" in said


def test_repositories_before_any_registry_was_listed() -> None:
    """Omits the block for small print if it would be empty, since Slack refuses an empty one."""
    known = KnownRepository(LONG, NOW, None)
    shown = replace(in_list(ListedRepository(known, None)), listed_at=None)
    assert "\n~ " not in harmless(repositories_message(shown))


def test_pins() -> None:
    pins = [Pin(f"{n}{'t' * 290}", ANN, NASTY * 40, NOW + timedelta(n)) for n in range(40)]
    stored = [RepositoryPin(LONG.uri, pin, NOW) for pin in pins]
    for view_ in (
        PinListView(LONG, stored, pins, {}),
        PinListView(LONG, stored[:3], pins, {}),
        PinListView(LONG, [], [], {}),
    ):
        harmless(pinned_message(view_))


@pytest.mark.parametrize("state", PlanState)
def test_history(state: PlanState) -> None:
    last = event(AuditEventName.DISMISSED, ANN, ErrorText(NASTY))
    for known, link in ((last, LINK), (None, None)):
        each = EndedPlan(LinkedPlan(in_state(state), link), EVERY_OUTCOME, known)
        assert harmless(
            history_message(HistoryView(LONG_NAME, [each] * 10, PRICE.cost_of(10**18), PRICES))
        )


def test_status() -> None:
    executing = replace(PLAN, state=PlanState.EXECUTING, stop_asked_by=ANN)
    running = [
        RunningPlan(executing, EVERY_OUTCOME),
        RunningPlan(in_state(PlanState.EXECUTING), {}),
    ]
    shown = StatusView(
        pause=PAUSE,
        deleting=running * 20,
        approved=[in_state(PlanState.APPROVED)] * 40,
        waiting=FirstPlans(
            [LinkedPlan(PLAN, LINK), LinkedPlan(PLAN, None)] * 5, MANY, PRICE.cost_of(10**15)
        ),
        blocked=FirstPlans([LinkedPlan(replace(PLAN, complete=False), LINK)] * 5, MANY, NO_COST),
        reports=MANY,
        version="0.1.0",
        prices=PRICES,
        now=NOW,
    )
    said = harmless(status_message(shown))
    assert said.count("… and 30 more") == 2
    assert "*Open plans:* 1,000,010 waiting for approval · 1,000,005 blocked" in said
    harmless(paused_message(running * 20))


@pytest.mark.parametrize("state", PlanState)
def test_why(state: PlanState) -> None:
    pins = [Pin("t" * 300, ANN, NASTY * 40)] * 40
    for judged in (_most_used(), ODD.judged[0]):
        explanation = Explanation(LONG, judged, ODD.judged)
        for new_pins in ((), pins):
            for item in (
                None,
                *(PlanItem("", (), outcome, ErrorText(NASTY * 40)) for outcome in ImageOutcome),
            ):
                shown = (in_state(state), NOW, explanation, new_pins, item, PAUSE, NOW)
                harmless(why_message(WhyView("t" * 300, *shown)))
    item = PlanItem(
        f"sha256:{'a' * 64}", ("t" * 300,) * 40, ImageOutcome.DELETED, ErrorText(NASTY * 40)
    )
    for last in (event(AuditEventName.ENDED), None):
        harmless(deleted_message(NASTY * 9, DeletedManifest(in_state(state), item), last))
    harmless(never_scanned_message(LONG))


def test_why_names_users_by_a_tag_that_has_moved() -> None:
    users = (PastTagUser("ECS shop/web", "v1", certain=True),)
    made = plan(image(1, "v2"), usage=RepositoryUsage(by_past_tag={image(1).digest: users}))
    explanation = Explanation(HERE, made.judged[0], made.judged)
    shown = (view(made).plan, NOW, explanation, (), None, None, NOW)
    said = harmless(why_message(WhyView("v2", *shown)))
    words = "ECS shop/web (by the tag v1, which this image had)"
    assert f"*Why:* is in use by {words}.\n*Used by:* {words}." in said


def test_why_names_the_last_use() -> None:
    made = plan(image(1, "v2"))
    last_use = LastUse(NOW - timedelta(days=3), ("ECS prod/batch",), 2)
    explanation = Explanation(HERE, made.judged[0], made.judged, last_use)
    shown = (view(made).plan, NOW, explanation, (), None, None, NOW)
    said = harmless(why_message(WhyView("v2", *shown)))
    assert "*Last seen in use:* 2026-11-20 12:00 UTC by ECS prod/batch and 2 more." in said


def _most_used() -> JudgedManifest:
    return max(ODD.judged, key=lambda each: len(each.used_by))


def test_choices() -> None:
    offered = [CommandSuggestion(NASTY * 9, f"pins {LONG.uri}{n}") for n in range(30)]
    content = checked(choices(NASTY * 90, offered))
    assert "<!channel" not in content.text + read(content.blocks[:1])
    assert len(action_ids(content.blocks)) == MOST_CHOICES
    longest = CommandSuggestion("a", "x" * MOST_IN_LINE)
    content = choices("What?", [longest, longest._replace(label="b", line=longest.line + "x")])
    assert harmless(content) == "What? Without a button: `b`. Type the command for these.\n[a]"


def test_a_refusal_links_to_the_channel() -> None:
    shown = refused(RefusedError(ApprovableOnlyInChannel("team/api", "C0000000001")))
    assert shown.text == "team/api can be approved only in <#C0000000001>"
