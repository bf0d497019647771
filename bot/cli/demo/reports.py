"""This week's reports: posted by `ecr-clean report`, and printed as they come."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson

from bot.cli.demo.company import Household
from bot.cli.status import ExitStatus
from bot.cli.terminal import note, say_lines
from bot.core.errors import ServiceError
from bot.render.words import count, money

if TYPE_CHECKING:
    from bot.playground.plain_text import Reader
    from bot.playground.slack import Person

Json = dict[str, Any]

_EXPECTED = (ExitStatus.DONE, ExitStatus.INCOMPLETE)


class Posted(NamedTuple):
    """What became of a repository, and the message that tells of it: its own report, or a line
    about several. USD a month."""

    repository: str
    usd: float
    channel: str
    ts: str


@dataclass(slots=True)
class Newspaper:
    """What was posted so far."""

    subscriber: "Person"
    reader: "Reader"
    posted: list[Posted] = field(default_factory=list)

    def print_lines(self, household: Household) -> None:
        """Posts the reports, and prints what each message says in one line. What cannot be reported
        on is told on standard error. Raises ServiceError if nothing could be posted."""
        printed: set[tuple[str, str]] = set()
        for each in post_reports(household):
            self.posted.append(each)
            if (message := (each.channel, each.ts)) not in printed:
                printed.add(message)
                say_lines(self.reader.paragraph("• ", self._message(each)["text"]))

    def print_whole(self, rank: Callable[[Posted], Any]) -> None:
        """Of all reports the one that ranks highest, as it stands in the workspace."""
        highest = max(self.posted, key=rank)
        say_lines(f"\n┌─ {self.reader.name(highest.channel)}, from ecr-clean")
        for line in self.reader.lines(self._message(highest)):
            say_lines(f"│ {line}".rstrip())
        say_lines("└─\n")

    def print_sum(self) -> None:
        usd = sum(each.usd for each in self.posted)
        say_lines(
            f"{count(len(self.posted), 'repository', 'repositories')}. What may go saves about "
            f"{money(usd)} a month ({money(12 * usd)} a year) in all."
        )

    def _message(self, posted: Posted) -> Json:
        messages = self.subscriber.messages(posted.channel)
        return next(message for message in messages if message["ts"] == posted.ts)


def post_reports(household: Household) -> Iterator[Posted]:
    """As they come. What goes wrong with some is told in the end. Raises ServiceError if nothing
    was posted."""
    errors = household.folder / "report.log"
    are_some = False
    with errors.open("wb") as log, _reporting(household, log) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                are_some = True
                yield _posted(line)
        except BaseException:
            process.terminate()
            raise
    said = [line.removeprefix("ecr-clean: ") for line in errors.read_text().splitlines()]
    if not are_some:
        raise ServiceError("; ".join(["No report was posted", *said]))
    if process.returncode not in _EXPECTED:
        note("; ".join(["not all reports were posted", *said]))


def _reporting(household: Household, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "report", "--format", "json"],
        env=household.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


def _posted(line: bytes) -> Posted:
    told = orjson.loads(line)
    return Posted(*(told[key] for key in ("repository", "usd_per_month", "channel", "ts")))
