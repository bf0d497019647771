"""The results of a run for each image, from ECR's answers."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.audit_details import (
    DeletedAsApproved,
    EventDetail,
    ImagesNotDeleted,
    ReasonCount,
    RunEnded,
)
from bot.core.errors import AnswerLostError, DamagedDataError, ErrorText
from bot.core.plan import FreedBytes, Plan
from bot.core.plan_transitions import ended, stopped
from bot.core.records import (
    AuditEvent,
    AuditEventName,
    DeletionBatch,
    ImageOutcome,
    ImageResult,
    PlanRecord,
    automatic_event,
)
from bot.core.result_reasons import (
    EarlyEndCause,
    NotReachedInRun,
    RefusedByEcr,
    ResultReason,
    SkipReason,
)
from bot.core.revalidation import PlanComparison, Skips
from bot.ports import DeletionFailure, RunProgress
from bot.usecases.deletion.batches import BatchAnswer
from bot.usecases.deletion.lease import LEASE_MARGIN, RUN_LEASE, LeasedRun, LeaseLostError

IMAGE_NOT_FOUND = "ImageNotFound"
TRANSIENT_CODES = ("ImageReferencedByManifestList", IMAGE_NOT_FOUND)
"""Refusals that a retry may resolve: an index lists the image, or ECR does not find the image.
API reference, ImageFailure."""

MAX_TRIES = 4
"""For an image with a transient refusal."""

MAX_CALL_DELAY = RUN_LEASE + LEASE_MARGIN
"""A call cannot delete images after this time: the longest call, and the difference between the
clocks of two machines."""

REASONS_PER_EVENT = 3
"""The most frequent reasons that one audit event names."""

_EVENTS = {
    ImageOutcome.DELETED: AuditEventName.DELETED,
    ImageOutcome.SKIPPED: AuditEventName.SKIPPED,
    ImageOutcome.FAILED: AuditEventName.FAILED,
}


class RunResults:
    """The stored result of each image. Every method that changes a result first writes to the
    store.

    Methods that write raise LeaseLostError if another worker has the run, and ServiceError if
    storing fails.
    """

    def __init__(
        self, leased: LeasedRun, plan: PlanRecord, content: Plan, progress: RunProgress
    ) -> None:
        """Raises DamagedError if the stored results are not for the images that the plan
        deletes."""
        store = leased.store
        items = store.items(plan.id, plan.version)
        if [item.digest for item in items] != [*content.delete]:
            raise DamagedDataError(
                f"The stored results of the plan {plan.id} do not match its deletions, so the "
                "database was changed by hand: compare it with a backup"
            )
        self._leased = leased
        self._plan = plan
        self._content = content
        self._progress = progress
        self._reasons = {each.manifest.digest: each.reasons[0] for each in content.judged}
        self._outcomes = {item.digest: item.outcome for item in items}
        self._counts = Counter(self._outcomes.values())
        self._pending = {
            d for d, outcome in self._outcomes.items() if outcome is ImageOutcome.PENDING
        }
        self._deleted = {
            d for d, outcome in self._outcomes.items() if outcome is ImageOutcome.DELETED
        }
        self._unconfirmed = {item.digest for item in items if item.is_unconfirmed}
        self._freed = FreedBytes(content, self._deleted - self._unconfirmed)
        self._is_cut_short = any(isinstance(item.reason, NotReachedInRun) for item in items)
        self._show_progress()
        self._unanswered = {
            digest: batch.sent_at
            for batch in store.unanswered(leased.run)
            if batch.sent_at
            for digest in batch.digests
            if digest not in self._deleted
        }

    @property
    def pending(self) -> AbstractSet[str]:
        return self._pending

    @property
    def deleted(self) -> AbstractSet[str]:
        """Images that this run deleted, in this or an earlier process."""
        return self._deleted

    @property
    def unanswered(self) -> Mapping[str, datetime]:
        """Images that a call without an answer may have deleted, with the time of the last such
        call."""
        return self._unanswered

    @property
    def done(self) -> int:
        """How many images have a result."""
        return len(self._outcomes) - len(self._pending)

    def count(self, outcome: ImageOutcome) -> int:
        return self._counts[outcome]

    # what is recorded

    def skip(self, skips: Skips) -> None:
        self._record(
            [ImageResult(digest, ImageOutcome.SKIPPED, reason) for digest, reason in skips.items()]
        )

    def skip_rest(self, cause: EarlyEndCause) -> None:
        """Skips all pending images, since the run ends early."""
        self._is_cut_short = self._is_cut_short or bool(self._pending)
        self.skip(dict.fromkeys(sorted(self._pending), NotReachedInRun(cause)))

    def record_answer(
        self, answer: BatchAnswer, refused: Mapping[str, int], comparison: PlanComparison
    ) -> Sequence[str]:
        """Returns the images with a transient refusal, which remain pending. `refused`: the number
        of transient refusals of each image so far.

        A batch with an unknown result remains open until the end of the run: its call may take
        effect after the image was looked up.
        """
        results: list[ImageResult] = []
        retried: list[str] = []
        for digest, failure in answer.images.items():
            if self._may_pass(digest, failure, refused):
                retried.append(digest)
            else:
                results.append(self._result(digest, failure))
        unknown = [digest for digest in answer.batch.digests if digest not in answer.images]
        if answer.error is None or isinstance(answer.error, AnswerLostError):
            self._unanswered.update(dict.fromkeys(unknown, self._leased.clock()))
        elif not answer.is_worth_a_retry:
            results += _failures(unknown, answer.error)
        is_open = not self._unanswered.keys().isdisjoint(unknown)
        self._record_with_dependents(results, comparison, [] if is_open else [answer.batch])
        return retried

    def give_up(self, answer: BatchAnswer, comparison: PlanComparison) -> None:
        """Records the pending images of a batch as failed, since its call failed too often."""
        assert answer.error is not None
        pending = sorted(self._pending.intersection(answer.batch.digests))
        self._record_with_dependents(_failures(pending, answer.error), comparison)

    def record_unconfirmed(self, digests: Iterable[str]) -> None:
        """Records images as deleted that are gone after a call without an answer."""
        self._record([self._deletion(digest, is_unconfirmed=True) for digest in digests])

    def close_calls_without_effect(self, looked_up_at: datetime) -> None:
        """Closes calls that deleted nothing: their images still exist after MAX_CALL_DELAY. If such
        an image is gone later, another user or process deleted it."""
        over = [d for d, at in self._unanswered.items() if looked_up_at - at > MAX_CALL_DELAY]
        for digest in over:
            del self._unanswered[digest]
        if over:
            batches = self._leased.store.unanswered(self._leased.run)
            unanswered = self._unanswered.keys()
            self._record([], [each for each in batches if unanswered.isdisjoint(each.digests)])

    def close_all_calls(self) -> None:
        self._record([], self._leased.store.unanswered(self._leased.run))

    # how the run ends

    def end_of(self, plan: PlanRecord) -> PlanRecord:
        """The plan after its run. Depends only on the store, so every worker that ends the run gets
        the same result."""
        freed, unconfirmed = self._freed.bytes, self._unconfirmed_bytes
        has_failed = self.count(ImageOutcome.FAILED) > 0
        if self._is_cut_short and (plan.stop_asked_by or not has_failed):
            return stopped(plan, freed, unconfirmed)
        return ended(plan, self._outcomes.values(), freed, unconfirmed)

    def summary(self, plan: PlanRecord, cause: EarlyEndCause | None) -> RunEnded:
        return RunEnded(
            deleted=self.count(ImageOutcome.DELETED),
            skipped=self.count(ImageOutcome.SKIPPED),
            failed=self.count(ImageOutcome.FAILED),
            pending=self.count(ImageOutcome.PENDING),
            freed_bytes=self._freed.bytes,
            exact=plan.exact,
            unconfirmed=len(self._unconfirmed),
            unconfirmed_bytes=self._unconfirmed_bytes,
            cause=cause,
        )

    @property
    def _unconfirmed_bytes(self) -> int:
        """Additional bytes that deletions without confirmation by ECR freed."""
        if not self._unconfirmed:
            return 0
        return FreedBytes(self._content, self._deleted).bytes - self._freed.bytes

    # reading an answer

    def _may_pass(
        self, digest: str, failure: DeletionFailure | None, refused: Mapping[str, int]
    ) -> bool:
        return (
            failure is not None
            and not self._is_gone_by_us(digest, failure)
            and failure.code in TRANSIENT_CODES
            and refused.get(digest, 0) + 1 < MAX_TRIES
        )

    def _result(self, digest: str, failure: DeletionFailure | None) -> ImageResult:
        if failure is None:
            return self._deletion(digest)
        if self._is_gone_by_us(digest, failure):
            return self._deletion(digest, is_unconfirmed=True)
        return ImageResult(digest, ImageOutcome.FAILED, RefusedByEcr(failure.code, failure.reason))

    def _is_gone_by_us(self, digest: str, failure: DeletionFailure) -> bool:
        return failure.code == IMAGE_NOT_FOUND and digest in self._unanswered

    def _deletion(self, digest: str, *, is_unconfirmed: bool = False) -> ImageResult:
        """The reason is that of the plan's verdict."""
        return ImageResult(digest, ImageOutcome.DELETED, self._reasons[digest], is_unconfirmed)

    # writing results

    def _record_with_dependents(
        self,
        results: Sequence[ImageResult],
        comparison: PlanComparison,
        closed: Sequence[DeletionBatch] = (),
    ) -> None:
        """Skips the children and referrers of images that failed, in the same transaction."""
        skips: dict[str, SkipReason] = {}
        for each in results:
            if each.outcome is ImageOutcome.FAILED:
                skips |= comparison.dependents_of(each.digest, self._pending, each.reason)
        known = {each.digest for each in results}
        dependents = [
            ImageResult(digest, ImageOutcome.SKIPPED, reason)
            for digest, reason in skips.items()
            if digest not in known
        ]
        self._record([*results, *dependents], closed)

    def _record(self, results: Sequence[ImageResult], closed: Sequence[DeletionBatch] = ()) -> None:
        """`closed`: batches whose calls have ended."""
        if not results and not closed:
            return
        events = list(_events(self._plan, results, self._leased.clock()))
        if not self._leased.store.record_results(self._leased.run, results, closed, events):
            raise LeaseLostError
        for each in results:
            self._count(each)
        self._show_progress()

    def _count(self, result: ImageResult) -> None:
        self._counts[self._outcomes[result.digest]] -= 1
        self._counts[result.outcome] += 1
        self._outcomes[result.digest] = result.outcome
        self._pending.discard(result.digest)
        if result.outcome is ImageOutcome.DELETED:
            self._deleted.add(result.digest)
            self._unanswered.pop(result.digest, None)
            if result.is_unconfirmed:
                self._unconfirmed.add(result.digest)
            else:
                self._freed.add(result.digest)

    def _show_progress(self) -> None:
        self._progress(self.done, len(self._outcomes), self._freed.bytes)


