"""Plans that are carried out against the stand-in: what goes, what is skipped, what fails."""

import hashlib
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from bot.bootstrap.memory import SharedManifestCache
from bot.core.audit_details import DeletedAsApproved
from bot.core.errors import Sentence, ServiceError
from bot.core.manifest import ManifestName
from bot.core.obstacles import ScanFailed
from bot.core.plan import PlanState
from bot.core.reasons import InUse, NotAmongNewest, NothingKeeps, PartOf, TagGroup
from bot.core.records import Outcome, PlanRecord
from bot.core.result_reasons import (
    DeletedElsewhere,
    GroundChanged,
    KeptNow,
    NotReached,
    PartOfKept,
    PulledSince,
    PushedAgain,
    RefusedByEcr,
    SkippedWith,
    StoppedBy,
    TextUnreadable,
    TooManyFailures,
)
from bot.core.usage import Sighting
from bot.parallel import CALLS_AT_ONCE
from bot.playground.aws import manifests
from bot.render.events import UNCONFIRMED, item_words
from bot.render.reasons import reason_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.usecases.deletion.batches import IMAGES_A_BATCH
from bot.usecases.deletion.lease import LeaseLostError
from bot.usecases.deletion.revalidation import TEXT_BYTES
from bot.usecases.deletion.run import ShutdownError
from bot.usecases.inventory import CALL_BYTES
from bot.usecases.planning import Planner
from tests.support import NOW, image_text
from tests.usecases.site import ANN, Killed, Site

AT_ONCE, MANY = 10, 45
"""Images in a batch, of which a round has four; and more images than a round takes."""


