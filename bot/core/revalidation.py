"""Compares an approved plan with a new one: finds images to skip, and those to delete next."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from operator import itemgetter

from bot.core.judge import JudgedManifest
from bot.core.manifest import DescribedImage, ImageStatus, Manifest, ManifestName
from bot.core.manifest_graph import Edges, ManifestGraph, build_graph
from bot.core.plan import Plan, content_hash
from bot.core.records import PlanRecord
from bot.core.result_reasons import (
    AllSourcesSwitchedOff,
    AlreadyDeleted,
    ArchivedAfterPlanning,
    KeptByRulesNow,
    ManifestRelation,
    NewPlanProblem,
    NewPlanProblems,
    NewRelatedManifest,
    NewReplicaRegistry,
    PartOfSkipped,
    PulledAfterPlanning,
    PushedAgain,
    RestoredAfterPlanning,
    ResultReason,
    SkippedWithRelated,
    SkipReason,
    SourceSwitchedOff,
    TagsChanged,
)
from bot.core.verdict_reasons import Reason, RuleName, Verdict

Skips = Mapping[str, SkipReason]
"""By digest, why the image is skipped."""

MIN_FAILURES = 10
FAILED_SHARE = 5
"""A run ends if one of this many deletions failed."""


@dataclass(frozen=True, slots=True)
class PlanComparison:
    """An approved plan, and new verdicts on all images of the repository and on those that this run
    has deleted. `graph`: the relations in both."""

    approved: Mapping[str, Manifest]
    now: Mapping[str, JudgedManifest]
    graph: ManifestGraph

    def changes(self, pending: Collection[str]) -> Skips:
        """The pending images that have changed."""
        return dict(chain(self._changed(pending), self._with_new_relatives(pending)))

    def changes_in(self, described: Mapping[str, DescribedImage | None]) -> Skips:
        """The same for images that ECR described just now; None: ECR no longer has the image."""
        return {
            digest: why
            for digest, entry in described.items()
            if (why := _why_different(self.approved[digest], entry))
        }

    def with_image_groups(
        self, changed: Skips, pending: Collection[str], deleted: AbstractSet[str]
    ) -> Skips:
        """All pending images of the image groups that have changed. `deleted`: by this run.

        Two changes skip no other images: an image of a group that this run has started to delete is
        gone, and an image only inherits its verdict.
        """
        is_any_gone = AlreadyDeleted() in changed.values()
        deleted_with_parts = self._deleted_with_parts(deleted) if is_any_gone else {}
        origins = {
            digest: digest
            for digest, why in sorted(changed.items(), key=itemgetter(0))
            if not (why == AlreadyDeleted() and digest in deleted_with_parts)
            and not self._only_inherits(digest, why)
        }
        _reach(self.graph.parents, origins)
        _reach(self.graph.dependents, origins)
        return {
            digest: changed.get(digest) or self._skipped_with(origins[digest], changed)
            for digest in {**origins, **changed}
            if digest in pending
        }

    def with_dependents(self, digests: Iterable[str], pending: Collection[str]) -> list[str]:
        """These images, and their children and referrers at any depth, as far as they are
        pending."""
        origins = {digest: digest for digest in digests}
        _reach(self.graph.dependents, origins)
        return [digest for digest in origins if digest in pending]

    def dependents_of(self, parent: str, pending: Collection[str], why: ResultReason) -> Skips:
        """The pending children and referrers, at any depth, of an image whose deletion failed.
        `why`: the reason for the failure."""
        origins = {parent: parent}
        _reach(self.graph.dependents, origins)
        about_it = PartOfSkipped(self._name(parent), why)
        return {d: about_it for d in origins if d in pending and d != parent}

    def _deleted_with_parts(self, deleted: AbstractSet[str]) -> Mapping[str, str]:
        """The images that this run has deleted, and their children and referrers."""
        deleted_with_parts = {digest: digest for digest in deleted}
        _reach(self.graph.dependents, deleted_with_parts)
        return deleted_with_parts

    def _changed(self, pending: Iterable[str]) -> Iterator[tuple[str, SkipReason]]:
        for digest in pending:
            if why := _why_changed(self.approved[digest], self.now.get(digest)):
                yield digest, why

    def _with_new_relatives(self, pending: Collection[str]) -> Iterator[tuple[str, SkipReason]]:
        relatives = (self.graph.parents, self.graph.dependents)
        for new in sorted(filter(self._is_newly_related, self.now)):
            for digest in chain.from_iterable(each.get(new, ()) for each in relatives):
                if digest in pending and digest in self.now:
                    yield digest, self._new_relative(new, digest)

    def _is_newly_related(self, digest: str) -> bool:
        """The image is new, or a new tag makes it a referrer of another image."""
        before, after = self.approved.get(digest), self.now[digest].manifest
        return before is None or not {*after.tag_subjects} <= {*before.tag_subjects}

    def _new_relative(self, relative: str, digest: str) -> NewRelatedManifest:
        new, known = self.graph.manifests[relative], self.graph.manifests[digest]
        if digest in new.children:
            relation = ManifestRelation.INDEX
        elif relative in known.children:
            relation = ManifestRelation.CHILD
        elif digest in (new.subject, *new.tag_subjects):
            relation = ManifestRelation.REFERRER
        else:
            relation = ManifestRelation.SUBJECT
        return NewRelatedManifest(new.shown_name, relation)

    def _only_inherits(self, digest: str, why: SkipReason) -> bool:
        judged = self.now.get(digest)
        return (
            judged is not None
            and why == _kept_now(judged)
            and all(reason.rule is RuleName.FOLLOWS for reason in judged.reasons)
        )

    def _skipped_with(self, origin: str, changed: Skips) -> SkippedWithRelated:
        return SkippedWithRelated(self._name(origin), changed[origin])

    def _name(self, digest: str) -> ManifestName:
        return self.graph.manifests[digest].shown_name


def compare(approved: Plan, now: Plan) -> PlanComparison:
    before = {judged.manifest.digest: judged.manifest for judged in approved.judged}
    after = {judged.manifest.digest: judged for judged in now.judged}
    both = before | {digest: judged.manifest for digest, judged in after.items()}
    return PlanComparison(before, after, build_graph(both.values()))


def deleted_manifests(approved: Plan, deleted: AbstractSet[str]) -> list[Manifest]:
    """The manifests that this run has deleted, so that their children and referrers can be judged.
    Without tags, since they do not count among the newest images."""
    manifests = (judged.manifest for judged in approved.judged)
    return [replace(each, tags=(), names=()) for each in manifests if each.digest in deleted]


def is_approved_content(plan: PlanRecord, content: Plan) -> bool:
    """Whether there are current approvals, and all of them have the hash of this content. An
    approval without a hash matches no content."""
    found = content_hash(content)
    approvals = plan.current_approvals
    return bool(approvals) and all(approval.hash == found for approval in approvals)


def find_new_plan_problems(approved: Plan, now: Plan) -> NewPlanProblems | None:
    """Why the new plan forbids all deletions; None if it does not."""
    changes = tuple(_new_plan_problems(approved, now))
    return NewPlanProblems(changes) if changes else None


def next_pass(order: Sequence[str], pending: AbstractSet[str], graph: ManifestGraph) -> list[str]:
    """The images that can be deleted now. Indexes come before their children, and subjects before
    their referrers. An image waits until ECR has confirmed that its parents are deleted."""
    return [
        digest
        for digest in order
        if digest in pending and pending.isdisjoint(graph.parents.get(digest, ()))
    ]


def too_many_failures(failed: int, tried: int) -> bool:
    """Whether the run ends because of failures: at least ten, and a fifth of all deletions."""
    return failed >= MIN_FAILURES and failed * FAILED_SHARE >= tried


def _new_plan_problems(approved: Plan, now: Plan) -> Iterator[NewPlanProblem]:
    yield from now.problems
    if not now.checked:
        yield AllSourcesSwitchedOff()
    for source in now.usage.not_checked:
        if source not in approved.usage.not_checked:
            yield SourceSwitchedOff(source)
    for place in now.deleted_also_in:
        if place not in approved.deleted_also_in:
            yield NewReplicaRegistry(place)


def _why_changed(before: Manifest, after: JudgedManifest | None) -> SkipReason | None:
    """A change of the image comes before a change of its verdict, which may only follow from it."""
    if after is None:
        return AlreadyDeleted()
    manifest = after.manifest
    return (
        _why_retagged(before, manifest.tags)
        or _why_pushed(before, manifest.pushed_at)
        or _why_restored(before, manifest.restored_at)
        or _why_pulled(before, manifest.pulled_at)
        or _kept_now(after)
    )


def _why_different(before: Manifest, after: DescribedImage | None) -> SkipReason | None:
    if after is None:
        return AlreadyDeleted()
    return (
        _why_retagged(before, tuple(sorted(after.tags)))
        or _why_pushed(before, after.pushed_at)
        or _why_restored(before, after.restored_at)
        or _why_pulled(before, after.pulled_at)
        or _why_archived(after.status)
    )


def _kept_now(judged: JudgedManifest) -> KeptByRulesNow | None:
    if judged.verdict is Verdict.DELETE:
        return None
    return KeptByRulesNow(_first_own_reason(judged.reasons))


def _why_archived(status: str) -> ArchivedAfterPlanning | None:
    return None if status == ImageStatus.ACTIVE else ArchivedAfterPlanning()


def _why_pushed(before: Manifest, pushed_at: datetime | None) -> PushedAgain | None:
    """The image was deleted and pushed again, since it was needed."""
    if pushed_at is None or pushed_at == before.pushed_at:
        return None
    return PushedAgain(pushed_at)


def _why_restored(before: Manifest, restored_at: datetime | None) -> RestoredAfterPlanning | None:
    """The image was archived after the plan was made, and restored, since it was needed."""
    if restored_at is None or restored_at == before.restored_at:
        return None
    return RestoredAfterPlanning(restored_at)


def _why_pulled(before: Manifest, pulled_at: datetime | None) -> PulledAfterPlanning | None:
    if pulled_at is None or (before.pulled_at is not None and pulled_at <= before.pulled_at):
        return None
    return PulledAfterPlanning(pulled_at)


def _why_retagged(before: Manifest, after: tuple[str, ...]) -> TagsChanged | None:
    return None if after == before.tags else TagsChanged(before.tags, after)


def _first_own_reason(reasons: tuple[Reason, ...]) -> Reason:
    own = (reason for reason in reasons if reason.rule is not RuleName.FOLLOWS)
    return next(own, reasons[0])


def _reach(edges: Edges, origins: dict[str, str]) -> None:
    """Adds all digests that the edges reach, each with its starting digest."""
    waiting = list(origins)
    while waiting:
        digest = waiting.pop()
        for end in edges.get(digest, ()):
            if end not in origins:
                origins[end] = origins[digest]
                waiting.append(end)
