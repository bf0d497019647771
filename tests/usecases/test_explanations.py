"""Explaining a manifest, and finding deleted ones."""

import pytest

from bot.core.errors import RequestError
from bot.core.manifest import OCI_INDEX, ManifestContent
from bot.core.plan import Plan, PlanState
from bot.core.records import AuditEventName, ImageOutcome, ImageResult, PlanRecord
from bot.core.verdict_reasons import NoRuleKeeps, Verdict
from bot.render.errors import error_words
from bot.render.hints import Surface
from bot.usecases.explanations import explain, find_deleted, find_kept_manifest
from tests.render.builders import image, plan
from tests.store.support import HERE, THERE, closed, propose, run_of, seen, started
from tests.support import image_text
from tests.usecases.aws_env import AwsEnv
from tests.usecases.store_env import StoreEnv

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
def test_an_image_without_parts(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.manifest == ALONE
    assert found.judged.verdict is Verdict.KEEP
    assert found.family == [found.judged]
    assert found.repository == made.repository


@pytest.mark.parametrize("reference", ["multi", CHILDREN[0].digest])
def test_an_image_group(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.verdict is Verdict.DELETE
    assert [each.manifest for each in found.family] == [*CHILDREN, INDEX]


def test_the_start_of_a_digest() -> None:
    odd = image(10**63)
    made = plan(odd, image(1), image(2))
    assert explain(made, odd.digest[: len("sha256:") + 6]).judged.manifest == odd
    with pytest.raises(RequestError, match="has no tag or digest sha256:10000"):
        explain(made, odd.digest[: len("sha256:") + 5])


def test_an_ambiguous_start_of_a_digest(made: Plan) -> None:
    with pytest.raises(RequestError, match=r"matches sha256:0000.* and 1 more: give more of"):
        explain(made, "sha256:000000")


@pytest.mark.parametrize(
    ("reference", "hint"),
    [("mutli", "did you mean multi?"), ("zzz", "ecr-clean plan team/api lists all of them")],
)
def test_an_unknown_manifest(reference: str, hint: str, made: Plan) -> None:
    with pytest.raises(RequestError) as caught:
        explain(made, reference)
    words = error_words(caught.value, Surface.TERMINAL)
    assert words == f"team/api has no tag or digest {reference}: {hint}"


def started_plan(env: StoreEnv) -> PlanRecord:
    """A started plan: `old` is deleted, and `older` is pending."""
    plan = propose(env.store)
    run = run_of(plan)
    assert env.store.commit(started(plan, run))
    assert env.store.record_results(
        run, [ImageResult("sha256:old", ImageOutcome.DELETED, NoRuleKeeps())], [], []
    )
    return seen(env.store, plan.id)


def end(env: StoreEnv, plan: PlanRecord, state: PlanState) -> None:
    assert env.store.commit(closed(plan, state, AuditEventName.ENDED))


def test_deleted_manifests_are_found_during_and_after_the_run(env: StoreEnv) -> None:
    plan = started_plan(env)
    for state in (PlanState.EXECUTING, PlanState.STOPPED):
        deleted = find_deleted(env.store, HERE, "old")
        assert deleted
        assert (deleted.plan.id, deleted.plan.state) == (plan.id, state)
        assert (deleted.item.digest, deleted.item.reason) == ("sha256:old", NoRuleKeeps())
        if state is PlanState.EXECUTING:
            end(env, plan, PlanState.STOPPED)
    assert find_deleted(env.store, HERE, "sha256:old") is None, "too short for a digest"


def test_a_manifest_that_was_not_deleted(env: StoreEnv) -> None:
    assert find_deleted(env.store, HERE, "old") is None
    dismissed = propose(env.store)
    assert env.store.commit(closed(dismissed, PlanState.DISMISSED, AuditEventName.DISMISSED))
    propose(env.store)
    assert find_deleted(env.store, HERE, "old") is None


def test_the_last_plan_that_deleted_a_manifest(env: StoreEnv) -> None:
    first = started_plan(env)
    assert find_deleted(env.store, HERE, "older") is None
    assert find_deleted(env.store, THERE, "old") is None
    end(env, first, PlanState.FAILED)
    second = started_plan(env)
    end(env, second, PlanState.DONE)
    assert find_deleted(env.store, THERE, "old") is None
    deleted = find_deleted(env.store, HERE, "old")
    assert deleted
    assert deleted.plan.id in {first.id, second.id}


@pytest.fixture
def deleted(aws_env: AwsEnv) -> PlanRecord:
    """An ended plan: 1.0 is deleted; 1.1 was used again, and is skipped."""
    for number in range(4):
        aws_env.shelf.image(f"1.{number}", age=60 - number)
    plan = aws_env.approved()
    aws_env.in_use[aws_env.shelf.repository.digest_by_tag["1.1"]] = ("somebody",)
    return aws_env.execute(plan)


def digest_of(aws_env: AwsEnv, deleted: PlanRecord, tag: str) -> str:
    return next(digest for digest, item in aws_env.items(deleted).items() if tag in item.tags)


@pytest.mark.parametrize("length", [None, 64 + 7, 7 + 6])
def test_by_tag_digest_and_start_of_a_digest(
    aws_env: AwsEnv, deleted: PlanRecord, length: int | None
) -> None:
    reference = "1.0" if length is None else digest_of(aws_env, deleted, "1.0")[:length]
    assert find_kept_manifest(aws_env.store, deleted, reference).text == image_text("1.0")


@pytest.mark.parametrize(
    ("reference", "why"),
    [
        ("2.0", "deletes no manifest with the tag or digest 2.0"),
        ("sha256:", "deletes no manifest with the tag or digest sha256:"),
        ("1.1", "its outcome is skipped"),
    ],
)
def test_manifests_whose_text_is_not_stored(
    aws_env: AwsEnv, deleted: PlanRecord, reference: str, why: str
) -> None:
    with pytest.raises(RequestError, match=why):
        find_kept_manifest(aws_env.store, deleted, reference)


def test_a_start_of_several_digests(
    aws_env: AwsEnv, deleted: PlanRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.core.manifest._SHORTEST_DIGEST_START", len("sha256:"))
    with pytest.raises(RequestError, match="matches sha256:"):
        find_kept_manifest(aws_env.store, deleted, "sha256:")
