"""Carries out a plan that was started: deletes what people approved, and nothing that has changed
since.

It goes by rounds. Each looks whether it may go on, spares what has changed, describes the next
batches once more, writes down what it is about to do, does it, and writes down what ECR answered.
Whatever goes wrong in between, the next attempt, here or in another process, begins with what is
written down.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import TYPE_CHECKING

from bot.core.audit_details import RunEnded
from bot.core.errors import DamagedError, RequestError, ServiceError
from bot.core.ground import is_what_people_approved
from bot.core.passes import next_pass, piles_up
from bot.core.plan_state import PlanState
from bot.core.records import EventName, Outcome, PlanRecord, Run, by_itself
from bot.core.result_reasons import (
    DeletedElsewhere,
    EndCause,
    StoppedBy,
    StoppedBySettings,
    TooManyFailures,
)
from bot.core.sentence import Sentence
from bot.core.sparing import Why, gone_of
from bot.core.transitions import ended, stopped
from bot.ports import Clock, RunProgress
from bot.store.changes import Change
from bot.usecases.lease import LENGTH, MARGIN, Lease, RunLostError
from bot.usecases.ledger import Ledger
from bot.usecases.lookout import IncompleteError, Lookout, Sight, Workplace, look_at
from bot.usecases.send import DELETED_AT_ONCE, Answer, Sender

if TYPE_CHECKING:
    from bot.store.store import Store

BATCHES_AT_ONCE = 4

IDLE_ROUNDS = 8
"""One after the other in which nothing came of any call."""

WAITS = (2, 4, 8, 16, 32, 60)
"""Seconds before what failed is tried again, from what is stored."""

LONGEST_PAUSE = 15.0
"""Seconds, between rounds in which nothing comes of anything."""

LATE_EFFECT = LENGTH + MARGIN
"""After a call left it can have no effect any more: the longest call, and how much the clocks of
two machines may differ."""

Sleep = Callable[[float], None]


class LeftError(Exception):
    """The worker was told to leave: whoever comes next goes on with the run."""


class _EndedEarlyError(Exception):
    """No more is to be deleted."""

    def __init__(self, cause: EndCause) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Runner:
    """`sleep` takes seconds; `is_leaving`: whether this worker has been told to leave."""

    store: "Store"
    clock: Clock
    sleep: Sleep
    progress: RunProgress
    is_leaving: Callable[[], bool]

    def carry_out(self, run: Run, workplace: Workplace, sight: Sight | None = None) -> PlanRecord:
        """The plan as it is in the end. `sight`: from a moment ago, if there is one.

        What cannot be used for minutes ends the run. Raises RunLostError if somebody else has taken
        it over; LeftError; and ServiceError if the database could not be used, or nobody could tell
        what became of a call: whoever recovers the run goes on with it.
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
            except ServiceError as error:
                if course.got_somewhere:
                    waits = iter(WAITS)
                wait = next(waits, None)
                if wait is None:
                    return _Course(self, lease, workplace).give_up(error)
                self.sleep(wait)
                sight = None