@pytest.fixture(autouse=True)
def at_once(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Of images in a batch; small, so that few images are many batches."""
    number: int = getattr(request, "param", AT_ONCE)
    monkeypatch.setattr("bot.usecases.deletion.batches.IMAGES_A_BATCH", number)
    return number


as_many_as_aws_takes = pytest.mark.parametrize(
    "at_once", [IMAGES_A_BATCH], indirect=True, ids=["as many as AWS takes"]
)


@pytest.fixture
def family(site: Site) -> dict[str, str]:
    """Two releases that stay, and an index with two children, one of them signed, that goes."""
    shelf = site.shelf
    shelf.image("3.0", age=30)
    shelf.image("2.0", age=31)
    index = shelf.index("1.0", "1.0-amd64", "1.0-arm64", age=40)
    children = {name: manifests.digest_of(image_text(name)) for name in ("1.0-amd64", "1.0-arm64")}
    tag = f"{children['1.0-amd64'].replace(':', '-')}.sig"
    signed = shelf.image("signature", tag, age=40)
    return {"1.0": index, **children, "signature": signed}


def test_what_was_approved_is_deleted(site: Site, family: dict[str, str]) -> None:
    plan = site.carry_out()
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
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
    assert site.outcomes(plan) == {digest: Outcome.DELETED}
    kept = site.store.kept_manifest(site.shelf.id.uri, digest)
    assert kept
    assert (kept.text, kept.media_type) == (old, manifests.DOCKER_SCHEMA_1)


def test_the_receipt_tells_why_it_was_deleted(site: Site, family: dict[str, str]) -> None:
    item = site.items(site.carry_out())[family["1.0"]]
    group = TagGroup(("*",))
    assert item.reason == NothingKeeps((NotAmongNewest(rank=3, of=2, group=group),))


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
    size = 3 * CALL_BYTES // 4
    images = site.shelf.large_manifests(30, size)
    plan = site.carry_out()
    assert site.outcomes(plan) == dict.fromkeys(images[:-2], Outcome.DELETED)
    deletions = site.aws.world.calls.named("ecr:BatchDeleteImage")
    most = max(len(call.params["imageIds"]) for call in deletions)
    assert most <= (TEXT_BYTES + CALLS_AT_ONCE * CALL_BYTES) / size
    kept = site.store.kept_manifest(site.shelf.id.uri, images[0])
    assert kept
    assert manifests.digest_of(kept.text) == images[0]


# what changes

Change = Callable[[Site, str], object]


def used(site: Site, victim: str) -> None:
    site.in_use[victim] = ("ECS prod/api",)


def used_while_a_scan_held(site: Site, victim: str) -> None:
    used(site, victim)
    site.wait(minutes=10, seconds=1)


def pinned(site: Site, victim: str) -> None:
    site.pin(victim)


def retagged(site: Site, victim: str) -> None:
    site.aws.world.retag(site.shelf.repository, victim, "prod")


def pulled(site: Site, victim: str) -> None:
    site.wait(minutes=6)
    site.shelf.pull(victim, site.clock())


def listed(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.index([manifests.Child(text)]), "multi", age=0)


def signed(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.referrer(text), age=0)


def signed_by_tag(site: Site, victim: str) -> None:
    text = site.aws.world.manifest(site.shelf.repository, victim).text
    site.shelf.push(manifests.cosign_signature(text), manifests.cosign_tag(text), age=0)


def gone(site: Site, victim: str) -> None:
    site.aws.world.remove(site.shelf.repository, victim)


def die_with_a_call_in_flight(site: Site, carry_out: Callable[[], object]) -> None:
    """The call is about to leave, and nobody will ever read its answer."""

    def die() -> None:
        site.hook = lambda _: None
        raise Killed

    site.after("mark_sent", 1, die)
    with pytest.raises(Killed):
        carry_out()


def archived(site: Site, victim: str) -> None:
    site.aws.world.archive(site.shelf.repository, victim)


CHANGES: dict[Change, str] = {
    used: "the rules keep it now: is in use by ECS prod/api",
    retagged: "its tags changed after the plan was made: 1.0 then, 1.0, prod now",
    pulled: "somebody pulled it",
    listed: "got multi",
    signed: "got ",
    signed_by_tag: "got ",
    gone: "is gone: somebody else deleted it",
    archived: "archived",
}


def releases(site: Site, number: int) -> None:
    """The first are older, so that they go."""
    for each in range(number + 2):
        site.shelf.image(f"1.{each}", age=100 - each / 10)


def victim_of(site: Site, plan: PlanRecord) -> str:
    """1.0, which goes in the last batch, whatever its digest."""
    digest: str = site.shelf.repository.digest_by_tag["1.0"]
    assert site.outcomes(plan)[digest] is Outcome.PENDING
    return digest


@pytest.mark.parametrize("change", CHANGES, ids=lambda each: each.__name__)
def test_what_changed_before_the_start_is_skipped(site: Site, change: Change) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    change(site, victim)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.items(plan)[victim].outcome is Outcome.SPARED
    assert CHANGES[change] in site.reason(plan, victim)
    assert list(site.outcomes(plan).values()).count(Outcome.DELETED) == 2
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
    site.after("settle", 4, lambda: change(site, last))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    item = site.items(plan)[last]
    assert item.outcome is Outcome.SPARED
    assert LATER[change].replace("1.0", tag) in item_words(item)
    assert list(site.outcomes(plan).values()).count(Outcome.DELETED) == MANY - 1
    site.check_receipt(plan)


def test_a_scan_of_usage_holds_for_ten_minutes(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]

    def use() -> None:
        used(site, last)
        site.wait(minutes=10)

    site.after("settle", 4, use)
    looks = site.looks
    plan = site.carry_out(plan)
    assert site.looks == looks + 1
    assert site.outcomes(plan)[last] is Outcome.DELETED


def test_a_family_is_skipped_together(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.in_use[family["1.0-arm64"]] = ("a pod",)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.SPARED}
    reasons = {digest: item.reason for digest, item in site.items(plan).items()}
    assert reasons[family["1.0-arm64"]] == KeptNow(InUse(("a pod",)))
    of_signature = reasons[family["signature"]]
    assert isinstance(of_signature, KeptNow)
    assert isinstance(of_signature.reason, PartOf)
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
    assert set(site.outcomes(plan).values()) == {Outcome.SPARED}
    reasons = {digest: item.reason for digest, item in site.items(plan).items()}
    pulled_at = NOW + timedelta(minutes=6)
    assert reasons[family["1.0-amd64"]] == PulledSince(pulled_at)
    stays_with = ManifestName(family["1.0-amd64"], tag=None)
    assert reasons[family["1.0"]] == SkippedWith(stays_with, PulledSince(pulled_at))
    site.check_receipt(plan)


def test_of_a_family_that_has_begun_to_go_the_rest_is_skipped(
    site: Site, family: dict[str, str]
) -> None:
    """The index is gone already when somebody pins one of its children."""
    plan = site.approved()
    site.after("settle", 1, lambda: site.pin(family["1.0-amd64"]))
    plan = site.carry_out(plan)
    outcomes = site.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is Outcome.DELETED
    assert set(outcomes.values()) == {Outcome.SPARED}
    site.check_receipt(plan)


def test_a_referrer_that_went_with_its_subject_skips_nothing(
    site: Site, family: dict[str, str]
) -> None:
    plan = site.approved()
    signature = family["signature"]
    site.after("settle", 2, lambda: site.aws.world.remove(site.shelf.repository, signature))
    plan = site.carry_out(plan)
    assert site.items(plan)[signature].reason == DeletedElsewhere()
    assert list(site.outcomes(plan).values()).count(Outcome.DELETED) == 3


def test_what_cannot_be_read_once_more_is_skipped(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchGetImage", answer={"images": [], "failures": []})
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.SPARED}
    assert site.items(plan)[victim].reason == TextUnreadable()


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
    assert list(site.outcomes(plan).values()).count(Outcome.DELETED) == 2
    assert plan.freed_bytes == 2 * 1010
    site.check_receipt(plan)


def test_what_hangs_on_something_that_failed_is_skipped(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.aws.world.stick(site.shelf.repository, family["1.0"])
    plan = site.carry_out(plan)
    outcomes = site.outcomes(plan)
    assert outcomes.pop(family["1.0"]) is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.SPARED}
    reason = site.items(plan)[family["signature"]].reason
    assert isinstance(reason, PartOfKept)
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
    assert by_outcome == {Outcome.FAILED: 10, Outcome.DELETED: 30, Outcome.SPARED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReached(TooManyFailures(10, 40))


def test_what_an_index_still_lists_is_tried_after_the_next_pass(
    site: Site, family: dict[str, str]
) -> None:
    """ECR may need a moment to see that the index is gone."""
    plan = site.approved()
    child = family["1.0-arm64"]
    site.aws.world.stick(site.shelf.repository, child, "ImageReferencedByManifestList")
    site.after("settle", 3, site.shelf.repository.stuck.clear)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    assert site.calls("BatchDeleteImage") == 4


def test_what_ecr_says_an_index_lists_for_ever_fails(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    child = family["1.0-arm64"]
    site.aws.world.stick(site.shelf.repository, child, "ImageReferencedByManifestList")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    outcomes = site.outcomes(plan)
    assert outcomes.pop(child) is Outcome.FAILED
    assert set(outcomes.values()) == {Outcome.DELETED}
    site.check_receipt(plan)


def test_what_is_gone_when_ecr_is_asked_to_delete_it_is_skipped(site: Site) -> None:
    """Somebody deletes it after the last look, and before our call."""
    releases(site, 3)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.after("journal", 1, lambda: gone(site, victim))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert site.items(plan)[victim].reason == DeletedElsewhere()


THROTTLED = {"error": "ThrottlingException"}


def test_throttling_passes(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, every=3, **THROTTLED)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    assert site.slept


def test_throttling_for_ever_fails(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, **THROTTLED)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    assert set(site.outcomes(plan).values()) == {Outcome.FAILED}
    assert site.slept == [1, 2, 4, 8, 15, 15, 15]
    assert "AWS throttled ecr:BatchDeleteImage" in site.detail("failed")
    site.check_receipt(plan)


def test_a_lost_answer_is_no_failure(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.fault("BatchDeleteImage", times=None, every=2, cut="after")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    assert {item.is_unconfirmed for item in site.items(plan).values()} == {True, False}
    site.check_receipt(plan)


@pytest.mark.parametrize("fault", [{"cut": "before"}, {"cut": "body"}, {"body": ""}], ids=str)
def test_a_call_that_gets_no_answer_is_tried_again(site: Site, fault: dict[str, str]) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", **fault)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    site.check_receipt(plan)


def test_what_an_answer_leaves_out_is_looked_up(site: Site) -> None:
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchDeleteImage", answer={"imageIds": [], "failures": []})
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    site.check_receipt(plan)


def test_a_call_that_nobody_saw_take_effect_is_not_taken_for_somebody_elses(site: Site) -> None:
    """Its answer is lost, ECR still shows the image, and at the next call it is gone."""
    releases(site, 1)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchDeleteImage", cut="before")
    site.after("journal", 2, lambda: gone(site, victim))
    plan = site.carry_out(plan)
    assert site.items(plan)[victim].outcome is Outcome.DELETED


def test_a_late_call_corrects_the_receipt(site: Site) -> None:
    """Its answer is lost, ECR still shows the image, somebody pins it, and then it goes."""
    releases(site, 1)
    plan = site.approved()
    victim = victim_of(site, plan)
    site.fault("BatchDeleteImage", cut="before")
    acts = {"after digests": lambda: site.pin("1.0"), "after settle": lambda: gone(site, victim)}

    def hook(called: str) -> None:
        if act := acts.pop(called, None):
            act()

    site.hook = hook
    plan = site.carry_out(plan)
    assert site.events(plan)[-3:] == ["spared", "deleted", "ended"]
    assert site.items(plan)[victim].outcome is Outcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (0, 1010)
    site.check_receipt(plan)


def test_who_may_not_ends_the_run(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.aws.world.deny("ecr:BatchDeleteImage")
    plan = site.carry_out(plan)
    assert plan.state is PlanState.FAILED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {Outcome.FAILED: 40, Outcome.SPARED: MANY - 40}
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
    site.after("settle", 4, lambda: site.fault("ListImages", error="ServerException", status=500))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.DONE
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    assert 2 in site.slept


def test_reads_that_fail_for_long_end_the_run(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("settle", 4, lambda: site.aws.world.deny("ecr:DescribeImages"))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert site.slept == [2, 4, 8, 16, 32, 60]
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {Outcome.DELETED: 40, Outcome.SPARED: MANY - 40}
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
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
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


# what ends a run early


def test_stop(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("settle", 4, lambda: site.stop(plan))
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert plan.stop_asked_by == ANN.name
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {Outcome.DELETED: 40, Outcome.SPARED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReached(StoppedBy(ANN.name))
    assert site.events(plan)[-1] == "stopped"
    site.check_receipt(plan)


def test_a_stop_that_comes_with_the_end_changes_nothing(site: Site) -> None:
    """The record changes between the last look at it and the end: that is tried again."""
    releases(site, 3)
    plan = site.approved()
    site.after("settle", 1, lambda: site.stop(plan))
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

    site.after("settle", 4, break_the_source)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {Outcome.DELETED: 40, Outcome.SPARED: MANY - 40}
    last = list(site.items(plan).values())[-1]
    assert last.reason == NotReached(
        GroundChanged((ScanFailed("files", "a list", Sentence("the file is gone")),))
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

    site.after("settle", 4, name_it)
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    assert Counter(site.outcomes(plan).values())[Outcome.DELETED] == 40
    last = list(site.items(plan).values())[-1]
    assert why in item_words(last)
    assert reference in item_words(last)


def test_a_worker_that_leaves_hands_the_run_on(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    site.after("settle", 4, lambda: setattr(site, "is_shutting_down", True))
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
    ("method", "call"), [("journal", 2), ("settle", 3), ("renew_run", 1), ("plan", 4)]
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
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
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
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
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
    assert site.items(plan)[victim].outcome is Outcome.SPARED
    site.check_receipt(plan)


def test_stop_is_read_after_a_long_look(site: Site) -> None:
    releases(site, MANY)
    plan = site.approved()
    look, stop = site.look, False

    def slow_look() -> Planner:
        if stop:
            site.stop(plan)
        return look()

    def later() -> None:
        nonlocal stop
        stop = True
        site.wait(minutes=11)

    site.look = slow_look  # type: ignore[method-assign]
    site.after("settle", 4, later)
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

    site.after("settle", 4, push_again)
    plan = site.carry_out(plan)
    assert site.items(plan)[last].reason == PushedAgain(NOW + timedelta(minutes=5))
    site.check_receipt(plan)


def test_in_a_large_repository_newcomers_are_looked_for_once_a_minute(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has more pages than batches were sent."""
    monkeypatch.setattr("bot.usecases.deletion.revalidation.A_PAGE", 1)
    releases(site, MANY)
    plan = site.approved()
    last = list(site.outcomes(plan))[-1]

    def later() -> None:
        signed(site, last)
        site.wait(seconds=61)

    site.after("settle", 4, later)
    plan = site.carry_out(plan)
    assert site.items(plan)[last].outcome is Outcome.SPARED


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
            replace(site.look(), cache=memory).plan(site.found)

    site.after("settle", 4, plan_elsewhere)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}


