"""A test environment without AWS: a database, a clock, users, and a second process."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import pytest

from bot.core.errors import ErrorText, RefusedError, RequestError, ServiceError
from bot.core.permissions import AwsIdentity, Person, SlackUser
from bot.core.plan import Plan
from bot.core.plan_transitions import proposed
from bot.core.policy import ApprovalRules
from bot.core.records import (
    AuditEvent,
    AuditEventName,
    Pause,
    PlanItem,
    PlanRecord,
    RepositoryPin,
    StoreChange,
)
from bot.core.refusal_reasons import Refusal
from bot.core.repository import RepositoryId
from bot.core.usage import RepositoryUsage, SourceScan
from bot.store.store import Store, open_database
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.decisions import ApprovalRequest, Decisions
from bot.usecases.pins import NewPins, Pins
from bot.usecases.proposals import PlanTerms
from tests.render.builders import HERE, image, plan
from tests.support import NOW, PRICES

ANN, BOB = (AwsIdentity(f"arn:aws:iam::123456789012:user/{name}") for name in ("ann", "bob"))
CAT, DAN = (SlackUser(id_, "T1", is_guest=False, groups=None) for id_ in ("U1CAT", "U2DAN"))
WEEK = timedelta(days=7)
TERMS = PlanTerms(PRICES.of, WEEK)

ALL_SCANNED = RepositoryUsage(scans=(SourceScan("ecs", "here", 3),), not_checked=())


def content(*tags: str, newest: int = 1, usage: RepositoryUsage = ALL_SCANNED) -> Plan:
    """One image per tag, newest first. All but the `newest` first ones are deleted."""
    images = (image(n, tag, age=40 + n) for n, tag in enumerate(tags))
    return plan(*images, newest=newest, usage=usage)


@contextmanager
def refused(refusal: Refusal) -> Iterator[None]:
    """Checks that the action is refused with this reason."""
    with pytest.raises(RefusedError) as caught:
        yield
    assert caught.value.refusal == refusal


class RacingStore(Store):
    """Runs an action of another process before the next call of a method."""

    before_next: dict[str, Callable[[], object]]

    def __init__(self, url: str) -> None:
        super().__init__(open_database(url), is_new=False)
        self.before_next = {}

    def commit(self, change: StoreChange) -> bool:
        self._run_hook("commit")
        return super().commit(change)

    def pins(self, repository: str | None = None) -> Sequence[RepositoryPin]:
        self._run_hook("pins")
        return super().pins(repository)

    def content(self, id_: str, version: int) -> Plan:
        self._run_hook("content")
        return super().content(id_, version)

    def set_pause(self, pause: Pause | None, event: AuditEvent) -> bool:
        self._run_hook("set_pause")
        return super().set_pause(pause, event)

    def _run_hook(self, method: str) -> None:
        if action := self.before_next.pop(method, None):
            action()


@dataclass
class FakeDirectory:
    """Looks up Slack users. `error`: makes every call fail."""

    known: dict[str, SlackUser] = field(default_factory=dict)
    error: str | None = None

    def workspace(self) -> str:
        self._expect_answer()
        return "T1"

    def person(self, user_id: str) -> SlackUser:
        self._expect_answer()
        if user_id not in self.known:
            raise RequestError(f"Slack has no user {user_id}")
        return self.known[user_id]

    def _expect_answer(self) -> None:
        if self.error:
            raise ServiceError(self.error)


@dataclass
class StoreEnv:
    """`theirs` is the same database as `store`, as another process opens it."""

    store: RacingStore
    theirs: Store
    now: datetime = NOW
    rules: ApprovalRules = field(
        default=ApprovalRules((), 1, confirm_over=1.0, workspace="T1", channel="C1")
    )
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def clock(self) -> datetime:
        return self.now

    def rules_of(self, repository: RepositoryId) -> ApprovalRules:
        assert repository == HERE
        return self.rules

    @property
    def authority(self) -> AuthorityChecker:
        return AuthorityChecker(self.rules_of, self.rules, self.directory)

    def new_id(self) -> str:
        return f"plan{next(self.numbers)}"

    def proposed(self, what: Plan | None = None) -> PlanRecord:
        """Stores a plan. By default it keeps `new` and deletes `old` and `older`."""
        made = what or content("new", "old", "older")
        after = proposed(self.new_id(), made, self.now, self.now + WEEK)
        detail = ErrorText("…")
        event = AuditEvent(
            self.now, AuditEventName.PROPOSED, ANN.name, detail, after.id, 1, HERE.uri
        )
        assert self.store.commit(StoreChange((event,), None, after, made))
        return after

    def pins(self, store: Store | None = None) -> Pins:
        return Pins(store or self.store, self.clock, self.rules_of, self.authority, TERMS)

    def decisions(self, store: Store | None = None) -> Decisions:
        undo_window = timedelta(minutes=5)
        return Decisions(store or self.store, self.clock, self.rules_of, self.rules, undo_window)

    def pin(
        self,
        *texts: str,
        person: Person = ANN,
        days: float | None = None,
        store: Store | None = None,
    ) -> NewPins:
        until = None if days is None else self.now + timedelta(days=days)
        return self.pins(store).pin(HERE, texts, person, "a customer runs it", until)

    def approve(
        self, plan: PlanRecord, person: Person = ANN, store: Store | None = None
    ) -> PlanRecord:
        channel = "C1" if isinstance(person, SlackUser) else None
        return self.decisions(store).approve(
            plan.id, person, ApprovalRequest(plan.version, channel)
        )

    def pinned(self) -> list[str]:
        return [each.pin.pin for each in self.store.pins(HERE.uri)]

    def events(self) -> list[AuditEventName]:
        return [event.event for event in self.store.events()]

    def last_event(self) -> AuditEvent:
        return list(self.store.events())[-1]

    def as_stored(self, plan: PlanRecord) -> PlanRecord:
        found = self.store.plan(plan.id)
        assert found
        return found

    def to_delete(self, plan: PlanRecord) -> list[str]:
        """The tags that the newest version deletes."""
        items: list[PlanItem] = list(self.store.items(plan.id, plan.version))
        return [tag for item in items for tag in item.tags]
