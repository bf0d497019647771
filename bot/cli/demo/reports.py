"""This week's reports: asked for, and printed as they come into the workspace."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from bot.cli.demo.running import Serving
from bot.render.words import count, money

if TYPE_CHECKING:
    from bot.playground.plain_text import Reader
    from bot.playground.slack import Person

Json = dict[str, Any]

_PENDING = ":hourglass_flowing_sand:"
_SAVES = re.compile(r"saves (?:about )?\$([\d,.]+\d) a month")


@dataclass(frozen=True, slots=True)
class Wish:
    """`repository`: as somebody types it."""

    repository: str
    channel: str


@dataclass(slots=True)
class Newspaper:
    """Asks for reports and prints them. Whoever has to wait longer than `seconds` for the next one
    raises ServiceError."""

    bot: Serving
    subscriber: "Person"
    reader: "Reader"
    seconds: float
    told: dict[str, Json] = field(default_factory=dict)
    """By channel and timestamp."""

    def print_whole(self, wish: Wish) -> None:
        """As it stands in the workspace."""
        for report in self._reports([wish]):
            self._print(report, wish.channel)

    def print_in_lines(self, wishes: Iterable[Wish]) -> None:
        for report in self._reports(list(wishes)):
            click.echo(self.reader.paragraph("• ", report["text"]))

    def print_largest(self) -> None:
        """That of the plan that saves most."""
        largest = max(self.told, key=lambda key: _usd(self.told[key]))
        self._print(self.told[largest], largest.partition(" ")[0])

    def print_sum(self) -> None:
        usd = sum(map(_usd, self.told.values()))
        click.echo(
            f"{count(len(self.told), 'repository', 'repositories')}. What may go saves about "
            f"{money(usd)} a month ({money(12 * usd)} a year) in all."
        )

    def _reports(self, wishes: list[Wish]) -> Iterator[Json]:
        """As they come."""
        for wish in wishes:
            self.subscriber.types(f"/ecr-clean report {wish.repository}", wish.channel)
        end = len(self.told) + len(wishes)
        while len(self.told) < end:
            news = self.bot.wait_for(self._news, self.seconds, "There was no further report")
            self.told |= news
            yield from news.values()

    def _news(self) -> dict[str, Json]:
        return {
            key: message
            for channel in self.subscriber.sees()["channels"]
            for message in channel["messages"]
            if (key := f"{channel['id']} {message['ts']}") not in self.told and _is_report(message)
        }

    def _print(self, report: Json, channel: str) -> None:
        title = f"{self.reader.name(channel)}, from ecr-clean"
        click.echo(f"\n┌─ {title}")
        for line in self.reader.lines(report):
            click.echo(f"│ {line}".rstrip())
        click.echo("└─")


def _is_report(message: Json) -> bool:
    """By the bot for everybody, and not one that only says that a report is being made."""
    blocks = message.get("blocks", [])
    is_the_bots = bool(message.get("bot_id") and blocks) and not message["ephemeral"]
    return is_the_bots and _PENDING not in str(blocks[0])


def _usd(report: Json) -> float:
    """A month, as the report has it; 0 if it speaks of none."""
    found = _SAVES.search(report["text"])
    return float(found[1].replace(",", "")) if found else 0.0