def test_what_was_read_without_a_database_is_no_pull_elsewhere(site: Site, tmp_path: Path) -> None:
    """Planned on a laptop, proposed from there, and carried out on a server."""
    releases(site, 3)
    replace(site.look(), cache=site.cache, store=None).plan(site.found)
    site.wait(hours=1)
    plan = site.approved()
    with SqliteManifestCache(tmp_path / "server.db") as server:
        site.cache = server
        plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}


@pytest.mark.parametrize("fault", [{"error": "ServerException"}, {"cut": "after"}])
def test_texts_that_cannot_be_read_for_a_moment_are_read_again(
    site: Site, fault: dict[str, str]
) -> None:
    """And what ECR recorded of the call that was cut off is not taken for somebody's pull."""
    releases(site, 3)
    plan = site.approved()
    site.fault("BatchGetImage", **fault)
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
    assert site.slept


def test_reads_that_leave_no_trace_are_not_remembered(site: Site) -> None:
    """So that a pull right after them is seen."""
    site.aws.world.exclude_pull_times("arn:aws:iam::123456789012:user/demo")
    releases(site, 3)
    plan = site.approved()
    site.carry_out(plan)
    assert site.store.our_reads(site.shelf.id) == {}


# crashes


def test_what_hangs_on_a_failure_stays_though_the_worker_dies(
    site: Site, family: dict[str, str]
) -> None:
    plan = site.approved()
    child = family["1.0-amd64"]
    site.aws.world.stick(site.shelf.repository, child)

    def die() -> None:
        raise Killed

    site.after("settle", 2, die)
    with pytest.raises(Killed):
        site.carry_out(plan)
    site.wait(minutes=2)
    plan = site.take_over(plan)
    assert site.outcomes(plan)[child] is Outcome.FAILED
    assert site.outcomes(plan)[family["signature"]] is Outcome.SPARED
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
    assert site.looks == 2


