"""A run that was killed is resumed, and claims no deletions but its own."""

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
from tests.usecases.deletion.support import (
    MANY,
    die_with_a_call_in_flight,
    gone,
    releases,
    victim_of,
)
from tests.usecases.site import Killed, Site

# crashes


def test_what_hangs_on_a_failure_stays_though_the_worker_dies(
    site: Site, family: dict[str, str]
) -> None:
    plan = site.approved()
    child = family["1.0-amd64"]
    site.aws.world.stick(site.shelf.repository, child)

    def die() -> None:
        raise Killed

    site.after("record_results", 2, die)
    with pytest.raises(Killed):
        site.carry_out(plan)
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert site.outcomes(plan)[child] is ImageOutcome.FAILED
    assert site.outcomes(plan)[family["signature"]] is ImageOutcome.SKIPPED
    site.check_receipt(plan)


def test_killed_right_before_the_end(site: Site) -> None:
    """All is deleted; what cannot be looked at by then is of no use any more."""
    releases(site, 3)
    plan = site.approved()
    site.die("commit", 2)
    with pytest.raises(Killed):
        site.carry_out(plan)
    site.wait(minutes=2)
    site.unread = "the file is gone"
    plan = site.take_over(plan)
    assert plan.state is PlanState.DONE
    assert site.scans == 2


def test_killed_when_it_was_cut_short(site: Site) -> None:
    """Whoever comes next says so, too."""
    releases(site, MANY)
    plan = site.approved()

    def break_the_source() -> None:
        site.unread = "the file is gone"
        site.wait(minutes=11)
        site.die("commit")

    site.after("record_results", 4, break_the_source)
    with pytest.raises(Killed):
        site.carry_out(plan)
    site.unread = None
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert plan.state is PlanState.STOPPED
    site.check_receipt(plan)


def test_a_late_effect_after_two_deaths_is_found_out(site: Site) -> None:
    """The call in flight takes effect only when somebody else has looked for it already, and has
    died in turn."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    site.wait(minutes=2)
    site.die("journal")
    with pytest.raises(Killed):
        site.take_over(plan)
    gone(site, victim)
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert site.items(plan)[victim].outcome is ImageOutcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)


def test_a_late_effect_of_an_index_skips_nothing(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.fault("BatchDeleteImage", cut="before")
    site.after("digests", 1, lambda: gone(site, family["1.0"]))
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert site.items(plan)[family["1.0"]].is_unconfirmed


def test_a_repository_that_is_deleted_with_a_batch_in_flight(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    site.lose_repository()
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert plan.state is PlanState.DONE
    assert all(item.is_unconfirmed for item in site.items(plan).values())


def test_what_was_given_up_and_then_found_gone_is_no_failure(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, cut="before")
    first = list(site.outcomes(plan))[:40]

    def hook(called: str) -> None:
        if (
            called == "after record_results"
            and site.outcomes(plan)[first[-1]] is ImageOutcome.FAILED
        ):
            for digest in first:
                gone(site, digest)

    site.hook = hook
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    site.check_receipt(plan)


# whose deletion it was


@pytest.mark.parametrize("moment", ["delete", "mark_sent"])
def test_a_batch_that_never_left_claims_nothing(site: Site, moment: str) -> None:
    """Its worker died between the journal and the call, and then somebody else deleted one of its
    images."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.die(moment)
    with pytest.raises(Killed):
        site.carry_out(plan)
    gone(site, victim)
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert (plan.state, plan.freed_bytes, plan.unconfirmed_bytes) == (PlanState.DONE, 2 * 1010, 0)
    assert site.items(plan)[victim].outcome is ImageOutcome.SKIPPED
    assert site.items(plan)[victim].reason == AlreadyDeleted()
    assert site.detail("deleted") == "as approved"
    site.check_receipt(plan)


def test_what_ecr_never_confirmed_is_told_apart(site: Site) -> None:
    """One image is gone after a call in flight, which may have deleted it; the next call deletes
    the others."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    gone(site, victim)
    site.wait(seconds=91)
    plan = site.take_over(plan)
    items = site.items(plan)
    assert {digest for digest, item in items.items() if item.is_unconfirmed} == {victim}
    assert item_words(items[victim]).endswith(f"; {UNCONFIRMED}")
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)
    deleted = [event for event in site.store.events() if event.event == "deleted"]
    assert [(event.digests, event.detail) for event in deleted] == [
        ((victim,), DeletedAsApproved(is_unconfirmed=True)),
        (tuple(digest for digest in items if digest != victim), DeletedAsApproved()),
    ]
    assert site.detail("ended") == (
        "3 deleted; 2,020 bytes freed, and 1,010 by 1 deletion that ECR never confirmed"
    )
    site.check_receipt(plan)


def test_a_layer_that_only_an_unconfirmed_deletion_freed(site: Site) -> None:
    """Whoever goes on from what is stored counts alike."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    gone(site, victim)
    site.wait(seconds=91)
    site.die("journal")
    with pytest.raises(Killed):
        site.take_over(plan)
    site.wait(seconds=91)
    plan = site.take_over(plan)
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)


def test_a_call_without_effect_is_not_blamed_for_what_somebody_does_later(site: Site) -> None:
    """The image was still there long after the call. Then it was pinned, and somebody deleted it:
    whoever takes the run over knows that it was none of ours."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    site.wait(seconds=121)
    site.die("journal")
    with pytest.raises(Killed):
        site.take_over(plan)
    assert [batch.sent_at for batch in site.store.unanswered(site.run(plan))] == []
    gone(site, victim)
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert site.items(plan)[victim].reason == AlreadyDeleted()
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 0)


def test_a_call_that_may_still_have_an_effect_is_not_forgotten(site: Site) -> None:
    """Of two that were lost, only the older is over."""
    releases(site, 3)
    plan = site.approved()
    die_with_a_call_in_flight(site, lambda: site.carry_out(plan))
    site.wait(seconds=121)
    die_with_a_call_in_flight(site, lambda: site.take_over(plan))
    site.wait(seconds=91)
    site.die("journal")
    with pytest.raises(Killed):
        site.take_over(plan)
    (batch,) = site.store.unanswered(site.run(plan))
    assert batch.number == 2


def test_a_call_whose_mark_cannot_be_written_does_not_leave(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    failures: list[str] = []

    def hook(called: str) -> None:
        if called == "before mark_sent" and not failures:
            failures.append(called)
            raise ServiceError("the database is away")

    site.hook = hook
    plan = site.carry_out(plan)
    assert failures
    assert plan.state is PlanState.DONE
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (3 * 1010, 0)
    assert site.calls("BatchDeleteImage") == 1
