"""Takes pins off. What they kept stays kept in plans that are open: nothing is added to what
people saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.audit_details import PinText
from bot.core.authority import Person, may_unpin
from bot.core.errors import RequestError
from bot.core.records import EventName, PinRemoval, RepositoryPin
from bot.core.repository import RepositoryId
from bot.ports import Clock
from bot.store.changes import Change
from bot.usecases.check_authority import Authority, StillOn
from bot.usecases.deed import Deed
from bot.usecases.pin import removals_by

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(frozen=True, slots=True)
class Unpinner:
    store: "Store"
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]
    authority: Authority

    def unpin(
        self, repository: RepositoryId, texts: Sequence[str], person: Person
    ) -> Sequence[RepositoryPin]:
        """All of them, or none. Raises RequestError if one is not there, or is somebody else's."""
        deed = Deed(person, self.clock(), repository)
        there = self.store.pins(repository.uri)
        still_on = [each.stored for each in self._still_on(repository, deed.at)]
        known = [*there, *still_on]
        if unknown := next((t for t in texts if t not in {each.pin.pin for each in known}), None):
            raise RequestError(_unknown(unknown, repository, [each.pin.pin for each in known]))
        pins = [each for text in dict.fromkeys(texts) for each in known if each.pin.pin == text]
        for each in pins:
            deed.expect(may_unpin(person, each.pin, self.rules_of(repository)), self.store)
        events = [deed.event(EventName.UNPINNED, PinText(each.pin)) for each in pins]
        removed = [each for each in pins if each in there]
        again = [PinRemoval(each, person.name, deed.at) for each in pins if each in still_on]
        removals = [*removals_by(deed, removed), *again]
        if not self.store.commit(Change(events, pins_removed=removed, removals=removals)):
            raise RequestError(
                f"Somebody else has just changed the pins of {repository.name}: look at them, and "
                "try again"
            )
        return pins

    def in_force(self, repository: RepositoryId) -> Sequence[RepositoryPin]:
        """Every pin that protects now, as people are shown it."""
        now = self.clock()
        there = [each for each in self.store.pins(repository.uri) if each.pin.protects(now)]
        return [*there, *(each.shown for each in self._still_on(repository, now))]

    def _still_on(self, repository: RepositoryId, now: datetime) -> Sequence[StillOn]:
        """Pins that others removed, who may not."""
        removals = self.store.pin_removals(repository.uri)
        return self.authority.pins_still_on(repository, removals, now)


def _unknown(text: str, repository: RepositoryId, known: Sequence[str]) -> str:
    pins = f"its pins are {', '.join(known)}" if known else "it has no pins"
    return (
        f"{text!r} is not pinned in {repository.name} ({pins}); pins of the settings file are "
        "taken off there"
    )
