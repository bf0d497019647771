"""Queues reports: those that are due, and those that people ask for."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from bot.core.approval_rules import ApprovalRules
from bot.core.authority import Person, may_ask_for_report
from bot.core.due import IGNORE, Entry, Missed, Round, belongs_to, due
from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RepositoryId
from bot.core.sentence import Sentence
from bot.parallel import in_parallel
from bot.ports import Clock, Registry
from bot.usecases.audit import Action

if TYPE_CHECKING:
    from bot.store.store import Store


@dataclass(slots=True)
class RunDue:
    """`registries`: by what the settings call them. `since`: nothing is due that should have come
    before there was anybody to do it. `warn` gets sentences for the log."""

    store: "Store"
    entries: Sequence[Entry]
    registries: Mapping[str, Registry]
    since: datetime
    warn: Callable[[str], None]
    _listed: set[Round] = field(default_factory=set, init=False)

    def __call__(self, now: datetime) -> None:
        """Called again and again. Raises ServiceError if the database fails; whatever was not
        written then, the next call writes. So it is where a registry cannot be listed."""
        rounds = due(self.entries, self.since, now)
        for registry, waiting in self._not_listed(rounds, now).items():
            self._list(registry, {round_: rounds[round_] for round_ in waiting}, now)
        self.store.gather(now)

    def _not_listed(
        self, rounds: Mapping[Round, Entry], now: datetime
    ) -> Mapping[str, Sequence[Round]]:
        """By registries."""
        found: defaultdict[str, list[Round]] = defaultdict(list)
        for round_ in (each for each in rounds if each not in self._listed):
            waiting = self.store.begin_round(round_, self.registries, now)
            if not waiting:
                self._listed.add(round_)
            for registry in waiting:
                found[registry].append(round_)
        return found

    def _list(self, name: str, rounds: Mapping[Round, Entry], now: datetime) -> None:
        registry = self.registries[name]
        try:
            id_, found = registry.id(), list(registry.repositories())
        except (RequestError, ServiceError) as error:
            self.warn(f"{error}; its reports are due, and it is tried again in a minute")
            for round_ in rounds:
                self.store.miss(round_, Missed(name, Sentence.of(error)))
            return
        self.store.remember_repositories(id_, found, now)
        entries = {repository: belongs_to(repository, self.entries) for repository in found}
        posted = [each for each in found if entries[each] in rounds.values()]
        wanted = list(self._not_ignored(registry, posted))
        for round_, entry in rounds.items():
            mine = [repository for repository in wanted if entries[repository] == entry]
            self.store.claim(round_, name, mine, now)

    def _not_ignored(
        self, registry: Registry, repositories: Sequence[RepositoryId]
    ) -> Iterator[RepositoryId]:
        def is_ignored(repository: RepositoryId) -> bool:
            return is_left_out(registry, repository, self.warn)

        answers = in_parallel(is_ignored, repositories)
        return (each for each, left_out in zip(repositories, answers, strict=True) if not left_out)


def is_left_out(registry: Registry, repository: RepositoryId, warn: Callable[[str], None]) -> bool:
    """Whether its tags say so. Tags that cannot be read hide nothing."""
    try:
        return IGNORE in registry.resource_tags(repository)
    except (RequestError, ServiceError) as error:
        warn(f"{error}; {repository.name} is reported all the same")
        return False


REPORT = "report"
"""The kind of the job."""


@dataclass(frozen=True, slots=True)
class Wish:
    """`repository` as it was written; `ts`: of the message that is to turn into the report, None
    if a new one is to be posted."""

    repository: str
    channel: str
    ts: str | None


@dataclass(frozen=True, slots=True)
class Asker:
    """`rules`: those of no repository in particular."""

    store: "Store"
    clock: Clock
    rules: ApprovalRules

    def expect_may_ask(self, person: Person) -> None:
        """Raises RefusedError if the person may not ask for reports. The audit has the refusal."""
        action = Action(self.store, person, self.clock())
        action.expect(may_ask_for_report(person, self.rules))

    def ask(self, person: Person, wish: Wish) -> None:
        """Raises RequestError as `expect_may_ask` does."""
        self.expect_may_ask(person)
        payload = {
            "repository": wish.repository,
            "channel": wish.channel,
            "user": person.name,
            "ts": wish.ts or "",
        }
        self.store.put(REPORT, payload, self.clock())
