"""Runs against the stand-in of ECR: what they delete, and how they end."""

import hashlib
from collections import Counter
from itertools import count

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
from bot.core.usage import Sighting
from bot.core.verdict_reasons import NoRuleKeeps, NotAmongNewest, TagPatterns
from bot.parallel import CALLS_AT_ONCE
from bot.playground.aws import manifests
from bot.render.audit_events import item_words
from bot.usecases.deletion.batches import IMAGES_PER_BATCH
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.revalidation import MAX_TEXT_BYTES
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.inventory import BYTES_PER_CALL
from tests.usecases.deletion.support import (
    MANY,
    releases,
)
from tests.usecases.site import ANN, Site

as_many_as_aws_takes = pytest.mark.parametrize(
    "at_once", [IMAGES_PER_BATCH], indirect=True, ids=["as many as AWS takes"]
)


def test_what_was_approved_is_deleted(site: Site, family: dict[str, str]) -> None:
    plan = site.carry_out()
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    assert site.outcomes(plan).keys() == set(family.values())
    assert len(site.there) == 2
    site.check_receipt(plan)
    assert site.events(plan) == ["proposed", "approved", "started", *["deleted"] * 3, "ended"]


def test_passes(site: Site, family: dict[str, str]) -> None:
    """The index, its children, and then the referrer of one of these."""
    plan = site.carry_out()
    sent = [
        [each["imageDigest"] for each in call.params["imageIds"]]
        for call in site.aws.world.calls.named("ecr:BatchDeleteImage")
    ]
    children = sorted([family["1.0-amd64"], family["1.0-arm64"]])
    assert sent == [[family["1.0"]], children, [family["signature"]]]
    assert site.told[0] == (0, 4, 0)
    assert site.told[-1] == (4, 4, plan.freed_bytes)


@pytest.mark.usefixtures("family")
def test_what_is_freed_is_what_was_promised(site: Site) -> None:
    proposed = site.approved()
    plan = site.carry_out(proposed)
    assert plan.freed_bytes == proposed.freed_bytes > 0


def test_what_was_in_it_is_kept(site: Site, family: dict[str, str]) -> None:
    text = site.aws.world.manifest(site.shelf.repository, family["1.0"]).text
    site.carry_out()
    kept = site.store.kept_manifest(site.shelf.id.uri, family["1.0"])
    assert kept
    assert (kept.text, kept.tags) == (text, ("1.0",))
    assert f"sha256:{hashlib.sha256(kept.text.encode()).hexdigest()}" == family["1.0"]


def test_a_signed_manifest_is_known_by_its_payload_and_deleted(site: Site) -> None:
    """As Docker 1.9 pushed it: its digest is not that of the text that ECR returns."""
    site.shelf.images(2)
    old = manifests.signed(manifests.schema_1("team/api", "0.9", ["base"]), keys=("ann", "bob"))
    digest = site.shelf.push(old, "0.9", age=400)
    assert digest != f"sha256:{hashlib.sha256(old.encode()).hexdigest()}"
    plan = site.carry_out()
    assert site.outcomes(plan) == {digest: ImageOutcome.DELETED}
    kept = site.store.kept_manifest(site.shelf.id.uri, digest)
    assert kept
    assert (kept.text, kept.media_type) == (old, manifests.DOCKER_SCHEMA_1)


def test_the_receipt_tells_why_it_was_deleted(site: Site, family: dict[str, str]) -> None:
    item = site.items(site.carry_out())[family["1.0"]]
    group = TagPatterns(("*",))
    assert item.reason == NoRuleKeeps((NotAmongNewest(rank=3, of=2, group=group),))


@as_many_as_aws_takes
def test_calls_are_as_many_as_batches(site: Site, at_once: int) -> None:
    site.shelf.images(4 * at_once + 50 + 2)
    plan = site.approved()
    site.aws.world.calls.reset()
    assert site.carry_out(plan).state is PlanState.DONE
    assert site.calls("BatchDeleteImage") == 5
    assert site.calls("BatchGetImage") == 5 + 1
    assert site.calls("DescribeImages") == 5 + 1
    assert site.calls("ListImages") == 1


@as_many_as_aws_takes
def test_large_manifests_are_deleted_a_few_at_a_time(site: Site) -> None:
    """Their texts are in memory until they are deleted."""
    size = 3 * BYTES_PER_CALL // 4
    images = site.shelf.large_manifests(30, size)
    plan = site.carry_out()
    assert site.outcomes(plan) == dict.fromkeys(images[:-2], ImageOutcome.DELETED)
    deletions = site.aws.world.calls.named("ecr:BatchDeleteImage")
    most = max(len(call.params["imageIds"]) for call in deletions)
    assert most <= (MAX_TEXT_BYTES + CALLS_AT_ONCE * BYTES_PER_CALL) / size
    kept = site.store.kept_manifest(site.shelf.id.uri, images[0])
    assert kept
    assert manifests.digest_of(kept.text) == images[0]


