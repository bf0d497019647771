"""Takes pins off. What they kept stays kept in plans that are open: nothing is added to what
people saw."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Person, may_unpin
from bot.core.errors import RequestError
from bot.core.records import EventName, RepositoryPin
from bot.core.repository import RepositoryId
from bot.ports import Change, Clock, Store
from bot.usecases.deed import Deed


@dataclass(frozen=True, slots=True)
class Unpinner:
    store: Store
    clock: Clock
    rules_of: Callable[[RepositoryId], ApprovalRules]

    def unpin(
        self, repository: RepositoryId, texts: Sequence[str], person: Person
    ) -> Sequence[RepositoryPin]:
        """All of them, or none. Raises RequestError if one is not there, or is somebody else's."""
        deed = Deed(person, self.clock(), repository)
        known = {each.pin.pin: each for each in self.store.pins(repository.uri)}
        for text in texts:
            if text not in known:
                raise RequestError(_unknown(text, repository, list(known)))
            decision = may_unpin(person, known[text].pin, self.rules_of(repository))
            deed.expect(decision, self.store)
        pins = [known[text] for text in dict.fromkeys(texts)]
        events = [deed.event(EventName.UNPINNED, each.pin.words) for each in pins]
        if not self.store.commit(Change(events, pins_removed=pins)):
            raise RequestError(
                f"Somebody else has just changed the pins of {repository.name}: look at them, and "
                "try again"
            )
        return pins


def _unknown(text: str, repository: RepositoryId, known: Sequence[str]) -> str:
    pins = f"its pins are {', '.join(known)}" if known else "it has no pins"
    return (
        f"{text!r} is not pinned in {repository.name} ({pins}); pins of the settings file are "
        "taken off there"
    )
