"""Explains why a manifest is kept or deleted, and finds deleted manifests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from bot.core.errors import HintedError, RequestError
from bot.core.hints import DidYouMean, ListDeletions, ListManifests
from bot.core.judge import JudgedManifest
from bot.core.last_use import LastUse
from bot.core.manifest import reference_matches
from bot.core.manifest_graph import build_graph, image_group_of
from bot.core.plan import Plan, PlanState
from bot.core.records import ImageOutcome, KeptManifest, PlanItem, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.text_formatting import first_few
from bot.usecases.usage_history import last_uses_of_groups

if TYPE_CHECKING:
    from bot.store.store import Store


class ManifestNotFoundError(HintedError):
    """The plan has no manifest with this tag or digest. `close`: the most similar tag."""

    def __init__(self, repository: RepositoryId, reference: str, close: str | None) -> None:
        hint = DidYouMean(close) if close else ListManifests(repository.name)
        super().__init__(f"{repository.name} has no tag or digest {reference}", hint)
        self.close = close


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why the plan keeps or deletes a manifest. `family`: the image group that is kept or deleted
    with it, itself included, lowest digest first. `last_use`: when a scan last saw a part of it in
    use, if none is in use now."""

    repository: RepositoryId
    judged: JudgedManifest
    family: Sequence[JudgedManifest]
    last_use: LastUse | None = None


def explain(plan: Plan, reference: str) -> Explanation:
    """Explains the verdict on a manifest. `reference`: a tag, a digest or the start of a digest.
    Raises RequestError if it matches several manifests, and ManifestNotFoundError if it matches
    none."""
    found = [
        each
        for each in plan.judged
        if reference_matches(reference, each.manifest.digest, each.manifest.tags)
    ]
    if not found:
        raise ManifestNotFoundError(plan.repository, reference, _closest(plan, reference))
    if len(found) > 1:
        digests = first_few([each.manifest.digest for each in found])
        raise RequestError(f"{reference} matches {digests}: give more of the digest")
    by_digest = {each.manifest.digest: each for each in plan.judged}
    graph = build_graph(each.manifest for each in plan.judged)
    family = image_group_of(graph, found[0].manifest.digest)
    return Explanation(plan.repository, found[0], [by_digest[digest] for digest in family])


def with_last_use(store: "Store | None", explained: Explanation) -> Explanation:
    """Without a store, no use is remembered. Raises ServiceError if the database fails."""
    if store is None:
        return explained
    (last_use,) = last_uses_of_groups(store, explained.repository, [explained.family])
    return replace(explained, last_use=last_use)


def _closest(plan: Plan, reference: str) -> str | None:
    tags = [tag for each in plan.judged for tag in each.manifest.tags]
    return next(iter(get_close_matches(reference, tags, n=1)), None)


MAX_PLANS_SEARCHED = 100
"""For one repository, newest first."""


@dataclass(frozen=True, slots=True)
class DeletedManifest:
    """A manifest that the bot deleted, and the plan that deleted it."""

    plan: PlanRecord
    item: PlanItem


def find_deleted(
    store: "Store", repository: RepositoryId, reference: str
) -> DeletedManifest | None:
    """Finds the last deleted manifest that matches. `reference`: a tag that it had, its digest, or
    the start of its digest."""
    for plan in _carried_out(store, repository):
        for item in store.items(plan.id, plan.version):
            was_deleted = item.outcome is ImageOutcome.DELETED
            if was_deleted and reference_matches(reference, item.digest, item.tags):
                return DeletedManifest(plan, item)
    return None


def _carried_out(store: "Store", repository: RepositoryId) -> Iterator[PlanRecord]:
    """Plans that deleted all or some of their images, newest first."""
    open_plan = store.open_plan(repository)
    if open_plan and open_plan.state is PlanState.EXECUTING:
        yield open_plan
    yield from store.executed_plans(MAX_PLANS_SEARCHED, repository)


def find_kept_manifest(store: "Store", plan: PlanRecord, reference: str) -> KeptManifest:
    """The stored text of a deleted manifest. `reference`: as in `find_deleted`.

    Raises RequestError if the plan does not delete this manifest, or its text is not stored."""
    items = store.items(plan.id, plan.version)
    found = [item for item in items if reference_matches(reference, item.digest, item.tags)]
    if not found:
        raise HintedError(
            f"The plan {plan.id} deletes no manifest with the tag or digest {reference}",
            ListDeletions(plan.id, plan.repository.name),
        )
    if len(found) > 1:
        digests = first_few([item.digest for item in found])
        raise RequestError(f"{reference} matches {digests}: give more of the digest")
    kept = store.kept_manifest(plan.repository.uri, found[0].digest)
    if kept is None:
        raise RequestError(
            f"The text of {found[0].digest} is not stored: its outcome is {found[0].outcome}, and "
            "texts are stored only right before a deletion"
        )
    return kept
