"""Carries out a plan that was started: deletes what people approved, and nothing that has changed
since.

It goes by rounds. Each looks whether it may go on, spares what has changed, describes the next
batches once more, writes down what it is about to do, does it, and writes down what ECR answered.
Whatever goes wrong in between, the next attempt, here or in another process, begins with what is
written down.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, count

from bot.core.errors import RequestError, ServiceError
from bot.core.passes import next_pass, piles_up
from bot.core.records import (
    BY_ITSELF,
    Event,
    EventName,
    Outcome,
    PlanRecord,
    PlanState,
    Run,
)
from bot.core.sparing import gone_of
from bot.core.transitions import ended, stopped
from bot.ports import Change, Clock, RunProgress, RunStore
from bot.usecases.lease import Lease, RunLostError
from bot.usecases.ledger import Ledger
from bot.usecases.lookout import IncompleteError, Lookout, Sight, Workplace, look_at
from bot.usecases.send import DELETED_AT_ONCE, Answer, Sender, gone_by_a_lost_call

BATCHES_AT_ONCE = 4

IDLE_ROUNDS = 8
"""One after the other in which nothing came of any call."""

WAITS = (2, 4, 8, 16, 32, 60)
"""Seconds before what failed is tried again, from what is stored."""

LONGEST_PAUSE = 15.0
"""Seconds, between rounds in which nothing comes of anything."""

Sleep = Callable[[float], None]


class LeftError(Exception):
    """The worker was told to leave: whoever comes next goes on with the run."""


class _EndedEarlyError(Exception):
    """No more is to be deleted, and why. `has_failed`: since something went wrong."""

    def __init__(self, why: str, *, has_failed: bool = False) -> None:
        super().__init__(why)
        self.has_failed = has_failed


@dataclass(frozen=True, slots=True)
class Runner:
    """`sleep` takes seconds; `is_leaving`: whether this worker has been told to leave."""

    store: RunStore
    clock: Clock
    sleep: Sleep
    progress: RunProgress
    is_leaving: Callable[[], bool]

    def carry_out(self, run: Run, workplace: Workplace, sight: Sight | None = None) -> PlanRecord:
        """The plan as it is in the end. `sight`: from a moment ago, if there is one.

        Raises RunLostError if somebody else has taken the run over; LeftError; and ServiceError if
        AWS or the database could not be used for minutes. Whoever recovers the run goes on with it.
        """
        lease = Lease(self.store, run, self.clock)
        try:
            with lease.kept():
                return self._carry_out(lease, workplace, sight)
        except LeftError:
            lease.release()
            raise

    def _carry_out(self, lease: Lease, workplace: Workplace, sight: Sight | None) -> PlanRecord:
        waits = iter(WAITS)
        while True:
            course = _Course(self, lease, workplace)
            try:
                return course.to_the_end(sight)
            except ServiceError:
                if course.got_somewhere:
                    waits = iter(WAITS)
                wait = next(waits, None)
                if wait is None:
                    raise
                self.sleep(wait)
                sight = None


class _Course:
    """One attempt to get to the end, from what is stored."""

    def __init__(self, runner: Runner, lease: Lease, workplace: Workplace) -> None:
        self._runner = runner
        self._lease = lease
        self._store = lease.store
        self._workplace = workplace
        self._pass: Sequence[str] = ()
        self._unsure: set[str] = set()
        self._idle = 0
        self.got_somewhere = False

    def to_the_end(self, sight: Sight | None) -> PlanRecord:
        self._lease.hold()
        plan = self._plan()
        self._content = self._store.content(plan.id, plan.version)
        self._ledger = Ledger(self._lease, plan, self._content, self._runner.progress)
        self._look_after_unanswered()
        early: _EndedEarlyError | None = None
        try:
            self._delete_all(sight)
        except _EndedEarlyError as error:
            early = error
        except (IncompleteError, RequestError) as error:
            early = _EndedEarlyError(str(error))
        if early:
            self._ledger.spare(dict.fromkeys(self._ledger.pending, f"was not reached: {early}"))
        self._look_once_more()
        return self._end(early)

    def _delete_all(self, sight: Sight | None) -> None:
        self._go_on()
        self._lookout = Lookout(
            self._workplace, self._store, self._lease.clock, self._content, sight or self._look()
        )
        self._sender = Sender(
            lease=self._lease,
            workplace=self._workplace,
            ledger=self._ledger,
            lookout=self._lookout,
            numbers=count(self._store.batches_journalled(self._lease.run) + 1),
            unsure=self._unsure,
        )
        while self._ledger.pending:
            self._go_on()
            self._round()

    def _look(self) -> Sight:
        return look_at(self._workplace, gone_of(self._content, self._ledger.deleted))

    def _go_on(self) -> None:
        if self._runner.is_leaving():
            raise LeftError
        if by := self._plan().stop_asked_by:
            raise _EndedEarlyError(f"{by} stopped the run")

    def _plan(self) -> PlanRecord:
        plan, run = self._store.plan(self._lease.run.plan), self._store.run(self._lease.run.plan)
        is_mine = run is not None and run.attempt == self._lease.run.attempt
        if plan is None or plan.state is not PlanState.EXECUTING or not is_mine:
            raise RunLostError
        return plan

    def _round(self) -> None:
        lookout, ledger = self._lookout, self._ledger
        done_before = ledger.done
        ledger.spare(lookout.keep_up(ledger))
        digests = self._next()
        ledger.spare(lookout.check(digests, ledger))
        texts = lookout.read(self._pending_of(digests))
        unread = [digest for digest in self._pending_of(digests) if digest not in texts]
        ledger.spare(lookout.unreadable(unread, ledger))
        answers = self._sender.send(self._pending_of(digests), texts)
        self._pass = [each for each in self._pass if each not in self._sender.refused]
        self._idle = 0 if ledger.done > done_before else self._idle + 1
        self.got_somewhere = self.got_somewhere or not self._idle
        self._consider([answer for answer in answers if answer.error])

    def _next(self) -> Sequence[str]:
        """What goes in this round: of what is left of the pass, or of the next one."""
        self._pass = self._pending_of(self._pass)
        if not self._pass:
            order, graph = self._content.delete, self._lookout.graph
            self._pass = next_pass(order, self._ledger.pending, graph)
        return self._pass[: DELETED_AT_ONCE * BATCHES_AT_ONCE]

    def _pending_of(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if digest in self._ledger.pending]

    def _consider(self, unanswered: Sequence[Answer]) -> None:
        """Whether it makes sense to go on, and how soon."""
        ledger = self._ledger
        for_good = [answer for answer in unanswered if not answer.may_pass]
        if not for_good and self._idle >= IDLE_ROUNDS:
            for_good = list(unanswered)
            self._sender.give_up(for_good)
        if for_good:
            raise _EndedEarlyError(str(for_good[0].error), has_failed=True)
        failed, deleted = ledger.count(Outcome.FAILED), ledger.count(Outcome.DELETED)
        if piles_up(failed, failed + deleted):
            why = f"{failed:,} of {failed + deleted:,} could not be deleted"
            raise _EndedEarlyError(why, has_failed=True)
        if unanswered or self._idle:
            self._runner.sleep(min(LONGEST_PAUSE, 2.0 ** (self._idle - 1)))

    def _look_after_unanswered(self) -> None:
        """Of calls that were in flight when somebody died, or the database, only ECR knows whether
        they took effect."""
        batches = self._store.unanswered(self._lease.run)
        digests = self._pending_of(chain.from_iterable(batch.digests for batch in batches))
        self._unsure.update(digests)
        fates = gone_by_a_lost_call(digests, self._workplace, self._ledger)
        self._ledger.settle(fates, batches)

    def _look_once_more(self) -> None:
        """A call whose answer was lost may have taken effect after it was looked at."""
        stay = sorted(self._unsure - self._ledger.deleted)
        self._ledger.settle(gone_by_a_lost_call(stay, self._workplace, self._ledger))

    def _end(self, early: _EndedEarlyError | None) -> PlanRecord:
        ledger = self._ledger
        while True:
            before = self._plan()
            is_stop = early is not None and not early.has_failed
            if is_stop:
                after = stopped(before, ledger.freed_bytes)
            else:
                after = ended(before, ledger.outcomes.values(), ledger.freed_bytes)
            event = Event(
                at=self._lease.clock(),
                event=EventName.STOPPED if is_stop else EventName.ENDED,
                by=BY_ITSELF,
                detail=_summary(ledger, early),
                plan=before.id,
                version=before.version,
                repository=before.repository.uri,
            )
            if self._store.commit(Change((event,), before, after)):
                return after


def _summary(ledger: Ledger, early: _EndedEarlyError | None) -> str:
    counts = ((outcome, ledger.count(outcome)) for outcome in Outcome)
    told = ", ".join(f"{number:,} {outcome}" for outcome, number in counts if number)
    freed = f"{told}; {ledger.freed_bytes:,} bytes freed"
    return f"{freed}; {early}" if early else freed
