"""Simulates Slack users who act at the same time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle
from threading import Barrier
from typing import Any

from bot.playground.slack import ActionOutcome, SimulatedUser, WorkspaceClient
from bot.slack.action_ids import COMMAND

Act = Callable[[SimulatedUser], ActionOutcome]


@dataclass(frozen=True, slots=True)
class ReportButtons:
    """The buttons of a report message."""

    ts: str
    actions: frozenset[str]


class SimulatedUsers:
    """Users of a workspace. Each repository has its own channel, with all users in it."""

    def __init__(self, remote: WorkspaceClient, people: int, repositories: Iterable[str]) -> None:
        self._remote = remote
        self.people = [remote.add_user(f"person{number}") for number in range(people)]
        self.channels = {
            name: remote.add_channel(name.replace("/", "-"), self.people) for name in repositories
        }
        self._reports: dict[str, ReportButtons] = {}

    def request_reports(self, repositories: Iterable[str]) -> None:
        """Requests a report of each repository, each by another person if there are enough."""
        for person, name in zip(cycle(self.people), repositories, strict=False):
            assert self.type_command(person, name, f"report {name}").ok

    def type_command(self, person: SimulatedUser, repository: str, word: str) -> ActionOutcome:
        return person.types(f"{COMMAND} {word}", self.channels[repository])

    def click(
        self, person: SimulatedUser, repository: str, action: str, **how: Any
    ) -> ActionOutcome:
        """Clicks in the report that was read by `read_reports`."""
        channel, report = self.channels[repository], self._reports[repository]
        return person.uses(action, channel=channel, ts=report.ts, **how)

    def read_reports(self) -> None:
        self._reports = self.reports()

    def reports(self) -> dict[str, ReportButtons]:
        """The newest message with buttons, by repository."""
        names = {channel: name for name, channel in self.channels.items()}
        return {
            names[channel["id"]]: ReportButtons(message["ts"], actions)
            for channel in self.people[0].sees()["channels"]
            for message in channel["messages"]
            if channel["id"] in names and (actions := frozenset(_actions(message)))
        }

    def act_at_once(self, acts: Sequence[Act]) -> Sequence[dict[str, Any]]:
        """Returns the deliveries to the bot."""
        self._remote.delete("/deliveries")
        start = Barrier(len(acts))

        def act_together(person: SimulatedUser, act: Act) -> ActionOutcome:
            start.wait()
            return act(person)

        with ThreadPoolExecutor(len(acts)) as pool:
            outcomes = list(pool.map(act_together, cycle(self.people), acts))
        unsent = [outcome for outcome in outcomes if not outcome.sent]
        assert not unsent, f"the workspace did not send {len(unsent)} actions: {unsent[0]}"
        return self._remote.deliveries()


def _actions(message: dict[str, Any]) -> Iterator[str]:
    for block in message.get("blocks", ()):
        yield from (
            each["action_id"].partition(":")[0]
            for each in block.get("elements", ())
            if "action_id" in each
        )
