"""People in a Slack workspace, who act all at once."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from threading import Barrier
from typing import Any

from bot.playground.slack import ActionOutcome, Person, WorkspaceClient
from bot.slack.action_ids import COMMAND

Act = Callable[[Person], ActionOutcome]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the message of a report lets people do."""

    ts: str
    actions: frozenset[str]


class Company:
    """Each repository has a channel of its own, where everybody is."""

    def __init__(self, remote: WorkspaceClient, people: int, repositories: Iterable[str]) -> None:
        self._remote = remote
        self.people = [remote.add_person(f"person{number}") for number in range(people)]
        self.channels = {
            name: remote.add_channel(name.replace("/", "-"), self.people) for name in repositories
        }
        self._offers: dict[str, Offer] = {}

    def ask_for(self, repositories: Iterable[str]) -> None:
        """Each by a person of its own, as long as there are enough."""
        for person, name in zip(cycle(self.people), repositories, strict=False):
            assert self.types(person, name, f"report {name}").ok

    def types(self, person: Person, repository: str, word: str) -> ActionOutcome:
        return person.types(f"{COMMAND} {word}", self.channels[repository])

    def click(self, person: Person, repository: str, action: str, **how: Any) -> ActionOutcome:
        """In the message that was remembered."""
        channel, offer = self.channels[repository], self._offers[repository]
        return person.uses(action, channel=channel, ts=offer.ts, **how)

    def remember(self) -> None:
        self._offers = self.offers()

    def offers(self) -> dict[str, Offer]:
        """By repository, the newest message that has buttons."""
        names = {channel: name for name, channel in self.channels.items()}
        return {
            names[channel["id"]]: Offer(message["ts"], actions)
            for channel in self.people[0].sees()["channels"]
            for message in channel["messages"]
            if channel["id"] in names and (actions := frozenset(_actions(message)))
        }

    def does_at_once(self, acts: Sequence[Act]) -> Sequence[dict[str, Any]]:
        """Answers what was delivered."""
        self._remote.delete("/deliveries")
        start = Barrier(len(acts))

        def take_part(person: Person, act: Act) -> ActionOutcome:
            start.wait()
            return act(person)

        with ThreadPoolExecutor(len(acts)) as pool:
            outcomes = list(pool.map(take_part, cycle(self.people), acts))
        unsent = [outcome for outcome in outcomes if not outcome.sent]
        assert not unsent, f"the workspace did not even send {len(unsent)}: {unsent[0]}"
        return self._remote.deliveries()


def _actions(message: dict[str, Any]) -> Iterator[str]:
    for block in message.get("blocks", ()):
        yield from (
            each["action_id"].partition(":")[0]
            for each in block.get("elements", ())
            if "action_id" in each
        )
