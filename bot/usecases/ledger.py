"""What became of everything that a plan deletes, as far as it is known by now."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass, replace
from datetime import datetime
from typing import Any

from bot.core.audit_details import DeletedAsApproved, EventDetail, NotDeleted, ReasonCount
from bot.core.errors import DamagedError
from bot.core.freed import Freed
from bot.core.plan import Plan
from bot.core.records import Batch, Event, EventName, Fate, Outcome, PlanRecord, by_itself
from bot.core.result_reasons import EndCause, NotReached
from bot.core.sparing import Why
from bot.ports import RunProgress
from bot.usecases.lease import Lease, RunLostError

REASONS = 3
"""That the audit tells with one event."""

_EVENTS = {
    Outcome.DELETED: EventName.DELETED,
    Outcome.SPARED: EventName.SPARED,
    Outcome.FAILED: EventName.FAILED,
}


class Ledger:
    """Nothing stands here that does not stand in the store. `outcomes` are in the order of
    deletion."""

    def __init__(
        self, lease: Lease, plan: PlanRecord, content: Plan, progress: RunProgress
    ) -> None:
        """Raises DamagedError if what is stored is not what the plan deletes."""
        self._lease = lease
        self._plan = plan
        self._progress = progress
        self._content = content
        self._reasons = {each.manifest.digest: each.reasons[0] for each in content.judged}
        items = lease.store.items(plan.id, plan.version)
        if [item.digest for item in items] != [*content.delete]:
            raise DamagedError(
                f"The receipt of the plan {plan.id} is not about what the plan deletes: somebody "
                "changed it in the database; look into a backup"
            )
        self.outcomes = {item.digest: item.outcome for item in items}
        self._counts = Counter(self.outcomes.values())
        self.is_cut_short = any(isinstance(item.reason, NotReached) for item in items)
        self.pending = {d for d, outcome in self.outcomes.items() if outcome is Outcome.PENDING}
        self.deleted = {d for d, outcome in self.outcomes.items() if outcome is Outcome.DELETED}
        self._unconfirmed = {item.digest for item in items if item.is_unconfirmed}
        self._freed = Freed(content, self.deleted - self._unconfirmed)
        self._tell()

    @property
    def freed_bytes(self) -> int:
        """By deletions that ECR confirmed."""
        return self._freed.bytes

    @property
    def unconfirmed(self) -> int:
        """How many deletions ECR never confirmed."""
        return len(self._unconfirmed)

    @property
    def unconfirmed_bytes(self) -> int:
        """What these freed besides."""
        if not self._unconfirmed:
            return 0
        return Freed(self._content, self.deleted).bytes - self._freed.bytes

    @property
    def done(self) -> int:
        return len(self.outcomes) - len(self.pending)

    def count(self, outcome: Outcome) -> int:
        return self._counts[outcome]

    def cut_short(self, cause: EndCause) -> None:
        """Skips what is pending, since no more is to be deleted."""
        self.is_cut_short = self.is_cut_short or bool(self.pending)
        self.spare(dict.fromkeys(sorted(self.pending), NotReached(cause)))

    def spare(self, why: Why) -> None:
        self.settle([Fate(digest, Outcome.SPARED, reason) for digest, reason in why.items()])

    def confirmed_deletion(self, digest: str) -> Fate:
        """With the plan's own reason."""
        return Fate(digest, Outcome.DELETED, self._reasons[digest])

    def unconfirmed_deletion(self, digest: str) -> Fate:
        """Of what is gone after a call of ours that ECR did not answer."""
        return Fate(digest, Outcome.DELETED, self._reasons[digest], is_unconfirmed=True)

    def settle(self, fates: Sequence[Fate], answered: Sequence[Batch] = ()) -> None:
        """Raises RunLostError if somebody else has the run, ServiceError if nothing was written."""
        if not fates and not answered:
            return
        events = list(self._events(fates, self._lease.clock()))
        if not self._lease.store.settle(self._lease.run, fates, answered, events):
            raise RunLostError
        for fate in fates:
            self._counts[self.outcomes[fate.digest]] -= 1
            self._counts[fate.outcome] += 1
            self.outcomes[fate.digest] = fate.outcome
            self.pending.discard(fate.digest)
            if fate.outcome is Outcome.DELETED:
                self.deleted.add(fate.digest)
                self._count_bytes(fate)
        self._tell()

    def _count_bytes(self, fate: Fate) -> None:
        if fate.is_unconfirmed:
            self._unconfirmed.add(fate.digest)
        else:
            self._freed.add(fate.digest)

    def _tell(self) -> None:
        self._progress(self.done, len(self.outcomes), self.freed_bytes)

    def _events(self, fates: Sequence[Fate], at: datetime) -> Iterator[Event]:
        alike: defaultdict[tuple[Outcome, bool], list[Fate]] = defaultdict(list)
        for fate in fates:
            alike[fate.outcome, fate.is_unconfirmed].append(fate)
        for (outcome, is_unconfirmed), some in sorted(alike.items()):
            detail = _detail(outcome, some, is_unconfirmed=is_unconfirmed)
            digests = tuple(fate.digest for fate in some)
            yield by_itself(self._plan, at, _EVENTS[outcome], detail, digests)


def _detail(outcome: Outcome, fates: Sequence[Fate], *, is_unconfirmed: bool) -> EventDetail:
    if outcome is Outcome.DELETED:
        return DeletedAsApproved(is_unconfirmed)
    reasons = Counter(_to_the_minute(fate.reason) for fate in fates).most_common(REASONS)
    return NotDeleted(tuple(ReasonCount(images, reason) for reason, images in reasons))


def _to_the_minute(value: Any) -> Any:
    """A reason with its times as people read them: those that read the same count as one."""
    if isinstance(value, datetime):
        return value.replace(second=0, microsecond=0)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {each.name: _to_the_minute(getattr(value, each.name)) for each in fields(value)}
        return replace(value, **parts)
    return value
