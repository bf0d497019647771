"""Makes, extends and removes pins, and warns before a pin expires.

A new pin immediately makes the next version of an open plan, without calls to AWS. Removing a pin
does not change an open plan, which still keeps the images.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from bot.core.audit_details import PinDetail
from bot.core.errors import RequestError, ServiceError
from bot.core.name_syntax import ABOUT_PATTERNS
from bot.core.permissions import PermissionRefused, Person, may_pin, may_unpin
from bot.core.pins import Pin, PinIndex, PinKind, check_pin
from bot.core.plan import BEFORE_EXECUTION, Plan
from bot.core.policy import ApprovalRules
from bot.core.records import (
    AuditEvent,
    AuditEventName,
    PinRemoval,
    PlanRecord,
    RepositoryPin,
    StoreChange,
)
from bot.core.refusal_reasons import PinnedByAnotherPerson
from bot.core.repository import RepositoryId
from bot.core.text_formatting import format_time
from bot.parallel import call_all
from bot.ports import Clock
from bot.usecases.audit import AuditedRepositoryAction, one_line
from bot.usecases.check_authority import AuthorityChecker, PinStillInForce
from bot.usecases.proposals import (
    PlanTerms,
    catch_up,
    find_open_version,
    next_version,
    version_of,
)

if TYPE_CHECKING:
    from bot.store.store import Store


WARNING_PERIOD = timedelta(days=1)

MESSAGES_PER_CALL = 5
"""Leaves room for other messages in the Slack rate limit."""


@dataclass(frozen=True, slots=True)
class NewPins:
    """The result of pinning. `plan`: the open plan with these pins, if there is one, and its
    `content`. `unmatched`: pins that match no image of that plan or, without a plan, of the last
    scan. They may be mistyped."""

    pins: Sequence[Pin]
    plan: PlanRecord | None
    content: Plan | None
    unmatched: tuple[str, ...]


class CannotExtendError(RequestError):
    """The pin cannot be extended: it is gone, or its end has changed."""


class _PinChangedError(Exception):
    """The pin was changed or removed after it was read."""


@dataclass(frozen=True, slots=True)
class Pins:
    """Makes, extends and removes pins. Every change raises RequestError with the reason if the
    person may not make it. The audit records every change and every refusal."""

    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]
    authority: AuthorityChecker
    terms: PlanTerms

    def pin(
        self,
        repository: RepositoryId,
        texts: Sequence[str],
        person: Person,
        reason: str,
        until: datetime | None = None,
    ) -> NewPins:
        """Replaces pins of the same texts. Also raises RequestError for a text that can match no
        image."""
        action = self.expect_may_pin(repository, person)
        return self._make(action, _checked(texts, action, reason, until))

    def extend(
        self,
        repository: RepositoryId,
        text: str,
        person: Person,
        *,
        seen: datetime,
        by: timedelta,
    ) -> NewPins:
        """Adds `by` to `seen`, the end that the person saw, or to now if that is over. Raises
        CannotExtendError if the pin is gone or its end has changed."""
        while True:
            stored = self._ending_at(seen, repository, text)
            until = max(seen, self.clock()) + by
            action = self.expect_may_pin(repository, person)
            pins = _checked([text], action, stored.pin.reason, until)
            with suppress(_PinChangedError):
                return self._make(action, pins, seen=stored)

    def unpin(
        self, repository: RepositoryId, texts: Sequence[str], person: Person
    ) -> Sequence[RepositoryPin]:
        """Removes all of these pins, or none. Also raises RequestError if a pin does not exist."""
        action = self._action(repository, person)
        there = self.store.pins(repository.uri)
        still_on = [each.stored for each in self._still_in_force(repository, action.at)]
        known = [*there, *still_on]
        if unknown := next((t for t in texts if t not in {each.pin.pin for each in known}), None):
            raise RequestError(_not_pinned(unknown, repository, [each.pin.pin for each in known]))
        pins = [each for text in dict.fromkeys(texts) for each in known if each.pin.pin == text]
        for each in pins:
            action.expect(may_unpin(person, each.pin, self.rules_of(repository)))
        events = [action.event(AuditEventName.UNPINNED, PinDetail(each.pin)) for each in pins]
        removed = [each for each in pins if each in there]
        again = [PinRemoval(each, person.name, action.at) for each in pins if each in still_on]
        removals = [*_removals(action, removed), *again]
        if not self.store.commit(StoreChange(events, pins_removed=removed, removals=removals)):
            raise RequestError(
                f"Another user has just changed the pins of {repository.name}: check them and try "
                "again"
            )
        return pins

    def in_force(self, repository: RepositoryId) -> Sequence[RepositoryPin]:
        """Every pin that protects now, in the form that users see."""
        now = self.clock()
        there = [each for each in self.store.pins(repository.uri) if each.pin.protects(now)]
        return [*there, *(each.shown for each in self._still_in_force(repository, now))]

    def _action(self, repository: RepositoryId, person: Person) -> AuditedRepositoryAction:
        return AuditedRepositoryAction(self.store, person, self.clock(), repository)

    def expect_may_pin(self, repository: RepositoryId, person: Person) -> AuditedRepositoryAction:
        """The audit records a refusal."""
        action = self._action(repository, person)
        action.expect(may_pin(person, self.rules_of(repository)))
        return action

    def _make(
        self,
        action: AuditedRepositoryAction,
        pins: Sequence[Pin],
        *,
        seen: RepositoryPin | None = None,
    ) -> NewPins:
        """`seen`: a pin that the new ones must replace. Raises _PinChangedError if it has changed
        since it was read."""
        repository = action.repository
        made = [RepositoryPin(repository.uri, pin, action.at) for pin in pins]
        while True:
            replaced = self._replaced(made, action)
            if seen and seen not in replaced:
                raise _PinChangedError
            change = replace(
                self._change(action, pins),
                pins_added=made,
                pins_removed=replaced,
                removals=_removals(action, replaced),
            )
            if self.store.commit(change):
                found = version_of(change) or catch_up(
                    self.store, self.clock, repository, action.person, self.terms
                )
                plan, content = found or (None, None)
                return NewPins(pins, plan, content, self._unmatched(pins, content, action))

    def _replaced(
        self, made: Sequence[RepositoryPin], action: AuditedRepositoryAction
    ) -> Sequence[RepositoryPin]:
        """Existing pins of the same texts. Only people who may remove a pin may end it earlier or
        replace another person's pin."""
        known = {each.pin.pin: each for each in self.store.pins(action.repository.uri)}
        replaced = [(known[new.pin.pin], new) for new in made if new.pin.pin in known]
        for old, new in replaced:
            if old.pin.protects(action.at) and _needs_right_to_unpin(new.pin, old.pin):
                decision = may_unpin(action.person, old.pin, self.rules_of(action.repository))
                if isinstance(decision, PermissionRefused):
                    action.refuse(PinnedByAnotherPerson(old.pin, decision.reason))
        return [old for old, _ in replaced]

    def _change(self, action: AuditedRepositoryAction, pins: Sequence[Pin]) -> StoreChange:
        found = find_open_version(self.store, action.repository, action.at, BEFORE_EXECUTION)
        if found is None:
            return StoreChange(_pinned(action, pins, None))
        before, content = found
        about_it = replace(action, plan=before)
        change = next_version(about_it, content, pins, self.terms)
        return replace(change, events=(*_pinned(about_it, pins, content), *change.events))

    def _unmatched(
        self, pins: Sequence[Pin], content: Plan | None, action: AuditedRepositoryAction
    ) -> tuple[str, ...]:
        if content is None:
            return self._unknown_to_the_last_scan(pins, action)
        return tuple(pin.pin for pin in pins if not _protected(pin, content, action.at))

    def _unknown_to_the_last_scan(
        self, pins: Sequence[Pin], action: AuditedRepositoryAction
    ) -> tuple[str, ...]:
        """Ignores digests, since the stored scan has only tagged images."""
        scan = self.store.tag_scan(action.repository)
        if scan is None:
            return ()
        doubtful = (pin for pin in pins if pin.kind is not PinKind.DIGEST)
        return tuple(
            pin.pin for pin in doubtful if not PinIndex([pin], action.at).of_tags(scan.bindings)
        )

    def _ending_at(self, seen: datetime, repository: RepositoryId, text: str) -> RepositoryPin:
        known = {each.pin.pin: each for each in self.store.pins(repository.uri)}
        if text not in known:
            raise CannotExtendError(
                f"{text} is not pinned in {repository.name} any more: the pin expired, or a user "
                "removed it"
            )
        pin = known[text].pin
        if pin.until != seen:
            lasts = f"until {format_time(pin.until)}" if pin.until else "without end"
            raise CannotExtendError(
                f"{text} is pinned in {repository.name} {lasts} by now, by {pin.by}"
            )
        return known[text]

    def _still_in_force(self, repository: RepositoryId, now: datetime) -> Sequence[PinStillInForce]:
        """Pins that were removed only by people who may not remove them."""
        removals = self.store.pin_removals(repository.uri)
        return self.authority.pins_still_in_force(repository, removals, now)


