"""What of an approved plan is spared, since something changed after people saw it."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain
from operator import itemgetter

from bot.core.graph import Edges, Graph, build_graph
from bot.core.judge import Judged
from bot.core.manifest import Described, ImageStatus, Manifest, ManifestName
from bot.core.plan import Plan
from bot.core.reasons import Reason, RuleName, Verdict
from bot.core.result_reasons import (
    ArchivedSince,
    DeletedElsewhere,
    GotRelative,
    KeptNow,
    PartOfKept,
    PulledSince,
    PushedAgain,
    Relation,
    RestoredSince,
    ResultReason,
    SkippedWith,
    SkipReason,
    TagsChanged,
)

Why = Mapping[str, SkipReason]
"""By digest why it is skipped."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """A plan as it was approved, and what the rules say now of all that is there, and of what this
    run has deleted. `graph`: how all of both hang together."""

    approved: Mapping[str, Manifest]
    now: Mapping[str, Judged]
    graph: Graph

    def changes(self, pending: Collection[str]) -> Why:
        """What of all that is still to go has changed."""
        return dict(chain(self._changed(pending), self._with_newcomers(pending)))

    def changes_by(self, described: Mapping[str, Described | None]) -> Why:
        """The same, by how some of it was described just now: None is what ECR has no more."""
        return {
            digest: why
            for digest, entry in described.items()
            if (why := _why_different(self.approved[digest], entry))
        }

    def with_families(
        self, changed: Why, pending: Collection[str], deleted: AbstractSet[str]
    ) -> Why:
        """All that is still to go, and shares the fate of what has changed. Of a family that this
        run has begun to delete, what is gone spares nothing else. What only follows something that
        stays spares nothing else that lists it. `deleted`: by this run."""
        is_any_gone = DeletedElsewhere() in changed.values()
        begun = self._begun(deleted) if is_any_gone else {}
        origins = {
            digest: digest
            for digest, why in sorted(changed.items(), key=itemgetter(0))
            if not (why == DeletedElsewhere() and digest in begun)
            and not self._only_follows(digest, why)
        }
        _reach(self.graph.parents, origins)
        _reach(self.graph.dependents, origins)
        return {
            digest: changed.get(digest) or self._stays_with(origins[digest], changed)
            for digest in {**origins, **changed}
            if digest in pending
        }

    def _begun(self, deleted: AbstractSet[str]) -> Mapping[str, str]:
        """What hangs on something that this run has deleted."""
        begun = {digest: digest for digest in deleted}
        _reach(self.graph.dependents, begun)
        return begun

    def with_dependents(self, digests: Iterable[str], pending: Collection[str]) -> list[str]:
        """These, and what of the rest hangs on them."""
        origins = {digest: digest for digest in digests}
        _reach(self.graph.dependents, origins)
        return [digest for digest in origins if digest in pending]

    def below(self, parent: str, pending: Collection[str], why: ResultReason) -> Why:
        """What hangs on a manifest that stays, though it was to go."""
        origins = {parent: parent}
        _reach(self.graph.dependents, origins)
        about_it = PartOfKept(self._name(parent), why)
        return {d: about_it for d in origins if d in pending and d != parent}

    def _changed(self, pending: Iterable[str]) -> Iterator[tuple[str, SkipReason]]:
        for digest in pending:
            if why := _why_changed(self.approved[digest], self.now.get(digest)):
                yield digest, why

    def _with_newcomers(self, pending: Collection[str]) -> Iterator[tuple[str, SkipReason]]:
        relatives = (self.graph.parents, self.graph.dependents)
        for newcomer in sorted(filter(self._hangs_anew, self.now)):
            for digest in chain.from_iterable(each.get(newcomer, ()) for each in relatives):
                if digest in pending and digest in self.now:
                    yield digest, self._got(newcomer, digest)

    def _hangs_anew(self, digest: str) -> bool:
        """It was not there, or a tag makes it a referrer of something else."""
        before, after = self.approved.get(digest), self.now[digest].manifest
        return before is None or not {*after.tag_subjects} <= {*before.tag_subjects}

    def _got(self, newcomer: str, digest: str) -> GotRelative:
        new, known = self.graph.manifests[newcomer], self.graph.manifests[digest]
        if digest in new.children:
            relation = Relation.INDEX
        elif newcomer in known.children:
            relation = Relation.CHILD
        elif digest in (new.subject, *new.tag_subjects):
            relation = Relation.REFERRER
        else:
            relation = Relation.SUBJECT
        return GotRelative(new.shown_name, relation)

    def _only_follows(self, digest: str, why: SkipReason) -> bool:
        judged = self.now.get(digest)
        return (
            judged is not None
            and why == _kept_now(judged)
            and all(reason.rule is RuleName.FOLLOWS for reason in judged.reasons)
        )

    def _stays_with(self, origin: str, changed: Why) -> SkippedWith:
        return SkippedWith(self._name(origin), changed[origin])

    def _name(self, digest: str) -> ManifestName:
        return self.graph.manifests[digest].shown_name


def compare(approved: Plan, now: Plan) -> Comparison:
    before = {judged.manifest.digest: judged.manifest for judged in approved.judged}
    after = {judged.manifest.digest: judged for judged in now.judged}
    both = before | {digest: judged.manifest for digest, judged in after.items()}
    return Comparison(before, after, build_graph(both.values()))


def gone_of(approved: Plan, deleted: AbstractSet[str]) -> list[Manifest]:
    """What this run has deleted, for judging what hangs on it: without tags it takes nobody's
    place."""
    manifests = (judged.manifest for judged in approved.judged)
    return [replace(each, tags=(), names=()) for each in manifests if each.digest in deleted]


def _why_changed(before: Manifest, after: Judged | None) -> SkipReason | None:
    """What people did to it says more than what the rules make of that."""
    if after is None:
        return DeletedElsewhere()
    manifest = after.manifest
    return (
        _why_retagged(before, manifest.tags)
        or _why_pushed(before, manifest.pushed_at)
        or _why_restored(before, manifest.restored_at)
        or _why_pulled(before, manifest.pulled_at)
        or _kept_now(after)
    )


def _why_different(before: Manifest, after: Described | None) -> SkipReason | None:
    if after is None:
        return DeletedElsewhere()
    return (
        _why_retagged(before, tuple(sorted(after.tags)))
        or _why_pushed(before, after.pushed_at)
        or _why_restored(before, after.restored_at)
        or _why_pulled(before, after.pulled_at)
        or _why_put_away(after.status)
    )


def _kept_now(judged: Judged) -> KeptNow | None:
    if judged.verdict is Verdict.DELETE:
        return None
    return KeptNow(_first_of_its_own(judged.reasons))


def _why_put_away(status: str) -> ArchivedSince | None:
    return None if status == ImageStatus.ACTIVE else ArchivedSince()


def _why_pushed(before: Manifest, pushed_at: datetime | None) -> PushedAgain | None:
    """Somebody deleted it, and somebody needed it."""
    if pushed_at is None or pushed_at == before.pushed_at:
        return None
    return PushedAgain(pushed_at)


def _why_restored(before: Manifest, restored_at: datetime | None) -> RestoredSince | None:
    """Somebody put it away after the plan was made, and then needed it."""
    if restored_at is None or restored_at == before.restored_at:
        return None
    return RestoredSince(restored_at)


def _why_pulled(before: Manifest, pulled_at: datetime | None) -> PulledSince | None:
    if pulled_at is None or (before.pulled_at is not None and pulled_at <= before.pulled_at):
        return None
    return PulledSince(pulled_at)


def _why_retagged(before: Manifest, after: tuple[str, ...]) -> TagsChanged | None:
    return None if after == before.tags else TagsChanged(before.tags, after)


def _first_of_its_own(reasons: tuple[Reason, ...]) -> Reason:
    own = (reason for reason in reasons if reason.rule is not RuleName.FOLLOWS)
    return next(own, reasons[0])


def _reach(edges: Edges, origins: dict[str, str]) -> None:
    """Adds what the edges lead to, each with where it was reached from."""
    waiting = list(origins)
    while waiting:
        digest = waiting.pop()
        for end in edges.get(digest, ()):
            if end not in origins:
                origins[end] = origins[digest]
                waiting.append(end)