class _Course:
    """One attempt to get to the end, from what is stored. `unsure`: digests of calls that left and
    that ECR did not answer, with the time at which the last of these calls had left."""

    def __init__(self, runner: Runner, lease: Lease, workplace: Workplace) -> None:
        self._runner = runner
        self._lease = lease
        self._store = lease.store
        self._workplace = workplace
        self._pass: Sequence[str] = ()
        self._idle = 0
        self.got_somewhere = False

    def to_the_end(self, sight: Sight | None) -> PlanRecord:
        self._open()
        self._look_up_lost_calls()
        cause: EndCause | None = None
        try:
            self._delete_all(sight)
        except (_EndedEarlyError, IncompleteError, RequestError) as error:
            cause = _cause_of(error)
            self._ledger.cut_short(cause)
        self._look_up_lost_calls()
        return self._end(cause)

    def give_up(self, error: ServiceError) -> PlanRecord:
        """Ends the run since something has failed for minutes. Raises that, if it cannot be found
        out what became of calls, or nothing can be written."""
        self._open()
        if self._unsure:
            raise error
        cause = Sentence.of(error)
        self._ledger.cut_short(cause)
        return self._end(cause)

    def _open(self) -> None:
        self._lease.hold()
        plan = self._plan()
        self._content = self._store.content(plan.id, plan.version)
        if not is_what_people_approved(plan, self._content):
            raise DamagedError(
                f"Version {plan.version} of the plan {plan.id}, as it is stored, is not what was "
                "approved: look into who can write to the database"
            )
        self._ledger = Ledger(self._lease, plan, self._content, self._runner.progress)
        self._unsure: dict[str, datetime] = {}
        for batch in self._store.unanswered(self._lease.run):
            if batch.sent_at:
                self._unsure.update(dict.fromkeys(batch.digests, batch.sent_at))
        self._be_sure_of(self._ledger.deleted)

    def _delete_all(self, sight: Sight | None) -> None:
        if not self._ledger.pending:
            return
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
        plan = self._plan()
        if plan.stop_cause:
            raise _EndedEarlyError(StoppedBySettings(plan.stop_cause))
        if plan.stop_asked_by:
            raise _EndedEarlyError(StoppedBy(plan.stop_asked_by))

    def _plan(self) -> PlanRecord:
        plan, run = self._store.plan(self._lease.run.plan), self._store.run(self._lease.run.plan)
        is_mine = run is not None and run.attempt == self._lease.run.attempt
        if plan is None or plan.state is not PlanState.EXECUTING or not is_mine:
            raise RunLostError
        return plan

    def _round(self) -> None:
        lookout, ledger = self._lookout, self._ledger
        done_before = ledger.done
        self._spare(lambda: lookout.keep_up(ledger))
        lookout.settled()
        chosen = self._next()
        self._spare(lambda: lookout.check(self._pending_of(chosen), ledger))
        texts = lookout.read(self._pending_of(chosen))
        self._spare(lambda: lookout.unreadable(texts.unreadable, ledger))
        self._go_on()
        digests = [digest for digest in self._pending_of(chosen) if digest in texts.by_digest]
        answers = [] if lookout.pins_changed() else self._sender.send(digests, texts.by_digest)
        self._pass = [each for each in self._pass if each not in self._sender.refused]
        self._look_up_lost_calls()
        self._idle = 0 if ledger.done > done_before else self._idle + 1
        self.got_somewhere = self.got_somewhere or not self._idle
        self._consider([answer for answer in answers if answer.error])

    def _spare(self, look: Callable[[], Why]) -> None:
        """What is gone by a call of ours whose answer was lost was not deleted by somebody else,
        and spares nothing."""
        why = look()
        ours = [digest for digest in self._unsure if why.get(digest) == DeletedElsewhere()]
        if ours:
            self._settle_lost(ours)
            why = look()
        self._ledger.spare(why)

    def _next(self) -> Sequence[str]:
        """What goes in this round: of what is left of the pass, or of the next one."""
        self._pass = self._pending_of(self._pass)
        if not self._pass:
            order, graph = self._content.delete, self._lookout.graph
            self._pass = next_pass(order, self._ledger.pending, graph)
            assert self._pass or not self._ledger.pending, "what hangs on itself is never deleted"
        return self._pass[: DELETED_AT_ONCE * BATCHES_AT_ONCE]

    def _pending_of(self, digests: Iterable[str]) -> list[str]:
        return [digest for digest in digests if digest in self._ledger.pending]

    def _consider(self, unanswered: Sequence[Answer]) -> None:
        """Whether it makes sense to go on, and how soon. Each of the answers has an error."""
        ledger = self._ledger
        for_good = [answer for answer in unanswered if not answer.may_pass]
        if not for_good and self._idle >= IDLE_ROUNDS:
            for_good = list(unanswered)
            self._sender.give_up(for_good)
        if for_good:
            assert for_good[0].error is not None
            raise _EndedEarlyError(Sentence.of(for_good[0].error))
        failed, deleted = ledger.count(Outcome.FAILED), ledger.count(Outcome.DELETED)
        if piles_up(failed, failed + deleted):
            raise _EndedEarlyError(TooManyFailures(failed, failed + deleted))
        if unanswered or self._idle:
            self._runner.sleep(min(LONGEST_PAUSE, 2.0 ** (self._idle - 1)))

    def _look_up_lost_calls(self) -> None:
        """Of calls that were in flight when somebody died, or whose answer was lost, only ECR knows
        whether they took effect. They may do so late: what was spared meanwhile is looked up, too.
        """
        self._be_sure_of(self._ledger.deleted)
        if self._unsure:
            looked_at = self._lease.clock()
            there = self._workplace.there(self._unsure)
            self._settle_lost(sorted(self._unsure.keys() - there))
            self._forget_calls_without_effect(looked_at)

    def _settle_lost(self, digests: Sequence[str]) -> None:
        ledger = self._ledger
        ledger.settle([ledger.unconfirmed_deletion(each) for each in digests])
        self._be_sure_of(digests)

    def _forget_calls_without_effect(self, looked_at: datetime) -> None:
        """What is still there so long after a call was not deleted by it. If it is gone later,
        somebody else deleted it, whoever carries the run out then."""
        over = [d for d, sent_at in self._unsure.items() if looked_at - sent_at > LATE_EFFECT]
        if over:
            self._be_sure_of(over)
            batches = self._store.unanswered(self._lease.run)
            settled = [each for each in batches if self._unsure.keys().isdisjoint(each.digests)]
            self._ledger.settle([], settled)

    def _be_sure_of(self, digests: Iterable[str]) -> None:
        for digest in digests:
            self._unsure.pop(digest, None)

    def _end(self, cause: EndCause | None) -> PlanRecord:
        ledger = self._ledger
        ledger.settle([], self._store.unanswered(self._lease.run))
        while True:
            before = self._plan()
            after = _ended(before, ledger)
            is_stopped = after.state is PlanState.STOPPED
            name = EventName.STOPPED if is_stopped else EventName.ENDED
            event = by_itself(before, self._lease.clock(), name, _summary(before, ledger, cause))
            if self._store.commit(Change((event,), before, after)):
                return after


def _ended(plan: PlanRecord, ledger: Ledger) -> PlanRecord:
    """By what is stored alone: whoever comes to the end after others have died says the same."""
    has_failed = ledger.count(Outcome.FAILED) > 0
    if ledger.is_cut_short and (plan.stop_asked_by or not has_failed):
        return stopped(plan, ledger.freed_bytes, ledger.unconfirmed_bytes)
    outcomes = ledger.outcomes.values()
    return ended(plan, outcomes, ledger.freed_bytes, ledger.unconfirmed_bytes)


def _summary(plan: PlanRecord, ledger: Ledger, cause: EndCause | None) -> RunEnded:
    return RunEnded(
        deleted=ledger.count(Outcome.DELETED),
        skipped=ledger.count(Outcome.SPARED),
        failed=ledger.count(Outcome.FAILED),
        pending=ledger.count(Outcome.PENDING),
        freed_bytes=ledger.freed_bytes,
        exact=plan.exact,
        unconfirmed=ledger.unconfirmed,
        unconfirmed_bytes=ledger.unconfirmed_bytes,
        cause=cause,
    )


def _cause_of(error: Exception) -> EndCause:
    if isinstance(error, _EndedEarlyError | IncompleteError):
        return error.cause
    return Sentence.of(error)