def warn_of_pins(
    store: "Store", clock: Clock, send: Callable[[Sequence[RepositoryPin]], None]
) -> None:
    """Warns the maker of each pin once, a day before it expires, a few people for each call.
    Several processes may call it at the same time.

    `send` sends one message about one person's pins in one repository. If it raises ServiceError,
    this still warns the others, and then raises the error. The next call retries."""
    now = clock()
    pins = (pin for pin in store.pins_to_warn_of(now + WARNING_PERIOD) if _needs_warning(pin, now))
    groups = [list(group) for _, group in groupby(sorted(pins, key=_maker_of), key=_maker_of)]
    call_all(partial(_warn, store, clock, send, group) for group in groups[:MESSAGES_PER_CALL])


def _warn(
    store: "Store",
    clock: Clock,
    send: Callable[[Sequence[RepositoryPin]], None],
    pins: Sequence[RepositoryPin],
) -> None:
    ours = [pin for pin in pins if store.mark_warned(pin, clock())]
    if not ours:
        return
    try:
        send(ours)
    except ServiceError:
        for pin in ours:
            store.mark_warned(pin, None)
        raise


def _needs_warning(pin: RepositoryPin, now: datetime) -> bool:
    """False for pins that were made for less than a day, and for expired pins."""
    until = pin.pin.until
    return until is not None and pin.made_at < until - WARNING_PERIOD and now < until


