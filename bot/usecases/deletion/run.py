"""Runs a started plan: deletes the approved images, except images that changed after the approval.

A run consists of rounds. After a failure, the next attempt starts from the state in the store, in
this or another process.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.core.errors import DamagedDataError, ErrorText, RequestError, ServiceError
from bot.core.manifest_graph import ManifestGraph
from bot.core.plan import Plan, PlanState
from bot.core.records import (
    AuditEventName,
    ImageOutcome,
    PlanRecord,
    PlanRun,
    StoreChange,
    automatic_event,
)
from bot.core.result_reasons import (
    AlreadyDeleted,
    EarlyEndCause,
    StoppedByPerson,
    StoppedBySettings,
    TooManyFailedDeletions,
)
from bot.core.revalidation import PlanComparison, is_approved_content, next_pass, too_many_failures
from bot.ports import Clock, RunProgress
from bot.usecases.deletion.batches import BatchAnswer, BatchSender, images_per_round
from bot.usecases.deletion.lease import LeasedRun, lease_of_run
from bot.usecases.deletion.results import RunResults
from bot.usecases.deletion.revalidation import (
    DeletionTarget,
    EndedEarlyError,
    FreshPlan,
    Revalidation,
    Revalidator,
)

if TYPE_CHECKING:
    from bot.store.store import Store

RETRY_DELAYS = (2, 4, 8, 16, 32, 60)
"""Seconds before each attempt after a failure."""

MAX_IDLE_ROUNDS = 8
"""The run ends after so many rounds in a row without a result."""

MAX_PAUSE = 15.0
"""Seconds, between rounds without results."""


class ShutdownError(Exception):
    """The worker shuts down. Another worker resumes its runs and jobs."""


@dataclass(frozen=True, slots=True)
class RunExecutor:
    """`sleep` takes seconds. `is_shutting_down`: whether this worker shuts down."""

    store: "Store"
    clock: Clock
    sleep: Callable[[float], None]
    progress: RunProgress
    is_shutting_down: Callable[[], bool]

    def run(
        self, run: PlanRun, target: DeletionTarget, fresh: FreshPlan | None = None
    ) -> PlanRecord:
        """Returns the plan after its run. `fresh`: a plan that was made just before, if there is
        one.

        A failure that lasts for minutes ends the run. Raises LeaseLostError if another worker has
        taken it over, ShutdownError, and ServiceError if the store fails or the result of a call
        is unknown. Then the worker that recovers the run resumes it.
        """
        lease = lease_of_run(self.store, run, self.clock)
        leased = LeasedRun(run, lease, self.store, self.clock)
        try:
            with lease.kept():
                return self._run(leased, target, fresh)
        except ShutdownError:
            lease.release()
            raise

    def _run(
        self, leased: LeasedRun, target: DeletionTarget, fresh: FreshPlan | None
    ) -> PlanRecord:
        patience = _RetryDelays(self.sleep)
        while True:
            try:
                return _open_attempt(self, leased, target, patience).complete(fresh)
            except ServiceError as error:
                if not patience.wait():
                    return _open_attempt(self, leased, target, patience).give_up(error)
                fresh = None


class _RetryDelays:
    """The delays between attempts. They grow with each failure, and start again after a success."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._waits = iter(RETRY_DELAYS)

    def renew(self) -> None:
        self._waits = iter(RETRY_DELAYS)

    def wait(self) -> bool:
        """Waits before the next attempt. Returns False if attempts have failed for minutes."""
        seconds = next(self._waits, None)
        if seconds is not None:
            self._sleep(seconds)
        return seconds is not None


class _SentBatches(NamedTuple):
    """The batches of a round. `refused`: images with a transient refusal. `failed`: calls without
    an answer."""

    batches: int = 0
    refused: Sequence[str] = ()
    failed: Sequence[BatchAnswer] = ()


