"""Pins in Slack with `ecr-clean serve` in its own processes: pinned images are skipped, authors are
warned before pins expire, and the Home tab is updated."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import RepositoryPin, StoreChange
from bot.playground.aws import manifests
from bot.playground.slack import SimulatedUser, Workspace
from bot.slack.action_ids import PlanRef
from bot.slack.messages.pins import EXTENSION
from bot.store.store import Store
from tests.cli.plan_execution import as_stored, late_by, until
from tests.journeys.test_slack import (
    AN_HOUR,
    DELETED_TAGS,
    KEPT_TAGS,
    REPORTED,
    clicks,
    kill,
    only_plan,
    request_report,
    serving_slack,
    tags,
    until_shown,
)
from tests.slack.running_bot import Json, public_messages
from tests.slack.support import buttons, message_at
from tests.store.support import event
from tests.support import Shelf

pytestmark = pytest.mark.usefixtures("without_typing")

STOPPABLE = ["stop_plan", "pin_tags", "show_images"]
INDEX_TAG = "0.9"


@pytest.fixture
def image_group(releases: Shelf) -> set[str]:
    """The digests of an index to delete, its children and its referrer."""
    there = releases.repository.manifests
    before = {*there}
    index = releases.index(INDEX_TAG, "amd64", "arm64", age=80)
    releases.push(manifests.referrer(there[index].text), age=80)
    return {*there} - before


def opens_pins(person: SimulatedUser, report: Json, channel: str) -> None:
    assert clicks(person, "pin_tags", report, channel).ok
    until(lambda: (person.modal() or {}).get("submit"))


def finds(person: SimulatedUser, tag: str) -> str:
    """The value of the option for the tag."""
    outcome = person.looks_for(tag, "pinned_tags")
    assert outcome.ok, outcome
    (found,) = (each for each in outcome.options if each["text"]["text"] == tag)
    return str(found["value"])


def pins(person: SimulatedUser, choice: str) -> None:
    assert person.submits(pinned_tags=[choice], pin_reason="a customer runs it").ok


def until_pinned(store: Store, plan: str, version: int) -> None:
    until(lambda: as_stored(store, plan).version == version)
    assert as_stored(store, plan).state is PlanState.PROPOSED


def shown(person: SimulatedUser, report: Json, channel: str) -> str:
    return json.dumps(message_at(person, channel, report["ts"])["blocks"])


def thread_mentions(person: SimulatedUser, report: Json, channel: str) -> list[str]:
    """The replies that mention this user."""
    replies = message_at(person, channel, report["ts"])["replies"]
    return [each["text"] for each in replies if f"<@{person.id}>" in each["text"]]


# pin


def test_a_pin_keeps_the_whole_image_group(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
    image_group: set[str],
) -> None:
    """Ann pins a tag of the plan that Bob approved. Bob approves the new version."""
    with serving_slack(slack):
        report = request_report(bob, ops)
        plan = only_plan(own_store).id
        assert clicks(bob, "approve_plan", report, ops).ok
        until_shown(bob, ops, report, *STOPPABLE)

        opens_pins(ann, report, ops)
        pins(ann, finds(ann, INDEX_TAG))
        until_pinned(own_store, plan, 2)
        until_shown(bob, ops, report, *REPORTED)
        until(lambda: thread_mentions(bob, report, ops))
        assert f"<@{ann.id}>" in shown(bob, report, ops)
        assert as_stored(own_store, plan).current_approvals == ()

        assert clicks(bob, "approve_plan", report, ops).ok
        until_shown(bob, ops, report, *STOPPABLE)
        late_by(own_store, plan, AN_HOUR)
        until(lambda: as_stored(own_store, plan).state is PlanState.DONE)
        until_shown(ann, ops, report, "result_details")
    assert len(thread_mentions(bob, report, ops)) == 1
    assert len(public_messages(ann, ops)) == 1
    assert tags(releases) == KEPT_TAGS | {INDEX_TAG}
    assert image_group <= {*releases.repository.manifests}
    assert len(releases.repository.manifests) == len(KEPT_TAGS) + len(image_group)


@pytest.mark.slow
def test_the_bot_is_killed_between_modal_and_submission(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
) -> None:
    """A new process handles Ann's open modal, and updates her Home tab when Bob dismisses the
    plan."""
    with serving_slack(slack) as bot:
        report = request_report(ann, ops)
        plan = only_plan(own_store).id
        link = f"p{report['ts'].replace('.', '')}"
        assert ann.opens_home().ok
        until(lambda: link in json.dumps(ann.home()))
        opens_pins(ann, report, ops)
        choice = finds(ann, "1.0")
        kill(bot)
    with serving_slack(slack):
        pins(ann, choice)
        until_pinned(own_store, plan, 2)
        until(lambda: str(PlanRef(plan, 2)) in shown(bob, report, ops))
        assert clicks(bob, "dismiss_plan", report, ops).ok
        until_shown(ann, ops, report)
        until(lambda: link not in json.dumps(ann.home()))
    (made,) = own_store.pins(releases.id.uri)
    assert (made.pin.pin, made.pin.by) == ("1.0", ann.id)
    assert tags(releases) == DELETED_TAGS | KEPT_TAGS


@pytest.mark.slow
def test_two_users_pin_at_the_same_time(
    slack: Workspace,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    shared_store: Store,
    releases: Shelf,
) -> None:
    """Two replicas handle the submissions; both pins count."""
    wanted = {ann: "1.0", bob: "1.1"}
    with serving_slack(slack), serving_slack(slack, 2):
        report = request_report(ann, ops)
        plan = only_plan(shared_store).id
        for person in wanted:
            opens_pins(person, report, ops)
        choices = [finds(person, tag) for person, tag in wanted.items()]
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(pins, wanted, choices))
        until_pinned(shared_store, plan, 3)
        until(lambda: str(PlanRef(plan, 3)) in shown(bob, report, ops))
        for each in wanted:
            until(partial(thread_mentions, each, report, ops))
        assert clicks(bob, "approve_plan", report, ops).ok
        until_shown(ann, ops, report, *STOPPABLE)
        late_by(shared_store, plan, AN_HOUR)
        until(lambda: as_stored(shared_store, plan).state is PlanState.DONE)
    submitted = slack.remote.deliveries("view_submission")
    assert len({each["connection"] for each in submitted}) == 2
    assert {(made.pin.by, made.pin.pin) for made in shared_store.pins(releases.id.uri)} == {
        (person.id, tag) for person, tag in wanted.items()
    }
    assert tags(releases) == KEPT_TAGS | {"1.0", "1.1"}


# expiry


@pytest.mark.slow
def test_the_author_extends_a_pin(
    slack: Workspace, ann: SimulatedUser, own_store: Store, releases: Shelf, ops: str
) -> None:
    """Slack's rate limit delays the removal of the button; a second click does not extend the pin
    again."""
    del ops
    now = datetime.now(UTC)
    ends = now + timedelta(hours=20)
    made = RepositoryPin(
        releases.id.uri, Pin("1.0", ann.id, "a customer runs it", ends), now - timedelta(days=9)
    )
    assert own_store.commit(StoreChange([event()], pins_added=[made]))
    at_home = ann.opens_im()
    with serving_slack(slack):
        until(lambda: ann.messages(at_home))
        (warning,) = ann.messages(at_home)
        assert buttons(warning) == ["keep_pin"]
        slack.remote.add_fault("chat.update", error="ratelimited", retry_after=60)
        assert clicks(ann, "keep_pin", warning, at_home).ok
        until(lambda: own_store.pins() != [made])
        assert clicks(ann, "keep_pin", warning, at_home).ok
        until(lambda: buttons(message_at(ann, at_home, warning["ts"])) == [])
    (kept,) = own_store.pins(releases.id.uri)
    assert kept.pin == Pin("1.0", ann.id, "a customer runs it", ends + EXTENSION)
    assert not any(buttons(each) for each in ann.messages(at_home))
