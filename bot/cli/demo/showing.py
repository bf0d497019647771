"""The bot at work, for whoever wants to look around: in a made-up company."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson

from bot.cli.demo.company import Household, Serving, company_at_work
from bot.cli.status import ExitStatus
from bot.cli.terminal import note, say_lines
from bot.core.errors import ServiceError
from bot.render.words import count, money

if TYPE_CHECKING:
    from bot.playground.plain_text import Reader
    from bot.playground.slack import Person


Json = dict[str, Any]

_EXPECTED = (ExitStatus.DONE, ExitStatus.INCOMPLETE)


UNDO_WINDOW = timedelta(seconds=20)
"""So that a visitor sees the deletion."""

FIRST = "shop/api"
"""The repository whose report tells most."""

INVITATION = """\

Open {url}/ in a browser, and act as anybody; this report stands in #shop.
Tom can pin what he needs; Mia and Ravi may approve; everybody may stop it within {seconds} seconds,
and then it is deleted. Ctrl-C ends the demo."""

STORY_UNDO_WINDOW = timedelta(seconds=8)
"""Nobody has to read and think in it."""


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


def show_company(port: int, *, stay: bool) -> None:
    """Posts this week's reports and prints them; `stay`: until Ctrl-C."""
    from bot.playground.plain_text import Reader  # noqa: PLC0415 - no other command needs it

    began = time.monotonic()
    with company_at_work(port, UNDO_WINDOW) as (company, bot):
        workspace = company.workspace
        say_lines(f"The workspace of a made-up company is open: {workspace.url}/\n")
        reader = Reader(workspace.remote.ask("/workspace"))
        newspaper = Newspaper(company.cast.mia, reader)
        newspaper.print_lines(bot.household)
        newspaper.print_whole(lambda report: report.repository == FIRST)
        newspaper.print_sum()
        say_lines(f"All of it took {time.monotonic() - began:.0f} seconds.")
        if stay:
            invitation = INVITATION.format(url=workspace.url, seconds=UNDO_WINDOW.seconds)
            stay_until_interrupted(bot, invitation)


def stay_until_interrupted(bot: Serving, invitation: str) -> None:
    """Raises ServiceError if the bot ends before."""
    say_lines(invitation)
    with suppress(KeyboardInterrupt):
        while True:
            bot.expect_alive()
            time.sleep(0.5)
    say_lines("\nThe demo is over.")


def tell_story(port: int) -> ExitStatus:
    """FAILED if a step came out wrong."""
    from bot.playground.remote import Control  # noqa: PLC0415 - no other command needs it
    from bot.playground.stage import Stage  # noqa: PLC0415
    from bot.playground.walkthrough import play  # noqa: PLC0415

    with company_at_work(port, STORY_UNDO_WINDOW) as (company, _):
        remote, cast = company.workspace.remote, company.cast
        stage = Stage(remote, Control(company.aws_url), cast, cast.shop, say_lines)
        return ExitStatus.DONE if play(stage) else ExitStatus.FAILED
