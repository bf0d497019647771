"""Runs on the stand-in of ECR: deletions, and how runs end."""

import hashlib
from collections import Counter
from itertools import count
from threading import Event, Semaphore

import pytest

from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.plan_problems import ScanFailed
from bot.core.records import ImageOutcome
from bot.core.result_reasons import (
    NewPlanProblems,
    NotReachedInRun,
    StoppedByPerson,
)
from bot.core.usage import ImageUse
from bot.core.verdict_reasons import NoRuleKeeps, NotAmongNewest, TagPatterns
from bot.parallel import CALLS_AT_ONCE
from bot.playground.aws import manifests
from bot.render.audit_events import item_words
from bot.usecases.deletion.batches import BATCHES_PER_ROUND, IMAGES_PER_BATCH
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.revalidation import MAX_TEXT_BYTES
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.inventory import BYTES_PER_CALL
from tests.usecases.aws_env import ANN, AwsEnv
from tests.usecases.deletion.support import (
    MANY,
    releases,
)

as_many_as_aws_takes = pytest.mark.parametrize(
    "at_once", [IMAGES_PER_BATCH], indirect=True, ids=["as many as AWS takes"]
)


def test_approved_images_are_deleted(aws_env: AwsEnv, family: dict[str, str]) -> None:
    plan = aws_env.execute()
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert aws_env.outcomes(plan).keys() == set(family.values())
    assert len(aws_env.there) == 2
    aws_env.check_results(plan)
    assert aws_env.events(plan) == ["proposed", "approved", "started", *["deleted"] * 3, "ended"]


def test_passes(aws_env: AwsEnv, family: dict[str, str]) -> None:
    """The index, its children, and then the referrer of one of these."""
    plan = aws_env.execute()
    sent = [
        [each["imageDigest"] for each in call.params["imageIds"]]
        for call in aws_env.aws.world.calls.named("ecr:BatchDeleteImage")
    ]
    children = sorted([family["1.0-amd64"], family["1.0-arm64"]])
    assert sent == [[family["1.0"]], children, [family["signature"]]]
    assert aws_env.progress[0] == (0, 4, 0)
    assert aws_env.progress[-1] == (4, 4, plan.freed_bytes)


@pytest.mark.usefixtures("family")
def test_the_freed_bytes_match_the_plan(aws_env: AwsEnv) -> None:
    proposed = aws_env.approved()
    plan = aws_env.execute(proposed)
    assert plan.freed_bytes == proposed.freed_bytes > 0


def test_manifests_are_stored_before_their_deletion(
    aws_env: AwsEnv, family: dict[str, str]
) -> None:
    text = aws_env.aws.world.manifest(aws_env.shelf.repository, family["1.0"]).text
    aws_env.execute()
    kept = aws_env.store.kept_manifest(aws_env.shelf.id.uri, family["1.0"])
    assert kept
    assert (kept.text, kept.tags) == (text, ("1.0",))
    assert f"sha256:{hashlib.sha256(kept.text.encode()).hexdigest()}" == family["1.0"]


def test_a_schema_1_manifest_is_deleted(aws_env: AwsEnv) -> None:
    """A signed manifest of Docker 1.9: its digest is not that of the text that ECR returns."""
    aws_env.shelf.images(2)
    old = manifests.signed(manifests.schema_1("team/api", "0.9", ["base"]), keys=("ann", "bob"))
    digest = aws_env.shelf.push(old, "0.9", age=400)
    assert digest != f"sha256:{hashlib.sha256(old.encode()).hexdigest()}"
    plan = aws_env.execute()
    assert aws_env.outcomes(plan) == {digest: ImageOutcome.DELETED}
    kept = aws_env.store.kept_manifest(aws_env.shelf.id.uri, digest)
    assert kept
    assert (kept.text, kept.media_type) == (old, manifests.DOCKER_SCHEMA_1)


def test_results_have_the_reasons_of_deletions(aws_env: AwsEnv, family: dict[str, str]) -> None:
    item = aws_env.items(aws_env.execute())[family["1.0"]]
    group = TagPatterns(("*",))
    assert item.reason == NoRuleKeeps((NotAmongNewest(rank=3, of=2, group=group),))


@as_many_as_aws_takes
def test_calls_are_as_many_as_batches(aws_env: AwsEnv, at_once: int) -> None:
    aws_env.shelf.images(4 * at_once + 50 + 2)
    plan = aws_env.approved()
    aws_env.aws.world.calls.reset()
    assert aws_env.execute(plan).state is PlanState.DONE
    assert aws_env.calls("BatchDeleteImage") == 5
    assert aws_env.calls("BatchGetImage") == 5 + 1
    assert aws_env.calls("DescribeImages") == 5 + 1
    assert aws_env.calls("ListImages") == 1


@as_many_as_aws_takes
def test_large_manifests_are_deleted_a_few_at_a_time(aws_env: AwsEnv) -> None:
    """Their texts stay in memory until the deletion."""
    size = 3 * BYTES_PER_CALL // 4
    images = aws_env.shelf.large_manifests(30, size)
    plan = aws_env.execute()
    assert aws_env.outcomes(plan) == dict.fromkeys(images[:-2], ImageOutcome.DELETED)
    deletions = aws_env.aws.world.calls.named("ecr:BatchDeleteImage")
    most = max(len(call.params["imageIds"]) for call in deletions)
    assert most <= (MAX_TEXT_BYTES + CALLS_AT_ONCE * BYTES_PER_CALL) / size
    kept = aws_env.store.kept_manifest(aws_env.shelf.id.uri, images[0])
    assert kept
    assert manifests.digest_of(kept.text) == images[0]


