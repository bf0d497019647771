"""Messages stay within Slack's limits for repositories of any size and for any names."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.manifest import OCI_INDEX, Manifest, ManifestContent
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState, make_plan
from bot.core.plan_problems import ScanFailureCause, UsageDrop
from bot.core.records import ImageOutcome, PlanItem
from bot.core.repository import RegistryId
from bot.core.savings import SavingsTerms
from bot.core.usage import SOURCES, PastTagUser, RepositoryUsage, SourceScan, UnscannedRegion
from bot.core.verdict_reasons import Verdict
from bot.render.plan_summary import PlanSummary
from bot.slack.action_ids import PlanRef, ReviewState
from bot.slack.messages.answers import refusal
from bot.slack.messages.approval_dialogs import typing_view
from bot.slack.messages.image_review import ImageReview, image_review
from bot.slack.messages.plan import plan_message
from bot.slack.messages.report_progress import failed_message, planning_message, requested_message
from bot.slack.mrkdwn import escape
from bot.slack.view_models import PlanView
from tests.core import strategies as some
from tests.core.strategies import World
from tests.core.test_properties import tries
from tests.render.builders import HERE, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    BY_ROLE,
    ELSEWHERE,
    HOME,
    action_ids,
    approvals,
    checked,
    checked_view,
    read,
    view,
)
from tests.support import NOW

NASTY = "<!channel> <@U0000000001> `*_~ &&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&& :smile: <https://a|b> "
LONG_NAME = "a" * 127 + "/" + "b" * 128
COUNTS = {
    ImageOutcome.PENDING: 1,
    ImageOutcome.DELETED: 2,
    ImageOutcome.SKIPPED: 3,
    ImageOutcome.FAILED: 4,
}


def crowd(number: int) -> Iterator[Manifest]:
    """`number` manifests: each four are an index with two children, and one image."""
    for start in range(0, number - number % 4, 4):
        children = (image(start, age=start / 40), image(start + 1, age=start / 40))
        index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
        pulled = 5 if start % 28 == 0 else None
        root = image(start + 2, f"v{start}", content=index, media_type=OCI_INDEX, pulled=pulled)
        yield from (*children, root, image(start + 3, f"x{start}", age=start / 40))
    yield from (image(number - rest - 1) for rest in range(number % 4))


def every_state(content: Plan, **facts: Any) -> Iterator[PlanView]:
    for state in PlanState:
        record = {
            "state": state,
            "approvals": approvals(ANN, *["arn:aws:iam::1:user/" + "x" * 64] * 3),
            "execute_after": NOW + timedelta(minutes=5),
        }
        for here in (HOME, ELSEWHERE):
            yield view(content, record, channel=here, counts=COUNTS, required_approvals=9, **facts)


@pytest.mark.parametrize("number", [0, 1, 100, pytest.param(20_000, marks=pytest.mark.slow)])
def test_repositories_of_any_size(number: int) -> None:
    usage = RepositoryUsage({}, {"v0": ("pod",)}, (SourceScan("ecs", "a", 1),), ())
    made = plan(*crowd(number), newest=10, usage=usage)
    assert len(made.judged) == number
    for shown in every_state(made):
        checked(plan_message(shown))
    for page in (0, 1, number // 40, number // 20):
        for search in ("", "v1"):
            check_review(made, page, search)


PLACES = tuple(RegistryId("123456789012", f"eu-west-{number}") for number in range(40))


def odd_plan() -> Plan:
    """A plan with the longest and strangest names and many images."""
    longest = [f"_.-{'x' * 290}{number}" for number in range(40)]
    images = [image(n, tag, f"{tag}_", pulled=1, size=10**15) for n, tag in enumerate(longest)]
    kept = [image(100 + n, f"kept{n}") for n in range(40)]
    users = tuple(f"{NASTY * 5}{number}" for number in range(30))
    past_tag_users = (PastTagUser(NASTY, "t" * 128, certain=True),)
    usage = RepositoryUsage(
        by_tag={f"kept{n}": users for n in range(20)},
        by_past_tag={each.digest: past_tag_users for each in kept[:20]},
        scans=tuple(SourceScan(source, NASTY, 1) for source in SOURCES) * 9,
        not_checked=SOURCES,
        unscanned_regions=tuple(UnscannedRegion(place, SOURCES) for place in PLACES),
    )
    pins = [Pin(f"kept{n}", ANN, NASTY * 30) for n in range(20, 40)]
    made = plan(*images, *kept, usage=usage, pins=tuple(pins))
    repository = replace(HERE, name=LONG_NAME)
    return replace(made, repository=repository, deleted_also_in=PLACES)


ODD = odd_plan()


def test_odd_names_in_every_state() -> None:
    listed = [
        PlanItem(f"sha256:{n:064}", (f"{'t' * 300}{n}",), outcome, ErrorText(f"{n} {NASTY * 20}"))
        for n in range(10)
        for outcome in (ImageOutcome.FAILED, ImageOutcome.SKIPPED)
    ]
    for shown in every_state(ODD, listed_items=listed, why_not_started=NASTY * 30):
        content = checked(plan_message(shown))
        _harmless(read(content.blocks) + content.text)


def test_odd_problems() -> None:
    causes = [ErrorText(f"{number} {NASTY * 20}") for number in range(30)]
    doubts = [UsageDrop(number, 99, NOW) for number in range(1, 31)]
    failures: list[ScanFailureCause] = [*doubts, *causes]
    scans = tuple(SourceScan(NASTY, NASTY * 9, 0, failure) for failure in failures)
    made = plan(image(1), usage=RepositoryUsage(scans=scans))
    content = checked(plan_message(view(replace(made, repository=ODD.repository))))
    _harmless(read(content.blocks) + content.text)
    assert len(action_ids(content.blocks)) == 5 + 3


def test_odd_names_in_modals() -> None:
    for page in range(4):
        check_review(ODD, page)
    check_review(ODD, 0, NASTY, NASTY * 9)
    typing = checked_view(typing_view(view(ODD)))
    assert f"`{LONG_NAME}`" in read(typing["blocks"])


def test_the_full_name_of_a_repository_is_shown() -> None:
    assert f"~ `{LONG_NAME}` · eu-west-1" in read(plan_message(view(ODD)).blocks)


@pytest.mark.parametrize("text", ["team/api", LONG_NAME, NASTY * 50, "x" * 5000, ":a" * 2000])
def test_short_messages(text: str) -> None:
    for content in (
        requested_message(text, ANN),
        planning_message(text, text, 3, 10),
        planning_message(text, text, 0, 0),
        failed_message(text),
        refusal(text),
    ):
        _harmless(read(checked(content).blocks) + content.text)


def test_progress_before_there_is_a_plan() -> None:
    assert read(requested_message("team/*", ANN).blocks) == (
        f"~ :hourglass_flowing_sand: Scanning `team/*` for <@{ANN}> …"
    )
    assert read(planning_message("team/api", "reading manifests", 300, 1200).blocks) == (
        "~ :hourglass_flowing_sand: `team/api`: reading manifests: 300 of 1,200  "
        "█████░░░░░░░░░░░░░░░"
    )
    assert planning_message("team/api", "reading", 0, 0).text == "team/api: reading …"


@given(
    world=some.worlds,
    state=st.sampled_from(PlanState),
    page=st.integers(-1, 3),
    report_only=st.booleans(),
)
@tries(75)
def test_any_plan(world: World, state: PlanState, page: int, report_only: bool) -> None:  # noqa: FBT001
    inputs = replace(world.inputs, usage=replace(world.inputs.usage, scans=(), not_checked=()))
    made = make_plan(HERE, world.manifests, inputs, SavingsTerms(0.1, layers_stay_within=False))
    record = {"state": state, "approvals": approvals(ANN), "execute_after": NOW}
    shown = view(made, record, counts=COUNTS, report_only=report_only)
    checked(plan_message(shown))
    check_review(made, page)


def check_review(made: Plan, page: int, search: str = "", notice: str = "") -> None:
    """Both views."""
    summary = PlanSummary(made)
    pins = [Pin("v0", ANN, NASTY * 9), Pin("kept*", BY_ROLE, "x" * 3000, NOW + timedelta(days=1))]
    for verdict in Verdict:
        state = ReviewState(PlanRef("p7k2", 1, HOME), verdict, page, search)
        shown = ImageReview(
            state,
            view(made).plan,
            summary,
            summary,
            pins,
            may_pin=True,
            now=NOW,
            notice=escape(notice),
        )
        _harmless(read(checked_view(image_review(shown, {}))["blocks"]))


def _harmless(text: str) -> None:
    assert not any(sign in text for sign in ("<!channel", "<!here", "<https:"))