def _failures(digests: Iterable[str], error: Exception) -> list[ImageResult]:
    reason = ErrorText.of(error)
    return [ImageResult(digest, ImageOutcome.FAILED, reason) for digest in digests]


def _events(plan: PlanRecord, results: Iterable[ImageResult], at: datetime) -> Iterator[AuditEvent]:
    alike: defaultdict[tuple[ImageOutcome, bool], list[ImageResult]] = defaultdict(list)
    for each in results:
        alike[each.outcome, each.is_unconfirmed].append(each)
    for (outcome, is_unconfirmed), some in sorted(alike.items()):
        reasons = (each.reason for each in some)
        detail = _detail(outcome, reasons, is_unconfirmed=is_unconfirmed)
        digests = tuple(each.digest for each in some)
        yield automatic_event(plan, at, _EVENTS[outcome], detail, digests)


def _detail(
    outcome: ImageOutcome, reasons: Iterable[ResultReason], *, is_unconfirmed: bool
) -> EventDetail:
    if outcome is ImageOutcome.DELETED:
        return DeletedAsApproved(is_unconfirmed)
    most = Counter(map(_to_the_minute, reasons)).most_common(REASONS_PER_EVENT)
    return ImagesNotDeleted(tuple(ReasonCount(images, reason) for reason, images in most))


def _to_the_minute(value: Any) -> Any:
    """The reason with its times to the minute, so that equal sentences are counted together."""
    if isinstance(value, datetime):
        return value.replace(second=0, microsecond=0)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _to_the_minute(getattr(value, each.name)) for each in fields(value)}
        return replace(value, **parts)
    return value
