"""The invariants of every plan, checked without the graph that makes the plan."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bot.core.judge import JudgedManifest
from bot.core.manifest import Manifest
from bot.core.plan import Plan
from bot.core.policy import PlanInputs
from bot.core.rules.tags import TagsRule
from bot.core.verdict_reasons import RuleName, Verdict
from bot.render.reasons import reason_words

ALONE = {
    RuleName.TAGS,
    RuleName.NEWEST,
    RuleName.SEMVER,
    RuleName.PUSHED_WITHIN,
    RuleName.PULLED_WITHIN,
    RuleName.USED_WITHIN,
    RuleName.PINNED,
    RuleName.ARTIFACT,
    RuleName.ORPHAN,
}
"""The rules that keep a part without its parents."""

FOR_DELETED = {RuleName.NOTHING_KEEPS, RuleName.FOLLOWS}
FOR_KEPT = set(RuleName) - {RuleName.NOTHING_KEEPS}

SCHEME = re.compile(r"sha256-([0-9a-f]{64})")

ParentsByDigest = Mapping[str, set[str]]


def check(manifests: Sequence[Manifest], inputs: PlanInputs, plan: Plan) -> None:
    above = parents(manifests)
    kept = {j.manifest.digest: j for j in plan.judged if j.verdict is Verdict.KEEP}
    deleted = {j.manifest.digest: j for j in plan.judged if j.verdict is Verdict.DELETE}
    verdicts_cover_the_inventory(manifests, plan)
    deletions_are_the_verdicts(plan, deleted)
    parts_of_kept_manifests_are_kept(above, kept)
    image_groups_share_their_verdict(above, kept, deleted)
    the_parent_is_the_nearest_and_preferably_kept(above, plan, kept)
    no_root_with_a_kept_tag_is_deleted(above, inputs, deleted)
    no_used_or_pinned_image_is_deleted(inputs, deleted)
    unreadable_manifests_keep_untagged_images(plan, kept, deleted)
    ecr_accepts_the_order(manifests, plan)
    savings_are_bytes_of_deleted_manifests_only(plan, kept, deleted)


def parents(manifests: Iterable[Manifest]) -> ParentsByDigest:
    """By digest, the indexes and subjects of each manifest that are in the repository."""
    present = {m.digest: m for m in manifests}
    above: dict[str, set[str]] = {digest: set() for digest in present}
    for digest, manifest in present.items():
        for child in manifest.children:
            if child in present and child != digest:
                above[child].add(digest)
        subjects = {f"sha256:{form[1]}" for tag in manifest.tags if (form := SCHEME.match(tag))}
        subjects.add(manifest.subject or digest)
        above[digest] |= (subjects - {digest}) & present.keys()
    return above


def verdicts_cover_the_inventory(manifests: Sequence[Manifest], plan: Plan) -> None:
    assert [j.manifest.digest for j in plan.judged] == sorted({m.digest for m in manifests})
    for judged in plan.judged:
        allowed = FOR_KEPT if judged.verdict is Verdict.KEEP else FOR_DELETED
        assert judged.reasons
        assert {reason.rule for reason in judged.reasons} <= allowed
        assert all(map(reason_words, judged.reasons))


def deletions_are_the_verdicts(plan: Plan, deleted: Mapping[str, JudgedManifest]) -> None:
    assert sorted(plan.delete) == sorted(deleted)


def parts_of_kept_manifests_are_kept(
    above: ParentsByDigest, kept: Mapping[str, JudgedManifest]
) -> None:
    for digest, parents_of_it in above.items():
        assert digest in kept or parents_of_it.isdisjoint(kept)


def image_groups_share_their_verdict(
    above: ParentsByDigest,
    kept: Mapping[str, JudgedManifest],
    deleted: Mapping[str, JudgedManifest],
) -> None:
    for digest, judged in kept.items():
        own = {reason.rule for reason in judged.reasons} - {RuleName.FOLLOWS}
        assert own or above[digest] & kept.keys()
        if above[digest] & deleted.keys() and not above[digest] & kept.keys():
            assert own & ALONE
    for digest, judged in deleted.items():
        expected = RuleName.FOLLOWS if above[digest] else RuleName.NOTHING_KEEPS
        assert [reason.rule for reason in judged.reasons] == [expected]


def the_parent_is_the_nearest_and_preferably_kept(
    above: ParentsByDigest, plan: Plan, kept: Mapping[str, JudgedManifest]
) -> None:
    for judged in plan.judged:
        candidates = above[judged.manifest.digest]
        best = min(candidates & kept.keys() or candidates, default=None)
        assert judged.parent == best


def no_root_with_a_kept_tag_is_deleted(
    above: ParentsByDigest, inputs: PlanInputs, deleted: Mapping[str, JudgedManifest]
) -> None:
    rules = inputs.policy.keep if inputs.policy else ()
    for digest, judged in deleted.items():
        for rule in rules:
            if isinstance(rule, TagsRule) and not above[digest]:
                assert not any(map(rule.filter.matches, judged.manifest.tags))


def no_used_or_pinned_image_is_deleted(
    inputs: PlanInputs, deleted: Mapping[str, JudgedManifest]
) -> None:
    assert inputs.policy or not deleted
    for digest, judged in deleted.items():
        manifest = judged.manifest
        assert manifest.status == "ACTIVE"
        assert not judged.used_by
        assert digest not in inputs.usage.by_digest
        assert digest not in inputs.usage.by_past_tag
        assert inputs.usage.by_tag.keys().isdisjoint(manifest.tags)
        assert manifest.pushed_at is not None
        if inputs.policy:
            assert inputs.now - manifest.pushed_at >= inputs.policy.min_age
        for pin in inputs.pins:
            if pin.until is None or pin.until > inputs.now:
                assert pin.pin not in (digest, *manifest.tags)


def unreadable_manifests_keep_untagged_images(
    plan: Plan, kept: Mapping[str, JudgedManifest], deleted: Mapping[str, JudgedManifest]
) -> None:
    if any(has_unknown_parts(judged.manifest) for judged in plan.judged):
        assert not plan.complete
        assert all(judged.manifest.tags for judged in deleted.values())
    for judged in kept.values():
        if has_unknown_parts(judged.manifest):
            assert RuleName.UNKNOWN in {reason.rule for reason in judged.reasons}


def has_unknown_parts(manifest: Manifest) -> bool:
    return not manifest.type_is_known or (manifest.is_index and manifest.unread is not None)


def ecr_accepts_the_order(manifests: Iterable[Manifest], plan: Plan) -> None:
    """ECR refuses to delete a manifest of an index: ImageReferencedByManifestList."""
    listed_by: defaultdict[str, set[str]] = defaultdict(set)
    for manifest in manifests:
        for child in manifest.children:
            listed_by[child].add(manifest.digest)
    deleted: set[str] = set()
    for digest in plan.delete:
        assert listed_by[digest] <= deleted
        deleted.add(digest)


def savings_are_bytes_of_deleted_manifests_only(
    plan: Plan, kept: Mapping[str, JudgedManifest], deleted: Mapping[str, JudgedManifest]
) -> None:
    savings = plan.savings
    assert savings.listed_bytes == sum(
        judged.manifest.size_bytes for judged in deleted.values() if not judged.manifest.is_index
    )
    of_kept, of_deleted = _blobs(kept.values()), _blobs(deleted.values())
    unread_kept, unread_deleted = _unread(kept.values()), _unread(deleted.values())
    by_layers = savings.freed_bytes - sum(manifest.size_bytes for manifest in unread_deleted)
    assert by_layers <= sum(of_deleted.values())
    assert by_layers + sum(of_kept.values()) == sum((of_deleted | of_kept).values())
    if unread_kept or unread_deleted:
        assert not savings.exact


def _unread(judged: Iterable[JudgedManifest]) -> list[Manifest]:
    return [j.manifest for j in judged if not j.manifest.is_index and j.manifest.blobs is None]


def _blobs(judged: Iterable[JudgedManifest]) -> dict[str, int]:
    return {blob.digest: blob.size for j in judged for blob in j.manifest.blobs or ()}
