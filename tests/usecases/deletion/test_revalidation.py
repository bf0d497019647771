"""Images that changed after the approval are skipped."""

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
from bot.core.rules.selection import TagFilter
from bot.core.rules.used_within import UsedWithinRule
from bot.core.verdict_reasons import InheritedVerdict, InUse, UsedRecently
from bot.render.audit_events import item_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.planning import Planner
from tests.support import NOW
from tests.usecases.aws_env import AwsEnv
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
    used_after_the_scan,
    victim_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable

# changes


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
def test_images_changed_before_the_start_are_skipped(aws_env: AwsEnv, change: Change) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    change(aws_env, victim)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    assert CHANGES[change] in aws_env.reason(plan, victim)
    assert list(aws_env.outcomes(plan).values()).count(ImageOutcome.DELETED) == 2
    aws_env.check_results(plan)


LATER: dict[Change, str] = {
    **{change: why for change, why in CHANGES.items() if change is not used},
    used_after_the_scan: CHANGES[used],
    pinned: "is pinned by",
}


@pytest.mark.parametrize("change", LATER, ids=lambda each: each.__name__)
def test_images_changed_between_two_rounds_are_skipped(aws_env: AwsEnv, change: Change) -> None:
    """The change comes after the first round. The image would be deleted in the second."""
    releases(aws_env, MANY)
    plan = aws_env.approved()
    last = list(aws_env.outcomes(plan))[-1]
    tag = aws_env.aws.world.manifest(aws_env.shelf.repository, last).tags.copy().pop()
    aws_env.after("record_results", 4, lambda: change(aws_env, last))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    item = aws_env.items(plan)[last]
    assert item.outcome is ImageOutcome.SKIPPED
    assert LATER[change].replace("1.0", tag) in item_words(item)
    assert list(aws_env.outcomes(plan).values()).count(ImageOutcome.DELETED) == MANY - 1
    aws_env.check_results(plan)


USED_WITHIN = UsedWithinRule(timedelta(days=30), TagFilter())


def test_images_seen_in_use_after_the_approval_are_skipped(aws_env: AwsEnv) -> None:
    """Another scan saw them, and they are in use no longer."""
    aws_env.keep = (USED_WITHIN,)
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.remember_use(victim)
    seen_at = aws_env.clock()
    plan = aws_env.execute(plan)
    reason = KeptByRulesNow(UsedRecently(USED_WITHIN.duration, seen_at, ("a job",), 0))
    assert aws_env.items(plan)[victim].reason == reason
    assert list(aws_env.outcomes(plan).values()).count(ImageOutcome.DELETED) == 2


def test_a_use_of_a_deleted_index_keeps_its_children(
    aws_env: AwsEnv, family: dict[str, str]
) -> None:
    aws_env.keep = (USED_WITHIN,)
    plan = aws_env.approved()

    def see() -> None:
        aws_env.remember_use(family["1.0"])
        aws_env.wait(minutes=11)

    aws_env.after("record_results", 1, see)
    plan = aws_env.execute(plan)
    outcomes = aws_env.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is ImageOutcome.DELETED
    assert set(outcomes.values()) == {ImageOutcome.SKIPPED}


