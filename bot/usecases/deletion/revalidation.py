"""Reads usage, pins and images again during a run, and finds approved images to skip.

Each step takes the last `Revalidation` and returns a new one.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from bot.core.errors import RequestError, ServiceError
from bot.core.manifest import DescribedImage, Manifest
from bot.core.plan import Plan
from bot.core.records import KeptManifest
from bot.core.result_reasons import EarlyEndCause, ManifestTextUnreadable
from bot.core.revalidation import (
    PlanComparison,
    Skips,
    compare,
    deleted_manifests,
    find_new_plan_problems,
)
from bot.core.usage import MAX_SCAN_AGE
from bot.parallel import in_batches, in_parallel
from bot.ports import DatedAnswer, ImageDeleter, ManifestText
from bot.usecases.deletion.lease import LeasedRun
from bot.usecases.deletion.results import RunResults
from bot.usecases.inventory import BatchSize, ManifestReader, open_manifest_reader, pulled_by_others
from bot.usecases.planning import Planned, Planner, pins_and_removals
from bot.usecases.repositories import FoundRepository

MAX_LIST_AGE = timedelta(seconds=60)
"""A run lists a large repository again after this time."""

MAX_TEXT_BYTES = 16 * 2**20
"""The size of manifests in memory after which no further call starts. Calls in flight may exceed
it."""

DIGESTS_PER_PAGE = 1000
"""API reference, ListImages, maxResults."""


class EndedEarlyError(Exception):
    """This run may delete no more images."""

    def __init__(self, cause: EarlyEndCause) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class DeletionTarget:
    """The repository of a run, and the deleter of its images. `scan_usage` scans all sources and
    returns a planner with the result."""

    found: FoundRepository
    deleter: ImageDeleter
    scan_usage: Callable[[], Planner]

    def listed(self, digests: Iterable[str]) -> AbstractSet[str]:
        """The digests that exist now; none if the repository is gone. Lists all images, since
        DescribeImages fails if a single image is gone (API reference, ImageNotFoundException)."""
        try:
            there = frozenset(self.found.registry.digests(self.found.repository))
        except RequestError:
            return frozenset()
        return there.intersection(digests)


@dataclass(frozen=True, slots=True)
class FreshPlan:
    """The plan that the rules make now, and the planner that made it."""

    planner: Planner
    planned: Planned


def make_fresh_plan(target: DeletionTarget, deleted: Sequence[Manifest] = ()) -> FreshPlan:
    """Scans usage, and plans the repository again. `deleted`: manifests that this run deleted.
    Raises ServiceError if the images cannot be listed."""
    planner = target.scan_usage()
    return FreshPlan(planner, planner.plan(target.found, deleted))


@dataclass(frozen=True, slots=True)
class Revalidation:
    """How the approved plan compares with what was read last. `skips`: what to skip therefore.

    `texts`: of manifests that are about to be deleted. `described_at`: when the images of the
    next batches were described. `listed_at`: when all images were listed. `batches_since`: how
    many batches were sent after that. `is_outdated`: ECR knows of an image that was not read.
    `is_handled`: what the fresh plan changes was skipped already.
    """

    fresh: FreshPlan
    comparison: PlanComparison
    listed_at: datetime
    described_at: datetime
    skips: Skips = field(default_factory=dict)
    texts: Mapping[str, ManifestText] = field(default_factory=dict)
    batches_since: int = 0
    is_outdated: bool = False
    is_handled: bool = False

    def kept_manifest(self, digest: str) -> KeptManifest:
        """The record of a manifest that is about to be deleted."""
        repository = self.fresh.planned.plan.repository.uri
        tags, text = self.comparison.approved[digest].tags, self.texts[digest]
        return KeptManifest(repository, digest, tags, text.media_type, text.text)

    def handled(self) -> "Revalidation":
        """Returns the state after `skips` were recorded."""
        return replace(self, skips={}, is_handled=True)

    def after(self, batches: int, *, is_outdated: bool, needed: AbstractSet[str]) -> "Revalidation":
        """Returns the state after so many batches were sent. `needed`: the digests of the texts to
        keep."""
        texts = {digest: text for digest, text in self.texts.items() if digest in needed}
        since = self.batches_since + batches
        return replace(self, texts=texts, batches_since=since, is_outdated=is_outdated)


class Revalidator:
    """Revalidates the plan of a run. `content`: the approved version. `results`: only read here."""

    def __init__(
        self, target: DeletionTarget, leased: LeasedRun, content: Plan, results: RunResults
    ) -> None:
        self._target = target
        self._repository = target.found.repository
        self._registry = target.found.registry
        self._store = leased.store
        self._clock = leased.clock
        self._content = content
        self._results = results
        self._batch_size = BatchSize(target.found.registry.read_at_once)

    def scanned(self) -> FreshPlan:
        """Raises ServiceError if the images cannot be listed."""
        return make_fresh_plan(self._target, self._deleted_manifests())

    def compared(self, fresh: FreshPlan) -> Revalidation:
        """Raises EndedEarlyError if the fresh plan allows no deletions."""
        if change := find_new_plan_problems(self._content, fresh.planned.plan):
            raise EndedEarlyError(change)
        now = self._clock()
        comparison = compare(self._content, fresh.planned.plan)
        return Revalidation(fresh, comparison, listed_at=now, described_at=now)

    def refreshed(self, last: Revalidation) -> Revalidation:
        """Reads outdated data again: usage, pins, and the list of images. Raises EndedEarlyError if
        no images may be deleted any more, and ServiceError if the images cannot be listed."""
        current = self._read_again(last)
        if current.is_handled:
            return current
        changes = current.comparison.changes(self._results.pending)
        return replace(current, skips=self._with_image_groups(current, changes))

    def described(self, digests: Sequence[str], last: Revalidation) -> Revalidation:
        """Describes the pending ones of these images, their children and their referrers. A change
        to one of these keeps the image."""
        pending = self._results.pending
        whole = last.comparison.with_dependents(self._pending_of(digests), pending)
        now = self._clock()
        described: dict[str, DescribedImage | None] = dict.fromkeys(whole)
        for found in in_parallel(self._describe, self._in_calls(whole)):
            described |= found
        changed = last.comparison.changes_in(described)
        if changed:
            changed = last.comparison.changes_in(self._pulled_by_others(last, described))
        return replace(last, described_at=now, skips=self._with_image_groups(last, changed))

    def with_texts(self, digests: Sequence[str], last: Revalidation) -> Revalidation:
        """Reads the texts of pending manifests, each once in a run. Stops after MAX_TEXT_BYTES.
        Skips a manifest whose text is unreadable, since no record of it could be stored. Raises
        ServiceError if a call fails."""
        pending = self._pending_of(digests)
        texts = {digest: last.texts[digest] for digest in pending if digest in last.texts}
        missing = [last.comparison.approved[d] for d in pending if d not in texts]
        unreadable: list[str] = []
        failures: list[ServiceError] = []

        def are_enough() -> bool:
            return sum(len(each.text) for each in texts.values()) >= MAX_TEXT_BYTES

        for answer in self._reading(last).read(missing, self._texts, are_enough):
            if isinstance(answer, ServiceError):
                failures.append(answer)
            else:
                texts |= {digest: text for digest, text in answer.items() if text is not None}
                unreadable += [digest for digest, text in answer.items() if text is None]
        if failures:
            raise failures[0]
        skips = self._with_image_groups(last, dict.fromkeys(unreadable, ManifestTextUnreadable()))
        return replace(last, texts={**last.texts, **texts}, skips=skips)

    def have_pins_changed(self, last: Revalidation) -> bool:
        planned = last.fresh.planned
        return pins_and_removals(self._store, self._repository) != (planned.pins, planned.removals)

    def _read_again(self, last: Revalidation) -> Revalidation:
        if self._clock() - last.fresh.planner.scanned_at > MAX_SCAN_AGE:
            return self._planned_by(self._target.scan_usage(), last)
        if last.is_outdated or self.have_pins_changed(last):
            return self._planned_by(last.fresh.planner, last)
        if self._is_list_due(last):
            return self._listed(last)
        return last

    def _listed(self, last: Revalidation) -> Revalidation:
        """Plans again if an image was pushed, or deleted outside of this run."""
        now = self._clock()
        listed = frozenset(self._registry.digests(self._repository))
        if listed <= last.comparison.now.keys() and listed >= self._results.pending:
            return replace(last, listed_at=now, batches_since=0)
        return self._planned_by(last.fresh.planner, last)

    def _is_list_due(self, last: Revalidation) -> bool:
        """True after MAX_LIST_AGE, or once as many batches were sent as the list has pages. Listing
        more often would take longer than the deletion."""
        left = len(last.comparison.now) - len(self._results.deleted)
        is_recent = self._clock() - last.listed_at <= MAX_LIST_AGE
        return not is_recent or last.batches_since * DIGESTS_PER_PAGE >= left

    def _planned_by(self, planner: Planner, last: Revalidation) -> Revalidation:
        planned = planner.plan(self._target.found, self._deleted_manifests())
        compared = self.compared(FreshPlan(planner, planned))
        return replace(compared, described_at=last.described_at, texts=last.texts)

    def _deleted_manifests(self) -> Sequence[Manifest]:
        return deleted_manifests(self._content, self._results.deleted)

    def _with_image_groups(self, last: Revalidation, changed: Skips) -> Skips:
        results = self._results
        return last.comparison.with_image_groups(changed, results.pending, results.deleted)

    def _pending_of(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if digest in self._results.pending]

    def _in_calls(self, digests: Sequence[str]) -> Iterator[Sequence[str]]:
        return in_batches(digests, self._registry.read_at_once)

    def _describe(self, digests: Sequence[str]) -> Mapping[str, DescribedImage]:
        return self._registry.describe_some(self._repository, digests)

    def _reading(self, last: Revalidation) -> ManifestReader:
        memory = last.fresh.planner.cache
        return open_manifest_reader(
            self._registry, self._repository, memory, self._clock, self._batch_size
        )

    def _texts(self, manifests: Sequence[Manifest]) -> DatedAnswer[ManifestText | None]:
        """The value is None if a text cannot be read."""
        digests = [each.digest for each in manifests]
        texts, answered_at, text_bytes = self._registry.texts(self._repository, digests)
        return DatedAnswer(
            {digest: texts.get(digest) for digest in digests}, answered_at, text_bytes
        )

    def _pulled_by_others(
        self, last: Revalidation, described: Mapping[str, DescribedImage | None]
    ) -> Mapping[str, DescribedImage | None]:
        """Removes the pulls of this and other workers. Looks up the stored reads after the pull
        times, since each worker stores a read before its call."""
        bot_reads = last.fresh.planner.cache.bot_reads(self._repository, [*described])
        return {
            digest: entry and pulled_by_others(entry, bot_reads)
            for digest, entry in described.items()
        }
