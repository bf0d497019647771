"""A killed run is resumed, and claims only its own deletions."""

from collections import Counter

import pytest

from bot.core.audit_details import DeletedAsApproved
from bot.core.errors import ServiceError
from bot.core.plan import PlanState
from bot.core.records import ImageOutcome
from bot.core.result_reasons import (
    AlreadyDeleted,
)
from bot.render.audit_events import UNCONFIRMED, item_words
from tests.usecases.aws_env import AwsEnv, Killed
from tests.usecases.deletion.support import (
    MANY,
    die_during_a_call,
    gone,
    releases,
    victim_of,
)

# crashes


def test_parts_of_a_failed_image_are_kept_after_a_worker_dies(
    aws_env: AwsEnv, family: dict[str, str]
) -> None:
    plan = aws_env.approved()
    child = family["1.0-amd64"]
    aws_env.aws.world.fail_deletion(aws_env.shelf.repository, child)

    def die() -> None:
        raise Killed

    aws_env.after("record_results", 2, die)
    with pytest.raises(Killed):
        aws_env.execute(plan)
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert aws_env.outcomes(plan)[child] is ImageOutcome.FAILED
    assert aws_env.outcomes(plan)[family["signature"]] is ImageOutcome.SKIPPED
    aws_env.check_results(plan)


def test_killed_right_before_the_end(aws_env: AwsEnv) -> None:
    """All images are deleted, so a failing source does not matter any more."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    aws_env.die("commit", 2)
    with pytest.raises(Killed):
        aws_env.execute(plan)
    aws_env.wait(minutes=2)
    aws_env.unread = "the file is gone"
    plan = aws_env.take_over(plan)
    assert plan.state is PlanState.DONE
    assert aws_env.scans == 2


def test_killed_after_a_run_ended_early(aws_env: AwsEnv) -> None:
    """The next worker reports the same end."""
    releases(aws_env, MANY)
    plan = aws_env.approved()

    def break_the_source() -> None:
        aws_env.unread = "the file is gone"
        aws_env.wait(minutes=11)
        aws_env.die("commit")

    aws_env.after("record_results", 4, break_the_source)
    with pytest.raises(Killed):
        aws_env.execute(plan)
    aws_env.unread = None
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert plan.state is PlanState.STOPPED
    aws_env.check_results(plan)


def test_a_late_effect_after_two_worker_deaths(aws_env: AwsEnv) -> None:
    """The call in flight takes effect only after a second worker has looked up its images and
    died."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    aws_env.wait(minutes=2)
    aws_env.die("journal")
    with pytest.raises(Killed):
        aws_env.take_over(plan)
    gone(aws_env, victim)
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)