def test_a_scan_is_used_for_ten_minutes(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    last = list(aws_env.outcomes(plan))[-1]

    def use() -> None:
        used(aws_env, last)
        aws_env.wait(minutes=10)

    aws_env.after("record_results", 4, use)
    scans = aws_env.scans
    plan = aws_env.execute(plan)
    assert aws_env.scans == scans + 1
    assert aws_env.outcomes(plan)[last] is ImageOutcome.DELETED


def test_an_image_group_is_skipped_together(aws_env: AwsEnv, family: dict[str, str]) -> None:
    plan = aws_env.approved()
    aws_env.in_use[family["1.0-arm64"]] = ("a pod",)
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    reasons = {digest: item.reason for digest, item in aws_env.items(plan).items()}
    assert reasons[family["1.0-arm64"]] == KeptByRulesNow(InUse(("a pod",)))
    of_signature = reasons[family["signature"]]
    assert isinstance(of_signature, KeptByRulesNow)
    assert isinstance(of_signature.reason, InheritedVerdict)
    assert of_signature.reason.parent.digest != family["1.0-arm64"]
    assert plan.freed_bytes == 0


def test_a_late_pull_skips_the_whole_image_group(aws_env: AwsEnv, family: dict[str, str]) -> None:
    """Only the last check before the deletion can show the pull."""
    plan = aws_env.approved()
    aws_env.wait(minutes=1)
    aws_env.after("commit", 1, lambda: aws_env.shelf.pull(family["1.0-amd64"], aws_env.clock()))
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    reasons = {digest: item.reason for digest, item in aws_env.items(plan).items()}
    pulled_at = NOW + timedelta(minutes=6)
    assert reasons[family["1.0-amd64"]] == PulledAfterPlanning(pulled_at)
    stays_with = ManifestName(family["1.0-amd64"], tag=None)
    assert reasons[family["1.0"]] == SkippedWithRelated(stays_with, PulledAfterPlanning(pulled_at))
    aws_env.check_results(plan)


def test_the_rest_of_a_partly_deleted_image_group_is_skipped(
    aws_env: AwsEnv, family: dict[str, str]
) -> None:
    """The index is deleted already when a user pins one of its children."""
    plan = aws_env.approved()
    aws_env.after("record_results", 1, lambda: aws_env.pin(family["1.0-amd64"]))
    plan = aws_env.execute(plan)
    outcomes = aws_env.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is ImageOutcome.DELETED
    assert set(outcomes.values()) == {ImageOutcome.SKIPPED}
    aws_env.check_results(plan)


def test_a_referrer_deleted_with_its_subject_skips_nothing(
    aws_env: AwsEnv, family: dict[str, str]
) -> None:
    plan = aws_env.approved()
    signature = family["signature"]
    aws_env.after(
        "record_results", 2, lambda: aws_env.aws.world.remove(aws_env.shelf.repository, signature)
    )
    plan = aws_env.execute(plan)
    assert aws_env.items(plan)[signature].reason == AlreadyDeleted()
    assert list(aws_env.outcomes(plan).values()).count(ImageOutcome.DELETED) == 3


def test_an_unreadable_manifest_is_skipped(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.fault("BatchGetImage", answer={"images": [], "failures": []})
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.SKIPPED}
    assert aws_env.items(plan)[victim].reason == ManifestTextUnreadable()


def test_no_deletions_are_added(aws_env: AwsEnv) -> None:
    """Newer builds replace images that the approved plan keeps."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    for number in range(5):
        aws_env.shelf.image(f"2.{number}", age=1.5)
    before = aws_env.there
    plan = aws_env.execute(plan)
    assert before - aws_env.there == set(aws_env.outcomes(plan))
    assert len(aws_env.outcomes(plan)) == 3


# descriptions are used for a minute


@pytest.mark.parametrize("what", ["pin", "stop", "tag", "pull", "use"])
def test_changes_while_the_process_is_frozen_are_seen(aws_env: AwsEnv, what: str) -> None:
    """The process is frozen for hours, and no other worker takes the run over."""
    releases(aws_env, 2)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    deeds: dict[str, Callable[[], object]] = {
        "pin": lambda: aws_env.pin("1.0"),
        "stop": lambda: aws_env.stop(plan),
        "tag": lambda: retagged(aws_env, victim),
        "pull": lambda: pulled(aws_env, victim),
        "use": lambda: used(aws_env, victim),
    }

    def freeze() -> None:
        aws_env.wait(hours=8)
        deeds[what]()

    aws_env.after("renew_run", 2, freeze)
    plan = aws_env.execute(plan)
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    aws_env.check_results(plan)


def test_a_stop_is_read_after_a_long_scan(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    scan, stop = aws_env.scan, False

    def slow_scan() -> Planner:
        if stop:
            aws_env.stop(plan)
        return scan()

    def later() -> None:
        nonlocal stop
        stop = True
        aws_env.wait(minutes=11)

    aws_env.scan = slow_scan  # type: ignore[method-assign]
    aws_env.after("record_results", 4, later)
    assert aws_env.execute(plan).state is PlanState.STOPPED
    assert aws_env.calls("BatchDeleteImage") == 4


def test_pins_are_read_again_before_a_call(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.aws.world.calls.reset()
    aws_env.after("texts", 1, lambda: aws_env.pin("1.0"))
    plan = aws_env.execute(plan)
    assert "is pinned by" in aws_env.reason(plan, victim)
    assert aws_env.calls("BatchGetImage") == 1


def test_an_image_pushed_again_is_skipped(aws_env: AwsEnv) -> None:
    """A user deleted the image, and needed it again."""
    releases(aws_env, MANY)
    plan = aws_env.approved()
    last = list(aws_env.outcomes(plan))[-1]
    known = aws_env.aws.world.manifest(aws_env.shelf.repository, last)
    text, tags = known.text, sorted(known.tags)

    def push_again() -> None:
        gone(aws_env, last)
        aws_env.aws.world.push(aws_env.shelf.repository, text, tags=tags)

    aws_env.after("record_results", 4, push_again)
    plan = aws_env.execute(plan)
    assert aws_env.items(plan)[last].reason == PushedAgain(NOW + timedelta(minutes=5))
    aws_env.check_results(plan)


def test_a_large_repository_is_listed_once_a_minute(
    aws_env: AwsEnv, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list has more pages than batches were sent."""
    monkeypatch.setattr("bot.usecases.deletion.revalidation.DIGESTS_PER_PAGE", 1)
    releases(aws_env, MANY)
    plan = aws_env.approved()
    last = list(aws_env.outcomes(plan))[-1]

    def later() -> None:
        signed(aws_env, last)
        aws_env.wait(seconds=61)

    aws_env.after("record_results", 4, later)
    plan = aws_env.execute(plan)
    assert aws_env.items(plan)[last].outcome is ImageOutcome.SKIPPED


# reads of the bot


def test_reads_of_another_replica_are_not_pulls(aws_env: AwsEnv, tmp_path: Path) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()

    def plan_elsewhere() -> None:
        aws_env.wait(minutes=6)
        with SqliteManifestCache(tmp_path / "elsewhere.db") as cold:
            memory = SharedManifestCache(aws_env.store, cold)
            replace(aws_env.scan(), cache=memory).plan(aws_env.found)

    aws_env.after("record_results", 4, plan_elsewhere)
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}


def test_reads_without_a_database_are_not_pulls_elsewhere(aws_env: AwsEnv, tmp_path: Path) -> None:
    """Planned and proposed on a laptop, and run on a server."""
    releases(aws_env, 3)
    replace(aws_env.scan(), cache=aws_env.cache, store=None).plan(aws_env.found)
    aws_env.wait(hours=1)
    plan = aws_env.approved()
    with SqliteManifestCache(tmp_path / "server.db") as server:
        aws_env.cache = server
        plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}


@pytest.mark.parametrize("fault", [{"error": "ServerException"}, {"cut": "after"}])
def test_texts_are_read_again_after_a_failure(aws_env: AwsEnv, fault: dict[str, str]) -> None:
    """The pull time of the interrupted call does not count as a pull."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchGetImage", **fault)
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert aws_env.slept


def test_reads_that_are_not_pulls_are_not_stored(aws_env: AwsEnv) -> None:
    """A pull right after such a read counts."""
    aws_env.aws.world.exclude_pull_times("arn:aws:iam::123456789012:user/demo")
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.execute(plan)
    assert aws_env.store.bot_reads(aws_env.shelf.id) == {}