def _maker_of(pin: RepositoryPin) -> tuple[str, str]:
    return pin.repository, pin.pin.by


def _removals(
    action: AuditedRepositoryAction, pins: Iterable[RepositoryPin]
) -> Sequence[PinRemoval]:
    """Removals of the pins that still protect and that other people made."""
    name = action.person.name
    others = (each for each in pins if each.pin.by != name and each.pin.protects(action.at))
    return [PinRemoval(each, name, action.at) for each in others]


def _checked(
    texts: Sequence[str], action: AuditedRepositoryAction, reason: str, until: datetime | None
) -> Sequence[Pin]:
    why = one_line(reason)
    if not why:
        raise RequestError("A pin needs a reason: write who needs the image, and what for")
    if until is not None and until <= action.at:
        raise RequestError(f"{format_time(until)} is in the past: give a later time, or none")
    try:
        pins = [check_pin(text) for text in dict.fromkeys(texts)]
    except ValueError as error:
        raise RequestError(
            f"{error}; give a tag, a full digest or a pattern for tags: {ABOUT_PATTERNS}"
        ) from error
    return [Pin(pin, action.person.name, why, until) for pin in pins]


def _not_pinned(text: str, repository: RepositoryId, known: Sequence[str]) -> str:
    pins = f"its pins are {', '.join(known)}" if known else "it has no pins"
    return (
        f"{text!r} is not pinned in {repository.name} ({pins}); remove pins of the settings file "
        "in that file"
    )


def _needs_right_to_unpin(new: Pin, old: Pin) -> bool:
    if new.by != old.by:
        return True
    return new.until is not None and (old.until is None or new.until < old.until)


def _pinned(
    action: AuditedRepositoryAction, pins: Sequence[Pin], content: Plan | None
) -> tuple[AuditEvent, ...]:
    """Events with the digests that each pin protects in the plan."""
    return tuple(
        action.event(AuditEventName.PINNED, PinDetail(pin), _protected(pin, content, action.at))
        for pin in pins
    )


def _protected(pin: Pin, content: Plan | None, now: datetime) -> tuple[str, ...]:
    board = PinIndex([pin], now)
    judged = content.judged if content else ()
    return tuple(each.manifest.digest for each in judged if board.of(each.manifest))
