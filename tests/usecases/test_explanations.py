"""Explaining a manifest, and finding deleted ones."""

import pytest

from bot.core.errors import RequestError
from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.plan import Plan, PlanState
from bot.core.records import AuditEventName, ImageOutcome, ImageResult, PlanRecord
from bot.core.verdict_reasons import NoRuleKeeps, Verdict
from bot.usecases.explanations import explain, find_deleted, find_kept_manifest
from tests.render.builders import image, plan
from tests.store.support import HERE, THERE, closed, propose, run_of, seen, started
from tests.support import image_text
from tests.usecases.scene import Scene
from tests.usecases.site import Site

CHILDREN = (image(1), image(2))
INDEX = image(
    3,
    "multi",
    content=ManifestContent(OCI_INDEX, children=tuple(child.digest for child in CHILDREN)),
    media_type=OCI_INDEX,
)
ALONE = image(4, "1.0", "stable", age=1)


@pytest.fixture
def made() -> Plan:
    return plan(INDEX, *CHILDREN, ALONE, newest=1)


@pytest.mark.parametrize("reference", ["1.0", "stable", ALONE.digest])
def test_what_is_alone(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.manifest == ALONE
    assert found.judged.verdict is Verdict.KEEP
    assert found.family == [found.judged]
    assert found.repository == made.repository


@pytest.mark.parametrize("reference", ["multi", CHILDREN[0].digest])
def test_a_family(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.verdict is Verdict.DELETE
    assert [each.manifest for each in found.family] == [*CHILDREN, INDEX]


def test_the_beginning_of_a_digest() -> None:
    odd = image(10**63)
    made = plan(odd, image(1), image(2))
    assert explain(made, odd.digest[: len("sha256:") + 6]).judged.manifest == odd
    with pytest.raises(RequestError, match="has no tag or digest sha256:10000"):
        explain(made, odd.digest[: len("sha256:") + 5])


def test_an_ambiguous_beginning(made: Plan) -> None:
    with pytest.raises(RequestError, match=r"matches sha256:0000.* and 1 more: give more of"):
        explain(made, "sha256:000000")


@pytest.mark.parametrize(
    ("reference", "hint"),
    [("mutli", "did you mean multi?"), ("zzz", "ecr-clean plan lists all of them")],
)
def test_what_is_not_there(reference: str, hint: str, made: Plan) -> None:
    with pytest.raises(RequestError) as caught:
        explain(made, reference)
    assert str(caught.value) == f"team/api has no tag or digest {reference}: {hint}"


def begun(scene: Scene) -> PlanRecord:
    """`old` is deleted, and nobody knows yet of `older`."""
    plan = propose(scene.store)
    run = run_of(plan)
    assert scene.store.commit(started(plan, run))
    assert scene.store.record_results(
        run, [ImageResult("sha256:old", ImageOutcome.DELETED, NoRuleKeeps())], [], []
    )
    return seen(scene.store, plan.id)


def end(scene: Scene, plan: PlanRecord, state: PlanState) -> None:
    assert scene.store.commit(closed(plan, state, AuditEventName.ENDED))


def test_while_it_is_carried_out_and_afterwards(scene: Scene) -> None:
    plan = begun(scene)
    for state in (PlanState.EXECUTING, PlanState.STOPPED):
        deleted = find_deleted(scene.store, HERE, "old")
        assert deleted
        assert (deleted.plan.id, deleted.plan.state) == (plan.id, state)
        assert (deleted.item.digest, deleted.item.reason) == ("sha256:old", NoRuleKeeps())
        if state is PlanState.EXECUTING:
            end(scene, plan, PlanState.STOPPED)
    assert find_deleted(scene.store, HERE, "sha256:old") is None, "too short for a digest"


def test_what_was_not_deleted(scene: Scene) -> None:
    assert find_deleted(scene.store, HERE, "old") is None
    dismissed = propose(scene.store)
    assert scene.store.commit(closed(dismissed, PlanState.DISMISSED, AuditEventName.DISMISSED))
    propose(scene.store)
    assert find_deleted(scene.store, HERE, "old") is None


def test_by_which_plan_last(scene: Scene) -> None:
    first = begun(scene)
    assert find_deleted(scene.store, HERE, "older") is None
    assert find_deleted(scene.store, THERE, "old") is None
    end(scene, first, PlanState.FAILED)
    second = begun(scene)
    end(scene, second, PlanState.DONE)
    assert find_deleted(scene.store, THERE, "old") is None
    deleted = find_deleted(scene.store, HERE, "old")
    assert deleted
    assert deleted.plan.id in {first.id, second.id}


@pytest.fixture
def deleted(site: Site) -> PlanRecord:
    """Carried out: 1.0 is deleted, 1.1 was used again, and skipped."""
    for number in range(4):
        site.shelf.image(f"1.{number}", age=60 - number)
    plan = site.approved()
    site.in_use[site.shelf.repository.digest_by_tag["1.1"]] = ("somebody",)
    return site.carry_out(plan)


def digest_of(site: Site, deleted: PlanRecord, tag: str) -> str:
    return next(digest for digest, item in site.items(deleted).items() if tag in item.tags)


@pytest.mark.parametrize("length", [None, 64 + 7, 7 + 6])
def test_by_tag_digest_and_the_beginning_of_one(
    site: Site, deleted: PlanRecord, length: int | None
) -> None:
    reference = "1.0" if length is None else digest_of(site, deleted, "1.0")[:length]
    assert find_kept_manifest(site.store, deleted, reference).text == image_text("1.0")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("2.0", "deletes no manifest with the tag or digest 2.0"),
        ("sha256:", "deletes no manifest with the tag or digest sha256:"),
        ("1.1", "its outcome is skipped"),
    ],
)
def test_what_there_is_nothing_of(
    site: Site, deleted: PlanRecord, reference: str, why: str
) -> None:
    with pytest.raises(RequestError, match=why):
        find_kept_manifest(site.store, deleted, reference)


def test_a_beginning_of_several(
    site: Site, deleted: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.manifest._SHORTEST", len("sha256:"))
    with pytest.raises(RequestError, match="matches sha256:"):
        find_kept_manifest(site.store, deleted, "sha256:")