# early ends


def test_stop(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.after("record_results", 4, lambda: aws_env.stop(plan))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.STOPPED
    assert plan.stop_asked_by == ANN.name
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(aws_env.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(StoppedByPerson(ANN.name))
    assert aws_env.events(plan)[-1] == "stopped"
    aws_env.check_results(plan)


def test_a_stop_at_the_end_changes_nothing(aws_env: AwsEnv) -> None:
    """The record changes after the last read, so the end is stored again."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.after("record_results", 1, lambda: aws_env.stop(plan))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    aws_env.check_results(plan)


def test_the_end_is_stored_despite_a_stop(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    calls = count(1)

    def hook(called: str) -> None:
        if called == "before commit" and next(calls) == 2:
            aws_env.stop(plan)

    aws_env.hook = hook
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert plan.stop_asked_by == ANN.name


def test_an_unreadable_source_stops_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()

    def break_the_source() -> None:
        aws_env.unread = "the file is gone"
        aws_env.wait(minutes=11)

    aws_env.after("record_results", 4, break_the_source)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(aws_env.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(
        NewPlanProblems((ScanFailed("files", "a list", ErrorText("the file is gone")),))
    )
    aws_env.check_results(plan)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("team/api:", "cannot be read as an image reference"),
        ("ecr-proxy/team/api:1.0", "there is no repository for"),
    ],
)
def test_a_reference_that_may_mean_the_repository_stops_the_run(
    reference: str, why: str, aws_env: AwsEnv
) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    host = aws_env.shelf.id.uri.partition("/")[0]

    def name_it() -> None:
        aws_env.image_uses = (ImageUse(f"{host}/{reference}", "a pod"),)
        aws_env.wait(minutes=11)

    aws_env.after("record_results", 4, name_it)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.STOPPED
    assert Counter(aws_env.outcomes(plan).values())[ImageOutcome.DELETED] == 40
    last = list(aws_env.items(plan).values())[-1]
    assert why in item_words(last)
    assert reference in item_words(last)


def test_a_worker_that_shuts_down_releases_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.after("record_results", 4, lambda: setattr(aws_env, "is_shutting_down", True))
    with pytest.raises(ShutdownError):
        aws_env.execute(plan)
    assert aws_env.run(plan).leased_until <= aws_env.clock()
    assert aws_env.calls("BatchDeleteImage") == 4
    aws_env.is_shutting_down = False
    aws_env.hook = lambda _: None
    assert aws_env.take_over(plan).state is PlanState.DONE
    assert aws_env.calls("BatchDeleteImage") == 5
    assert "taken_over" in aws_env.events(plan)
    aws_env.check_results(plan)


# lost runs


@pytest.mark.parametrize(
    ("method", "call"), [("journal", 2), ("record_results", 3), ("renew_run", 1), ("plan", 4)]
)
def test_a_worker_that_lost_the_run_deletes_nothing_more(
    aws_env: AwsEnv, method: str, call: int
) -> None:
    """Another worker takes the run over right before a call of this one."""
    releases(aws_env, MANY)
    plan = aws_env.approved()
    calls = count(1)

    def hook(called: str) -> None:
        if called == f"before {method}" and next(calls) == call:
            aws_env.hook = lambda _: None
            aws_env.wait(minutes=2)
            assert aws_env.take_over(plan).state is PlanState.DONE

    aws_env.hook = hook
    with pytest.raises(LeaseLostError):
        aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)
    assert aws_env.events(plan).count("ended") == 1


def test_a_worker_that_loses_the_run_during_a_round_sends_no_more(aws_env: AwsEnv) -> None:
    """Another worker takes the run over after the first of four batches, and releases it."""
    releases(aws_env, MANY)
    plan = aws_env.approved()
    calls, started, is_released = count(1), Semaphore(0), Event()

    def hook(called: str) -> None:
        """The first batch that is answered waits until all have been sent, the others until the run
        is released."""
        if called == "before delete":
            started.release()
        elif called == "after delete" and next(calls) == 1:
            assert all(started.acquire(timeout=60) for _ in range(BATCHES_PER_ROUND))
            aws_env.wait(minutes=2)
            aws_env.is_shutting_down = True
            with pytest.raises(ShutdownError):
                aws_env.take_over(plan)
            aws_env.is_shutting_down = False
            is_released.set()
        elif called == "after delete":
            is_released.wait(60)

    aws_env.hook = hook
    with pytest.raises(LeaseLostError):
        aws_env.execute(plan)
    assert aws_env.as_stored(plan).state is PlanState.EXECUTING
    aws_env.hook = lambda _: None
    plan = aws_env.take_over(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_no_request_is_sent_if_the_lease_is_uncertain(aws_env: AwsEnv) -> None:
    """The process was frozen right before the request."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.after("renew_run", 2, lambda: aws_env.wait(seconds=61))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert aws_env.calls("BatchDeleteImage") == 1
    assert aws_env.slept == [1]
