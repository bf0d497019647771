"""Pins tags, digests or globs. An open plan gets its next version at once, without anybody asking
AWS again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import PinsKeep, PinText
from bot.core.authority import Person, Refused, may_pin, may_unpin
from bot.core.decision_reasons import PinOfAnother
from bot.core.errors import RequestError
from bot.core.legal_texts import ONLY_GLOBS
from bot.core.next_version import with_pins
from bot.core.pins import Pin, PinBoard, PinKind, check_pin
from bot.core.plan import Plan
from bot.core.plan_state import AWAITING
from bot.core.records import Event, EventName, PinRemoval, PlanRecord, RepositoryPin
from bot.core.repository import RepositoryId
from bot.core.transitions import Step, allows, renewed
from bot.core.words import moment
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.deed import Deed
from bot.usecases.find_plan import Version, find_open_version
from bot.usecases.reasons import one_line

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Pinned:
    """`plan`: the open plan as it is then, if there is one. `idle`: which of the pins fit nothing
    that it knows, or without it the last scan of tags; somebody may have mistyped them."""

    pins: Sequence[Pin]
    plan: PlanRecord | None
    idle: tuple[str, ...]


class PinChangedError(Exception):
    """Somebody changed the pin since it was seen, or took it off."""


@dataclass(frozen=True, slots=True)
class Pinner:
    """Pins of the same text are replaced."""

    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]
    usd_per_gb_month: float
    expires_after: timedelta

    def pin(  # noqa: PLR0913 - what a pin is, and what it may replace
        self,
        repository: RepositoryId,
        texts: Sequence[str],
        person: Person,
        reason: str,
        until: datetime | None = None,
        *,
        seen: RepositoryPin | None = None,
    ) -> Pinned:
        """`seen`: the only pin that may be replaced, as it was seen. Raises PinChangedError if it
        is another by now, RequestError for what can protect nothing, and for whoever may not."""
        deed = Deed(person, self.clock(), repository)
        deed.expect(may_pin(person, self.rules_of(repository)), self.store)
        pins = _checked(texts, deed, reason, until)
        made = [RepositoryPin(repository.uri, pin, deed.at) for pin in pins]
        while True:
            replaced = self._replaced(made, deed)
            if seen and seen not in replaced:
                raise PinChangedError
            change = replace(
                self._change(deed, pins),
                pins_added=made,
                pins_removed=replaced,
                removals=removals_by(deed, replaced),
            )
            if self.store.commit(change):
                found = _version_of(change) or self.catch_up(repository, person)
                plan, content = found or (None, None)
                return Pinned(pins, plan, self._idle(pins, content, deed))

    def _replaced(self, made: Sequence[RepositoryPin], deed: Deed) -> Sequence[RepositoryPin]:
        """Pins of the same text. Whoever ends one earlier, or makes somebody else's their own,
        takes it off, and needs the right to."""
        known = {each.pin.pin: each for each in self.store.pins(deed.repository.uri)}
        replaced = [(known[new.pin.pin], new) for new in made if new.pin.pin in known]
        for old, new in replaced:
            if old.pin.protects(deed.at) and _takes_off(new.pin, old.pin):
                decision = may_unpin(deed.person, old.pin, self.rules_of(deed.repository))
                if isinstance(decision, Refused):
                    deed.refuse(PinOfAnother(old.pin, decision.reason), self.store)
        return [old for old, _ in replaced]

    def _change(self, deed: Deed, pins: Sequence[Pin]) -> Change:
        found = find_open_version(self.store, deed.repository, deed.at, AWAITING)
        if found is None:
            return Change(_pinned(deed, pins, None))
        before, content = found
        about_it = replace(deed, plan=before)
        change = self._renewal(about_it, content, pins)
        return replace(change, events=(*_pinned(about_it, pins, content), *change.events))

    def _idle(self, pins: Sequence[Pin], content: Plan | None, deed: Deed) -> tuple[str, ...]:
        if content is None:
            return self._unknown_to_the_last_scan(pins, deed)
        return tuple(pin.pin for pin in pins if not _protected(pin, content, deed.at))

    def _unknown_to_the_last_scan(self, pins: Sequence[Pin], deed: Deed) -> tuple[str, ...]:
        """Not digests: a scan knows no images that never had a tag."""
        scan = self.store.tag_scan(deed.repository)
        if scan is None:
            return ()
        doubtful = (pin for pin in pins if pin.kind is not PinKind.DIGEST)
        return tuple(
            pin.pin for pin in doubtful if not PinBoard([pin], deed.at).of_tags(scan.bindings)
        )

    def catch_up(self, repository: RepositoryId, person: Person) -> Version | None:
        """Gives an open plan its next version if it does not know a pin that was made while it
        was planned."""
        while True:
            now = self.clock()
            found = find_open_version(self.store, repository, now)
            if found is None or not allows(found.record.state, Step.RENEW):
                return found
            before, content = found
            pins = [each.pin for each in self.store.pins(repository.uri)]
            change = self._renewal(Deed(person, now, repository, before), content, pins)
            if change.content == content:
                return found
            if self.store.commit(change):
                return _version_of(change)

    def _renewal(self, deed: Deed, content: Plan, pins: Sequence[Pin]) -> Change:
        assert deed.plan is not None
        pinned = with_pins(content, pins, deed.at, self.usd_per_gb_month)
        after = renewed(deed.plan, pinned, deed.at, deed.at + self.expires_after)
        spared = len(content.delete) - len(pinned.delete)
        detail = PinsKeep(spared, len(content.delete))
        event = replace(deed, plan=after).event(EventName.PROPOSED, detail)
        return Change((event,), deed.plan, after, pinned)


def _version_of(change: Change) -> Version | None:
    """The new version, if the change makes one."""
    if change.after and change.content:
        return Version(change.after, change.content)
    return None


def removals_by(deed: Deed, pins: Iterable[RepositoryPin]) -> Sequence[PinRemoval]:
    """That the person of the deed removes them, of those that protect and that others made."""
    name = deed.person.name
    others = (each for each in pins if each.pin.by != name and each.pin.protects(deed.at))
    return [PinRemoval(each, name, deed.at) for each in others]


def _checked(
    texts: Sequence[str], deed: Deed, reason: str, until: datetime | None
) -> Sequence[Pin]:
    why = _checked_reason(reason)
    if until is not None and until <= deed.at:
        raise RequestError(f"{moment(until)} is over: give a time to come, or none")
    try:
        pins = [check_pin(text) for text in dict.fromkeys(texts)]
    except ValueError as error:
        raise RequestError(
            f"{error}; give a tag, a whole digest or a glob of tags: {ONLY_GLOBS}"
        ) from error
    return [Pin(pin, deed.person.name, why, until) for pin in pins]


def _checked_reason(reason: str) -> str:
    words = one_line(reason)
    if not words:
        raise RequestError("A pin needs a reason: say in a few words who needs what for what")
    return words


def _takes_off(new: Pin, old: Pin) -> bool:
    if new.by != old.by:
        return True
    return new.until is not None and (old.until is None or new.until < old.until)


def _pinned(deed: Deed, pins: Sequence[Pin], content: Plan | None) -> tuple[Event, ...]:
    """With the digests that each protects in what was proposed."""
    return tuple(
        deed.event(EventName.PINNED, PinText(pin), _protected(pin, content, deed.at))
        for pin in pins
    )


def _protected(pin: Pin, content: Plan | None, now: datetime) -> tuple[str, ...]:
    board = PinBoard([pin], now)
    judged = content.judged if content else ()
    return tuple(each.manifest.digest for each in judged if board.of(each.manifest))