# what ends a run early


def test_stop(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("record_results", 4, lambda: site.stop(plan))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert plan.stop_asked_by == ANN.name
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(StoppedByPerson(ANN.name))
    assert site.events(plan)[-1] == "stopped"
    site.check_receipt(plan)


def test_a_stop_that_comes_with_the_end_changes_nothing(site: Site) -> None:
    """The record changes between the last look at it and the end: that is tried again."""
    releases(site, 3)
    plan = site.approved()
    site.after("record_results", 1, lambda: site.stop(plan))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    site.check_receipt(plan)


def test_the_end_is_written_even_if_somebody_stops_it_just_then(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    calls = count(1)

    def hook(called: str) -> None:
        if called == "before commit" and next(calls) == 2:
            site.stop(plan)

    site.hook = hook
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert plan.stop_asked_by == ANN.name


def test_a_source_that_cannot_be_read_any_more_stops_the_run(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()

    def break_the_source() -> None:
        site.unread = "the file is gone"
        site.wait(minutes=11)

    site.after("record_results", 4, break_the_source)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {ImageOutcome.DELETED: 40, ImageOutcome.SKIPPED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReachedInRun(
        NewPlanProblems((ScanFailed("files", "a list", ErrorText("the file is gone")),))
    )
    site.check_receipt(plan)


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("team/api:", "cannot be read as an image reference"),
        ("ecr-proxy/team/api:1.0", "there is no repository for"),
    ],
)
def test_a_reference_that_may_mean_the_repository_stops_the_run(
    reference: str, why: str, site: Site
) -> None:
    releases(site, MANY)
    plan = site.approved()
    host = site.shelf.id.uri.partition("/")[0]

    def name_it() -> None:
        site.sightings = (Sighting(f"{host}/{reference}", "a pod"),)
        site.wait(minutes=11)

    site.after("record_results", 4, name_it)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert Counter(site.outcomes(plan).values())[ImageOutcome.DELETED] == 40
    last = list(site.items(plan).values())[-1]
    assert why in item_words(last)
    assert reference in item_words(last)


def test_a_worker_that_leaves_hands_the_run_on(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("record_results", 4, lambda: setattr(site, "is_shutting_down", True))
    with pytest.raises(ShutdownError):
        site.carry_out(plan)
    assert site.run(plan).leased_until <= site.clock()
    assert site.calls("BatchDeleteImage") == 4
    site.is_shutting_down = False
    site.hook = lambda _: None
    assert site.take_over(plan).state is PlanState.DONE
    assert site.calls("BatchDeleteImage") == 5
    assert "taken_over" in site.events(plan)
    site.check_receipt(plan)


# who has lost a run


@pytest.mark.parametrize(
    ("method", "call"), [("journal", 2), ("record_results", 3), ("renew_run", 1), ("plan", 4)]
)
def test_who_has_lost_the_run_deletes_nothing_more(site: Site, method: str, call: int) -> None:
    """Somebody else takes it over, while this one is about to do something."""
    releases(site, MANY)
    plan = site.approved()
    calls = count(1)

    def hook(called: str) -> None:
        if called == f"before {method}" and next(calls) == call:
            site.hook = lambda _: None
            site.wait(minutes=2)
            assert site.take_over(plan).state is PlanState.DONE

    site.hook = hook
    with pytest.raises(LeaseLostError):
        site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)
    assert site.events(plan).count("ended") == 1


def test_who_loses_the_run_while_batches_are_sent_sends_no_more(site: Site) -> None:
    """Somebody takes it over after the first of four batches, and leaves it in turn."""
    releases(site, MANY)
    plan = site.approved()
    calls = count(1)

    def hook(called: str) -> None:
        if called == "after delete" and next(calls) == 1:
            site.wait(minutes=2)
            site.is_shutting_down = True
            with pytest.raises(ShutdownError):
                site.take_over(plan)
            site.is_shutting_down = False

    site.hook = hook
    with pytest.raises(LeaseLostError):
        site.carry_out(plan)
    assert site.as_stored(plan).state is PlanState.EXECUTING
    site.hook = lambda _: None
    plan = site.take_over(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {ImageOutcome.DELETED}
    site.check_receipt(plan)


def test_a_request_is_held_back_when_the_lease_is_not_sure_any_more(site: Site) -> None:
    """The process was frozen right before the request left."""
    releases(site, 3)
    plan = site.approved()
    site.after("renew_run", 2, lambda: site.wait(seconds=61))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.calls("BatchDeleteImage") == 1
    assert site.slept == [1]