def test_killed_when_it_was_cut_short(site: Site) -> None:
    """Whoever comes next says so, too."""
    releases(site, MANY)
    plan = site.approved()

    def break_the_source() -> None:
        site.unread = "the file is gone"
        site.wait(minutes=11)
        site.die("commit")

    site.after("settle", 4, break_the_source)
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
    assert site.items(plan)[victim].outcome is Outcome.DELETED
    assert (plan.freed_bytes, plan.unconfirmed_bytes) == (2 * 1010, 1010)


def test_a_late_effect_of_an_index_skips_nothing(site: Site, family: dict[str, str]) -> None:
    plan = site.approved()
    site.fault("BatchDeleteImage", cut="before")
    site.after("digests", 1, lambda: gone(site, family["1.0"]))
    plan = site.carry_out(plan)
    assert set(site.outcomes(plan).values()) == {Outcome.DELETED}
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
        if called == "after settle" and site.outcomes(plan)[first[-1]] is Outcome.FAILED:
            for digest in first:
                gone(site, digest)

    site.hook = hook
    plan = site.carry_out(plan)
    assert plan.state is PlanState.STOPPED
    by_outcome = Counter(site.outcomes(plan).values())
    assert by_outcome == {Outcome.DELETED: 40, Outcome.SPARED: MANY - 40}
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
    assert site.items(plan)[victim].outcome is Outcome.SPARED
    assert site.items(plan)[victim].reason == DeletedElsewhere()
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
    assert site.items(plan)[victim].reason == DeletedElsewhere()
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
