"""Failed deletions, and calls without an answer."""

from collections import Counter

import pytest

from bot.core.errors import ServiceError
from bot.core.manifest import ManifestName
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.core.result_reasons import (
    AlreadyDeleted,
    NotReachedInRun,
    PartOfSkipped,
    RefusedByEcr,
    TooManyFailedDeletions,
)
from bot.render.audit_events import item_words
from bot.render.reasons import reason_words
from tests.usecases.aws_env import AwsEnv
from tests.usecases.deletion.support import (
    MANY,
    gone,
    releases,
    victim_of,
)

# failures


def test_a_refused_deletion_has_failed(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.aws.world.fail_deletion(aws_env.shelf.repository, victim)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.FAILED
    reason = RefusedByEcr("KmsError", "Injected by the stand-in")
    assert aws_env.items(plan)[victim].reason == reason
    assert aws_env.detail("failed") == reason_words(reason)
    assert list(aws_env.outcomes(plan).values()).count(ImageOutcome.DELETED) == 2
    assert plan.freed_bytes == 2 * 1010
    aws_env.check_results(plan)


def test_parts_of_a_failed_image_are_skipped(aws_env: AwsEnv, family: dict[str, str]) -> None:
    plan = aws_env.approved()
    aws_env.aws.world.fail_deletion(aws_env.shelf.repository, family["1.0"])
    plan = aws_env.execute(plan)
    outcomes = aws_env.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is ImageOutcome.FAILED
    assert set(outcomes.values()) == {ImageOutcome.SKIPPED}
    reason = aws_env.items(plan)[family["signature"]].reason
    assert isinstance(reason, PartOfSkipped)
    assert reason.other == ManifestName(family["1.0"], tag="1.0")
    assert isinstance(reason.reason, RefusedByEcr)


def test_too_many_failures_end_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    first = list(aws_env.outcomes(plan))[:10]
    for digest in first:
        aws_env.aws.world.fail_deletion(aws_env.shelf.repository, digest)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.FAILED
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {
        ImageOutcome.FAILED: 10,
        ImageOutcome.DELETED: 30,
        ImageOutcome.SKIPPED: MANY - 40,
    }
    last = list(aws_env.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(TooManyFailedDeletions(10, 40))


def test_a_child_is_retried_after_its_index(aws_env: AwsEnv, family: dict[str, str]) -> None:
    """ECR may need a moment to notice that the index is gone."""
    plan = aws_env.approved()
    child = family["1.0-arm64"]
    aws_env.aws.world.fail_deletion(
        aws_env.shelf.repository, child, "ImageReferencedByManifestList"
    )
    aws_env.after("record_results", 3, aws_env.shelf.repository.deletion_failures.clear)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert aws_env.calls("BatchDeleteImage") == 4


def test_a_child_fails_if_ecr_always_refuses_it(aws_env: AwsEnv, family: dict[str, str]) -> None:
    plan = aws_env.approved()
    child = family["1.0-arm64"]
    aws_env.aws.world.fail_deletion(
        aws_env.shelf.repository, child, "ImageReferencedByManifestList"
    )
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.FAILED
    outcomes = aws_env.outcomes(plan)
    assert outcomes.pop(child) is ImageOutcome.FAILED
    assert set(outcomes.values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_an_image_deleted_before_the_call_is_skipped(aws_env: AwsEnv) -> None:
    """A user deletes the image between the last check and the call."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.after("journal", 1, lambda: gone(aws_env, victim))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert aws_env.items(plan)[victim].reason == AlreadyDeleted()


THROTTLED = {"error": "ThrottlingException"}


def test_a_throttled_call_is_retried(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", times=None, every=3, **THROTTLED)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert aws_env.slept


def test_permanent_throttling_ends_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", times=None, **THROTTLED)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.FAILED
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.FAILED}
    assert aws_env.slept == [1, 2, 4, 8, 15, 15, 15]
    assert "AWS throttled ecr:BatchDeleteImage" in aws_env.detail("failed")
    aws_env.check_results(plan)


def test_a_lost_answer_is_not_a_failure(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", times=None, every=2, cut="after")
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert {item.is_unconfirmed for item in aws_env.items(plan).values()} == {True, False}
    aws_env.check_results(plan)


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "body"}, {"body": ""}], ids=str)
def test_a_call_without_an_answer_is_retried(aws_env: AwsEnv, fault: dict[str, str]) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", **fault)
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_images_missing_in_an_answer_are_looked_up(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", answer={"imageIds": [], "failures": []})
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_a_late_effect_is_not_recorded_as_another_users_deletion(aws_env: AwsEnv) -> None:
    """The answer is lost, and ECR still lists the image. At the next call the image is gone."""
    releases(aws_env, 1)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.fault("BatchDeleteImage", cut="before")
    aws_env.after("journal", 2, lambda: gone(aws_env, victim))
    plan = aws_env.execute(plan)
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.DELETED


def test_a_late_effect_corrects_the_result(aws_env: AwsEnv) -> None:
    """The answer is lost, and ECR still lists the image. A user pins it, and then it is gone."""
    releases(aws_env, 1)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.fault("BatchDeleteImage", cut="before")
    acts = {
        "after digests": lambda: aws_env.pin("1.0"),
        "after record_results": lambda: gone(aws_env, victim),
    }

    def hook(called: str) -> None:
        if act := acts.pop(called, None):
            act()

    aws_env.hook = hook
    plan = aws_env.execute(plan)
    assert aws_env.events(plan)[-3:] == ["skipped", "deleted", "ended"]
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (0, 1010)
    aws_env.check_results(plan)


def test_a_denied_call_ends_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.aws.world.deny("ecr:BatchDeleteImage")
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.FAILED
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.FAILED: 40, ImageOutcome.SKIPPED: MANY - 40}
    assert aws_env.calls("BatchDeleteImage") == 4
    assert "AWS refused ecr:BatchDeleteImage" in aws_env.detail("ended")
    aws_env.check_results(plan)


def test_expired_credentials_are_renewed(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", error="ExpiredTokenException")
    renewed: list[str] = []
    aws_env.hook = lambda name: renewed.append(name) if name == "after renew_credentials" else None
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert renewed == ["after renew_credentials"]


def test_after_a_failed_read_the_run_continues_from_the_store(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.after(
        "record_results",
        4,
        lambda: aws_env.fault("ListImages", error="ServerException", status=500),
    )
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert 2 in aws_env.slept


def test_reads_that_fail_for_minutes_end_the_run(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.after("record_results", 4, lambda: aws_env.aws.world.deny("ecr:DescribeImages"))
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.STOPPED
    assert aws_env.slept == [2, 4, 8, 16, 32, 60]
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(aws_env.items(plan).values())[-1]
    assert item_words(last).startswith("was not reached: AWS refused ecr:DescribeImages")
    aws_env.check_results(plan)


def test_a_run_does_not_end_while_a_result_is_unknown(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", cut="after")
    aws_env.after("journal", 1, lambda: aws_env.aws.world.deny("ecr:ListImages"))
    with pytest.raises(ServiceError, match="AWS refused ecr:ListImages"):
        aws_env.execute(plan)
    assert aws_env.as_stored(plan).state is PlanState.EXECUTING
    aws_env.aws.world.access.clear()
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    aws_env.check_results(plan)


def test_retry_delays_start_again_after_a_success(aws_env: AwsEnv) -> None:
    """An image is deleted between two failures."""
    releases(aws_env, MANY)
    plan = aws_env.approved()
    failures: list[float] = []

    def hook(called: str) -> None:
        if called == "before journal" and len(failures) < 12:
            failures.append(1)
            if len(failures) % 2:
                raise ServiceError("the database is away")

    aws_env.hook = hook
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.DONE
    assert aws_env.slept[:2] == [2, 2]
