"""What has changed since people approved a plan is skipped."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.bootstrap.storage import SharedManifestCache
from bot.core.manifest import ManifestName
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.core.result_reasons import (
    AlreadyDeleted,
    KeptByRulesNow,
    ManifestTextUnreadable,
    PulledAfterPlanning,
    PushedAgain,
    SkippedWithRelated,
)
from bot.core.verdict_reasons import InheritedVerdict, InUse
from bot.render.audit_events import item_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.planning import Planner
from tests.support import NOW
from tests.usecases.deletion.support import (
    MANY,
    Change,
    archived,
    gone,
    listed,
    pinned,
    pulled,
    releases,
    retagged,
    signed,
    signed_by_tag,
    used,
    used_while_a_scan_held,
    victim_of,
)
from tests.usecases.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable

# what changes


CHANGES: dict[Change, str] = {
    used: "the rules keep it now: is in use by ECS prod/api",
    retagged: "its tags changed after the plan was made: 1.0 before, 1.0, prod now",
    pulled: "was pulled",
    listed: "multi",
    signed: "which refers to it, was added",
    signed_by_tag: "which refers to it, was added",
    gone: "is no longer in ECR",
    archived: "archived",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_changed_before_the_start_is_skipped(site: Site, change: Change) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    change(site, victim)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    assert CHANGES[change] in site.reason(plan, victim)
    assert list(site.outcomes(plan).values()).count(ImageOutcome.DELETED) == 2
    site.check_receipt(plan)


LATER: dict[Change, str] = {
    **{change: why for change, why in CHANGES.items() if change is not used},
    used_while_a_scan_held: CHANGES[used],
    pinned: "is pinned by",
}


@pytest.mark.parametrize("change", LATER, ids=lambda each: each.__name__)
def test_what_changed_between_two_batches_is_skipped(site: Site, change: Change) -> None:
    """After the first round of batches; the victim would go in the second."""
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]
    tag = site.aws.world.manifest(site.shelf.repository, last).tags.copy().pop()
    site.after("record_results", 4, lambda: change(site, last))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    item = site.items(plan)[last]
    assert item.outcome is ImageOutcome.SKIPPED
    assert LATER[change].replace("1.0", tag) in item_words(item)
    assert list(site.outcomes(plan).values()).count(ImageOutcome.DELETED) == MANY - 1
    site.check_receipt(plan)


def test_a_scan_of_usage_holds_for_ten_minutes(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]

    def use() -> None:
        used(site, last)
        site.wait(minutes=10)

    site.after("record_results", 4, use)
    scans = site.scans
    plan = site.carry_out(plan)
    assert site.scans == scans + 1
    assert site.outcomes(plan)[last] is ImageOutcome.DELETED


def test_a_family_is_skipped_together(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.in_use[family["1.0-arm64"]] = ("a pod",)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    reasons = {digest: item.reason for digest, item in site.items(plan).items()}
    assert reasons[family["1.0-arm64"]] == KeptByRulesNow(InUse(("a pod",)))
    of_signature = reasons[family["signature"]]
    assert isinstance(of_signature, KeptByRulesNow)
    assert isinstance(of_signature.reason, InheritedVerdict)
    assert of_signature.reason.parent.digest != family["1.0-arm64"]
    assert plan.freed_bytes == 0


def test_a_family_is_skipped_together_by_what_is_seen_last(
    site: Site, family: dict[str, str]
) -> None:
    """A pull that only the last look before the deletion can show."""
    plan = site.approved()
    site.wait(minutes=1)
    site.after("commit", 1, lambda: site.shelf.pull(family["1.0-amd64"], site.clock()))
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    reasons = {digest: item.reason for digest, item in site.items(plan).items()}
    pulled_at = NOW + timedelta(minutes=6)
    assert reasons[family["1.0-amd64"]] == PulledAfterPlanning(pulled_at)
    stays_with = ManifestName(family["1.0-amd64"], tag=None)
    assert reasons[family["1.0"]] == SkippedWithRelated(stays_with, PulledAfterPlanning(pulled_at))
    site.check_receipt(plan)


def test_of_a_family_that_has_begun_to_go_the_rest_is_skipped(
    site: Site, family: dict[str, str]
) -> None:
    """The index is gone already when somebody pins one of its children."""
    plan = site.approved()
    site.after("record_results", 1, lambda: site.pin(family["1.0-amd64"]))
    plan = site.carry_out(plan)
    outcomes = site.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is ImageOutcome.DELETED
    assert set(outcomes.values()) == {ImageOutcome.SKIPPED}
    site.check_receipt(plan)


def test_a_referrer_that_went_with_its_subject_skips_nothing(
    site: Site, family: dict[str, str]
) -> None:
    plan = site.approved()
    signature = family["signature"]
    site.after("record_results", 2, lambda: site.aws.world.remove(site.shelf.repository, signature))
    plan = site.carry_out(plan)
    assert site.items(plan)[signature].reason == AlreadyDeleted()
    assert list(site.outcomes(plan).values()).count(ImageOutcome.DELETED) == 3


def test_what_cannot_be_read_once_more_is_skipped(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchGetImage", answer={"images": [], "failures": []})
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    assert site.items(plan)[victim].reason == ManifestTextUnreadable()


def test_nothing_is_added(site: Site) -> None:
    """Newer builds push out what was kept when people approved."""
    releases(site, 3)
    plan = site.approved()
    for number in range(5):
        site.shelf.image(f"2.{number}", age=1.5)
    before = site.there
    plan = site.carry_out(plan)
    assert before - site.there == set(site.outcomes(plan))
    assert len(site.outcomes(plan)) == 3


# a look is believed for a minute


@pytest.mark.parametrize("what", ["pin", "stop", "tag", "pull", "use"])
def test_what_changed_while_it_was_frozen_right_before_a_call_is_seen(
    site: Site, what: str
) -> None:
    """For hours, and nobody took the run over."""
    releases(site, 2)
    plan = site.approved()
    victim = victim_of(site, plan)
    deeds: dict[str, Callable[[], object]] = {
        "pin": lambda: site.pin("1.0"),
        "stop": lambda: site.stop(plan),
        "tag": lambda: retagged(site, victim),
        "pull": lambda: pulled(site, victim),
        "use": lambda: used(site, victim),
    }

    def freeze() -> None:
        site.wait(hours=8)
        deeds[what]()

    site.after("renew_run", 2, freeze)
    plan = site.carry_out(plan)
    assert site.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    site.check_receipt(plan)


def test_stop_is_read_after_a_long_look(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    scan, stop = site.scan, False

    def slow_scan() -> Planner:
        if stop:
            site.stop(plan)
        return scan()

    def later() -> None:
        nonlocal stop
        stop = True
        site.wait(minutes=11)

    site.scan = slow_scan  # type: ignore[method-assign]
    site.after("record_results", 4, later)
    assert site.carry_out(plan).state is PlanState.STOPPED
    assert site.calls("BatchDeleteImage") == 4


def test_pins_are_read_once_more_before_a_call(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.aws.world.calls.reset()
    site.after("texts", 1, lambda: site.pin("1.0"))
    plan = site.carry_out(plan)
    assert "is pinned by" in site.reason(plan, victim)
    assert site.calls("BatchGetImage") == 1


def test_what_was_pushed_again_is_skipped(site: Site) -> None:
    """Somebody deleted it, and needed it."""
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]
    known = site.aws.world.manifest(site.shelf.repository, last)
    text, tags = known.text, sorted(known.tags)

    def push_again() -> None:
        gone(site, last)
        site.aws.world.push(site.shelf.repository, text, tags=tags)

    site.after("record_results", 4, push_again)
    plan = site.carry_out(plan)
    assert site.items(plan)[last].reason == PushedAgain(NOW + timedelta(minutes=5))
    site.check_receipt(plan)


def test_in_a_large_repository_newcomers_are_looked_for_once_a_minute(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has more pages than batches were sent."""
    monkeypatch.setattr("bot.usecases.deletion.revalidation.DIGESTS_PER_PAGE", 1)
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]

    def later() -> None:
        signed(site, last)
        site.wait(seconds=61)

    site.after("record_results", 4, later)
    plan = site.carry_out(plan)
    assert site.items(plan)[last].outcome is ImageOutcome.SKIPPED