@dataclass(frozen=True, slots=True)
class _RunPosition:
    """The position of a run between two rounds. `rest`: the images of this pass that are not sent
    yet. `refused`: the number of transient refusals of each image. `idle`: rounds in a row without
    a result."""

    last: Revalidation
    next_batch: int
    rest: Sequence[str] = ()
    refused: Counter[str] = field(default_factory=Counter)
    idle: int = 0

    def after(
        self, last: Revalidation, rest: Sequence[str], sent: _SentBatches, idle: int
    ) -> "_RunPosition":
        """Refused images are retried in another pass."""
        refused = self.refused + Counter(sent.refused)
        left = [digest for digest in rest if digest not in refused]
        return _RunPosition(last, self.next_batch + sent.batches, left, refused, idle)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """An attempt to delete the images that are pending in the store."""

    runner: RunExecutor
    leased: LeasedRun
    target: DeletionTarget
    patience: _RetryDelays
    content: Plan
    results: RunResults
    revalidator: Revalidator
    sender: BatchSender

    def complete(self, fresh: FreshPlan | None) -> PlanRecord:
        self._look_up_unanswered()
        cause = self._delete_pending(fresh)
        self._look_up_unanswered()
        return self._end(cause)

    def give_up(self, error: ServiceError) -> PlanRecord:
        """Ends the run after failures for minutes. Raises the error if the result of a call is
        unknown."""
        if self.results.unanswered:
            raise error
        cause = ErrorText.of(error)
        self.results.skip_rest(cause)
        return self._end(cause)

    def _delete_pending(self, fresh: FreshPlan | None) -> EarlyEndCause | None:
        """Returns why the run ends early, None if it does not."""
        cause: EarlyEndCause
        try:
            if self.results.pending:
                self._delete_in_rounds(fresh)
        except EndedEarlyError as error:
            cause = error.cause
        except RequestError as error:
            cause = ErrorText.of(error)
        else:
            return None
        self.results.skip_rest(cause)
        return cause

    def _delete_in_rounds(self, fresh: FreshPlan | None) -> None:
        self._expect_no_stop()
        first = self.revalidator.compared(fresh or self.revalidator.scanned())
        batches = self.leased.store.batches_journalled(self.leased.run)
        position = _RunPosition(first, next_batch=batches + 1)
        while self.results.pending:
            self._expect_no_stop()
            position = self._round(position)

    def _round(self, position: _RunPosition) -> _RunPosition:
        """Skips images that changed after the approval, and sends the next batches."""
        done_before = self.results.done
        last = self._skip_changed(self.revalidator.refreshed, position.last)
        rest = self._rest_of_pass(position.rest, last.comparison.graph)
        chosen = rest[: images_per_round()]
        last = self._skip_changed(partial(self.revalidator.described, chosen), last)
        last = self._skip_changed(partial(self.revalidator.with_texts, chosen), last)
        self._expect_no_stop()
        sent = self._send(chosen, last, position)
        self._look_up_unanswered()
        idle = 0 if self.results.done > done_before else position.idle + 1
        if not idle:
            self.patience.renew()
        self._end_or_pause(sent.failed, idle, last.comparison)
        last = last.after(sent.batches, is_outdated=bool(sent.refused), needed=self.results.pending)
        return position.after(last, rest, sent, idle)

    def _skip_changed(
        self, step: Callable[[Revalidation], Revalidation], last: Revalidation
    ) -> Revalidation:
        """Skips changed images. Images that calls without an answer deleted are recorded as deleted
        first, so that no other image is skipped because of them."""
        found = step(last)
        ours = [d for d in self.results.unanswered if found.skips.get(d) == AlreadyDeleted()]
        if ours:
            self.results.record_unconfirmed(ours)
            found = step(found)
        self.results.skip(found.skips)
        return found.handled()

    def _rest_of_pass(self, rest: Sequence[str], graph: ManifestGraph) -> Sequence[str]:
        """The pending images of this pass. If none are left, those of the next pass."""
        pending = self.results.pending
        rest = self._pending_of(rest) or next_pass(self.content.delete, pending, graph)
        assert rest or not pending, "an image that belongs to itself is never deleted"
        return rest

    def _send(
        self, chosen: Sequence[str], last: Revalidation, position: _RunPosition
    ) -> _SentBatches:
        if self.revalidator.have_pins_changed(last):
            return _SentBatches()
        ready = [digest for digest in self._pending_of(chosen) if digest in last.texts]
        manifests = [last.kept_manifest(digest) for digest in ready]
        batches = self.sender.journal(manifests, position.next_batch)
        refused: list[str] = []
        failed: list[BatchAnswer] = []
        for answer in self.sender.send(batches, last.described_at):
            refused += self.results.record_answer(answer, position.refused, last.comparison)
            failed += [answer] if answer.error else []
        return _SentBatches(len(batches), refused, failed)

    def _end_or_pause(
        self, failed: Sequence[BatchAnswer], idle: int, comparison: PlanComparison
    ) -> None:
        """Raises EndedEarlyError if a retry cannot help, or if too many deletions have failed."""
        for_good = [answer for answer in failed if not answer.is_worth_a_retry]
        if not for_good and idle >= MAX_IDLE_ROUNDS:
            for_good = list(failed)
            for answer in for_good:
                self.results.give_up(answer, comparison)
        if errors := [answer.error for answer in for_good if answer.error]:
            raise EndedEarlyError(ErrorText.of(errors[0]))
        failures, deletions = map(self.results.count, (ImageOutcome.FAILED, ImageOutcome.DELETED))
        if too_many_failures(failures, failures + deletions):
            raise EndedEarlyError(TooManyFailedDeletions(failures, failures + deletions))
        if failed or idle:
            self.runner.sleep(min(MAX_PAUSE, 2.0 ** (idle - 1)))

    def _expect_no_stop(self) -> None:
        if self.runner.is_shutting_down():
            raise ShutdownError
        plan = self.leased.plan()
        if plan.stop_cause:
            raise EndedEarlyError(StoppedBySettings(plan.stop_cause))
        if plan.stop_asked_by:
            raise EndedEarlyError(StoppedByPerson(plan.stop_asked_by))

    def _look_up_unanswered(self) -> None:
        """Lists the images of calls without an answer: the worker died during the call, or the
        answer was lost. Also lists skipped images, since a call may take effect late.
        """
        unanswered = self.results.unanswered
        if unanswered:
            looked_up_at = self.leased.clock()
            listed = self.target.listed(unanswered)
            self.results.record_unconfirmed(sorted(unanswered.keys() - listed))
            self.results.close_calls_without_effect(looked_up_at)

    def _end(self, cause: EarlyEndCause | None) -> PlanRecord:
        self.results.close_all_calls()
        while True:
            before = self.leased.plan()
            after = self.results.end_of(before)
            is_stopped = after.state is PlanState.STOPPED
            name = AuditEventName.STOPPED if is_stopped else AuditEventName.ENDED
            detail = self.results.summary(before, cause)
            event = automatic_event(before, self.leased.clock(), name, detail)
            if self.leased.store.commit(StoreChange((event,), before, after)):
                return after

    def _pending_of(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if digest in self.results.pending]


def _open_attempt(
    runner: RunExecutor, leased: LeasedRun, target: DeletionTarget, patience: _RetryDelays
) -> _Attempt:
    """Raises DamagedError if the stored plan is not the approved one."""
    leased.lease.renew()
    plan = leased.plan()
    content = leased.store.content(plan.id, plan.version)
    if not is_approved_content(plan, content):
        raise DamagedDataError(
            f"The stored version {plan.version} of the plan {plan.id} is not the approved one: "
            "check who can write to the database"
        )
    results = RunResults(leased, plan, content, runner.progress)
    return _Attempt(
        runner=runner,
        leased=leased,
        target=target,
        patience=patience,
        content=content,
        results=results,
        revalidator=Revalidator(target, leased, content, results),
        sender=BatchSender(leased, target.deleter),
    )