def test_a_late_effect_of_an_index_skips_nothing(aws_env: AwsEnv, family: dict[str, str]) -> None:
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", cut="before")
    aws_env.after("digests", 1, lambda: gone(aws_env, family["1.0"]))
    plan = aws_env.execute(plan)
    assert set(aws_env.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert aws_env.items(plan)[family["1.0"]].is_unconfirmed


def test_a_repository_deleted_during_a_call(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    aws_env.lose_repository()
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert plan.state is PlanState.DONE
    assert all(item.is_unconfirmed for item in aws_env.items(plan).values())


def test_an_image_given_up_and_then_gone_is_not_a_failure(aws_env: AwsEnv) -> None:
    releases(aws_env, MANY)
    plan = aws_env.approved()
    aws_env.fault("BatchDeleteImage", times=None, cut="before")
    first = list(aws_env.outcomes(plan))[:40]

    def hook(called: str) -> None:
        if (
            called == "after record_results"
            and aws_env.outcomes(plan)[first[-1]] is ImageOutcome.FAILED
        ):
            for digest in first:
                gone(aws_env, digest)

    aws_env.hook = hook
    plan = aws_env.execute(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(aws_env.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    aws_env.check_results(plan)


# deletions of the run and of other users


@pytest.mark.parametrize("moment", ["delete", "mark_sent"])
def test_a_batch_that_was_never_sent_claims_nothing(aws_env: AwsEnv, moment: str) -> None:
    """Its worker died between the journal and the call. Then another user deleted one of its
    images."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    aws_env.die(moment)
    with pytest.raises(Killed):
        aws_env.execute(plan)
    gone(aws_env, victim)
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert (plan.state, plan.freed_bytes, plan.unconfirmed_bytes) == (PlanState.DONE, 2 * 1010, 0)
    assert aws_env.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    assert aws_env.items(plan)[victim].reason == AlreadyDeleted()
    assert aws_env.detail("deleted") == "as approved"
    aws_env.check_results(plan)


def test_unconfirmed_deletions_are_counted_separately(aws_env: AwsEnv) -> None:
    """One image is gone after a call in flight, which may have deleted it. The next call deletes
    the other images."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    gone(aws_env, victim)
    aws_env.wait(seconds=91)
    plan = aws_env.take_over(plan)
    items = aws_env.items(plan)
    assert {digest for digest, item in items.items() if item.is_unconfirmed} == {victim}
    assert item_words(items[victim]).endswith(f"; {UNCONFIRMED}")
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)
    deleted = [event for event in aws_env.store.events() if event.event == "deleted"]
    assert [(event.digests, event.detail) for event in deleted] == [
        ((victim,), DeletedAsApproved(is_unconfirmed=True)),
        (tuple(digest for digest in items if digest != victim), DeletedAsApproved()),
    ]
    assert aws_env.detail("ended") == (
        "3 deleted; 2,020 bytes freed, plus 1,010 by 1 deletion that ECR never confirmed"
    )
    aws_env.check_results(plan)


def test_a_layer_that_only_an_unconfirmed_deletion_freed(aws_env: AwsEnv) -> None:
    """A worker that resumes from the store counts the same bytes."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    gone(aws_env, victim)
    aws_env.wait(seconds=91)
    aws_env.die("journal")
    with pytest.raises(Killed):
        aws_env.take_over(plan)
    aws_env.wait(seconds=91)
    plan = aws_env.take_over(plan)
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)


def test_a_call_without_effect_does_not_claim_later_deletions(aws_env: AwsEnv) -> None:
    """The image still exists long after the call. Then it is pinned, and a user deletes it. The
    worker that takes over does not claim this deletion."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    victim = victim_of(aws_env, plan)
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    aws_env.wait(seconds=121)
    aws_env.die("journal")
    with pytest.raises(Killed):
        aws_env.take_over(plan)
    assert [batch.sent_at for batch in aws_env.store.unanswered(aws_env.run(plan))] == []
    gone(aws_env, victim)
    aws_env.wait(minutes=2)
    plan = aws_env.take_over(plan)
    assert aws_env.items(plan)[victim].reason == AlreadyDeleted()
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 0)


def test_a_call_that_may_still_have_an_effect_remains_open(aws_env: AwsEnv) -> None:
    """Of two calls without an answer, only the older has ended."""
    releases(aws_env, 3)
    plan = aws_env.approved()
    die_during_a_call(aws_env, lambda: aws_env.execute(plan))
    aws_env.wait(seconds=121)
    die_during_a_call(aws_env, lambda: aws_env.take_over(plan))
    aws_env.wait(seconds=91)
    aws_env.die("journal")
    with pytest.raises(Killed):
        aws_env.take_over(plan)
    (batch,) = aws_env.store.unanswered(aws_env.run(plan))
    assert batch.number == 2


def test_a_call_is_not_sent_if_its_mark_cannot_be_stored(aws_env: AwsEnv) -> None:
    releases(aws_env, 3)
    plan = aws_env.approved()
    failures: list[str] = []

    def hook(called: str) -> None:
        if called == "before mark_sent" and not failures:
            failures.append(called)
            raise ServiceError("the database is away")

    aws_env.hook = hook
    plan = aws_env.execute(plan)
    assert failures
    assert plan.state is PlanState.DONE
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (3 * 1010, 0)
    assert aws_env.calls("BatchDeleteImage") == 1
