"""What fails, and what ECR does not answer."""

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
from tests.usecases.deletion.support import (
    MANY,
    gone,
    releases,
    victim_of,
)
from tests.usecases.site import Site

# what fails


def test_what_ecr_refuses_has_failed(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.aws.world.stick(site.shelf.repository, victim)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    reason = RefusedByEcr("KmsError", "Injected by the stand-in")
    assert site.items(plan)[victim].reason == reason
    assert site.detail("failed") == reason_words(reason)
    assert list(site.outcomes(plan).values()).count(ImageOutcome.DELETED) == 2
    assert plan.freed_bytes == 2 * 1010
    site.check_receipt(plan)


def test_what_hangs_on_something_that_failed_is_skipped(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.aws.world.stick(site.shelf.repository, family["1.0"])
    plan = site.carry_out(plan)
    outcomes = site.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is ImageOutcome.FAILED
    assert set(outcomes.values()) == {ImageOutcome.SKIPPED}
    reason = site.items(plan)[family["signature"]].reason
    assert isinstance(reason, PartOfSkipped)
    assert reason.other == ManifestName(family["1.0"], tag="1.0")
    assert isinstance(reason.reason, RefusedByEcr)


def test_failures_pile_up(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    first = list(site.outcomes(plan))[:10]
    for digest in first:
        site.aws.world.stick(site.shelf.repository, digest)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {
        ImageOutcome.FAILED: 10,
        ImageOutcome.DELETED: 30,
        ImageOutcome.SKIPPED: MANY - 40,
    }
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(TooManyFailedDeletions(10, 40))


def test_what_an_index_still_lists_is_tried_after_the_next_pass(
    site: Site, family: dict[str, str]
) -> None:
    """ECR may need a moment to see that the index is gone."""
    plan = site.approved()
    child = family["1.0-arm64"]
    site.aws.world.stick(site.shelf.repository, child, "ImageReferencedByManifestList")
    site.after("record_results", 3, site.shelf.repository.stuck.clear)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert site.calls("BatchDeleteImage") == 4


def test_what_ecr_says_an_index_lists_for_ever_fails(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    child = family["1.0-arm64"]
    site.aws.world.stick(site.shelf.repository, child, "ImageReferencedByManifestList")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    outcomes = site.outcomes(plan)
    assert outcomes.pop(child) is ImageOutcome.FAILED
    assert set(outcomes.values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)


def test_what_is_gone_when_ecr_is_asked_to_delete_it_is_skipped(site: Site) -> None:
    """Somebody deletes it after the last look, and before our call."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.after("journal", 1, lambda: gone(site, victim))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.items(plan)[victim].reason == AlreadyDeleted()


THROTTLED = {"error": "ThrottlingException"}


def test_throttling_passes(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, every=3, **THROTTLED)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert site.slept


def test_throttling_for_ever_fails(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, **THROTTLED)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    assert set(site.outcomes(plan).values()) == {ImageOutcome.FAILED}
    assert site.slept == [1, 2, 4, 8, 15, 15, 15]
    assert "AWS throttled ecr:BatchDeleteImage" in site.detail("failed")
    site.check_receipt(plan)


def test_a_lost_answer_is_no_failure(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, every=2, cut="after")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert {item.is_unconfirmed for item in site.items(plan).values()} == {True, False}
    site.check_receipt(plan)


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "body"}, {"body": ""}], ids=str)
def test_a_call_that_gets_no_answer_is_tried_again(site: Site, fault: dict[str, str]) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", **fault)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)


def test_what_an_answer_leaves_out_is_looked_up(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", answer={"imageIds": [], "failures": []})
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)


def test_a_call_that_nobody_saw_take_effect_is_not_taken_for_somebody_elses(site: Site) -> None:
    """Its answer is lost, ECR still shows the image, and at the next call it is gone."""
    releases(site, 1)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchDeleteImage", cut="before")
    site.after("journal", 2, lambda: gone(site, victim))
    plan = site.carry_out(plan)
    assert site.items(plan)[victim].outcome is ImageOutcome.DELETED


def test_a_late_call_corrects_the_receipt(site: Site) -> None:
    """Its answer is lost, ECR still shows the image, somebody pins it, and then it goes."""
    releases(site, 1)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchDeleteImage", cut="before")
    acts = {
        "after digests": lambda: site.pin("1.0"),
        "after record_results": lambda: gone(site, victim),
    }

    def hook(called: str) -> None:
        if act := acts.pop(called, None):
            act()

    site.hook = hook
    plan = site.carry_out(plan)
    assert site.events(plan)[-3:] == ["skipped", "deleted", "ended"]
    assert site.items(plan)[victim].outcome is ImageOutcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (0, 1010)
    site.check_receipt(plan)


def test_who_may_not_ends_the_run(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.aws.world.deny("ecr:BatchDeleteImage")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.FAILED: 40, ImageOutcome.SKIPPED: MANY - 40}
    assert site.calls("BatchDeleteImage") == 4
    assert "AWS refused ecr:BatchDeleteImage" in site.detail("ended")
    site.check_receipt(plan)


def test_expired_credentials_are_renewed(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", error="ExpiredTokenException")
    renewed: list[str] = []
    site.hook = lambda name: renewed.append(name) if name == "after renew_credentials" else None
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert renewed == ["after renew_credentials"]


def test_a_failing_read_starts_again_from_what_is_stored(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after(
        "record_results", 4, lambda: site.fault("ListImages", error="ServerException", status=500)
    )
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert 2 in site.slept


def test_reads_that_fail_for_long_end_the_run(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("record_results", 4, lambda: site.aws.world.deny("ecr:DescribeImages"))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert site.slept == [2, 4, 8, 16, 32, 60]
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert item_words(last).startswith("was not reached: AWS refused ecr:DescribeImages")
    site.check_receipt(plan)


def test_it_does_not_end_while_nobody_can_tell_what_became_of_a_call(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", cut="after")
    site.after("journal", 1, lambda: site.aws.world.deny("ecr:ListImages"))
    with pytest.raises(ServiceError, match="AWS refused ecr:ListImages"):
        site.carry_out(plan)
    assert site.as_stored(plan).state is PlanState.EXECUTING
    site.aws.world.access.clear()
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)


def test_patience_begins_anew_with_every_success(site: Site) -> None:
    """Between failures something is deleted every time."""
    releases(site, MANY)
    plan = site.approved()
    failures: list[float] = []

    def hook(called: str) -> None:
        if called == "before journal" and len(failures) < 12:
            failures.append(1)
            if len(failures) % 2:
                raise ServiceError("the database is away")

    site.hook = hook
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.slept[:2] == [2, 2]