# whose reads are whose


def test_another_replica_that_reads_meanwhile_is_not_taken_for_somebody(
    site: Site, tmp_path: Path
) -> None:
    releases(site, MANY)
    plan = site.approved()

    def plan_elsewhere() -> None:
        site.wait(minutes=6)
        with SqliteManifestCache(tmp_path / "elsewhere.db") as cold:
            memory = SharedManifestCache(site.store, cold)
            replace(site.scan(), cache=memory).plan(site.found)

    site.after("record_results", 4, plan_elsewhere)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}


def test_what_was_read_without_a_database_is_no_pull_elsewhere(site: Site, tmp_path: Path) -> None:
    """Planned on a laptop, proposed from there, and carried out on a server."""
    releases(site, 3)
    replace(site.scan(), cache=site.cache, store=None).plan(site.found)
    site.wait(hours=1)
    plan = site.approved()
    with SqliteManifestCache(tmp_path / "server.db") as server:
        site.cache = server
        plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}


@pytest.mark.parametrize("fault", [{"error": "ServerException"}, {"cut": "after"}])
def test_texts_that_cannot_be_read_for_a_moment_are_read_again(
    site: Site, fault: dict[str, str]
) -> None:
    """And what ECR recorded of the call that was cut off is not taken for somebody's pull."""
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchGetImage", **fault)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert site.slept


def test_reads_that_leave_no_trace_are_not_remembered(site: Site) -> None:
    """So that a pull right after them is seen."""
    site.aws.world.exclude_pull_times("arn:aws:iam::123456789012:user/demo")
    releases(site, 3)
    plan = site.approved()
    site.carry_out(plan)
    assert site.store.bot_reads(site.shelf.id) == {}
