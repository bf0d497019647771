"""The demo in the simulated company: posts and prints reports, or plays the walkthrough."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson

from bot.cli.demo.demo_company import DemoFolder, ServeProcess, running_company
from bot.cli.exit_status import ExitStatus
from bot.cli.terminal import note, print_lines
from bot.core.errors import ServiceError
from bot.render.quantities import count, saves

if TYPE_CHECKING:
    from bot.playground.plain_text import PlainTextRenderer
    from bot.playground.slack import SimulatedUser


Json = dict[str, Any]

_EXPECTED = (ExitStatus.DONE, ExitStatus.INCOMPLETE)


UNDO_WINDOW = timedelta(seconds=20)
"""Short enough that the user sees the deletion."""

FEATURED_REPOSITORY = "shop/api"
"""The repository with the most instructive report."""

INVITATION = """\

Open {url}/ in a browser and act as any member. This report is in #shop.
Tom can pin images. Mia and Ravi can approve. Every member can stop an approved plan within
{seconds} seconds; then the images are deleted. Everyone can type /ecr-clean cost to see what the
images cost, and whether that grows.

The command line works on this company, too. In another terminal:
  . {script}    # export AWS_ENDPOINT_URL={aws_url}, and more
  ecr-clean plans
  ecr-clean plan 'shop/*'
  ecr-clean cost

Ctrl-C ends the demo."""

WALKTHROUGH_UNDO_WINDOW = timedelta(seconds=8)
"""Short, since no user reads along."""


class PostedMessage(NamedTuple):
    """The message about a repository: its own report, or the summary of several. `usd`: USD a
    month."""

    repository: str
    usd: float
    channel: str
    ts: str


@dataclass(slots=True)
class ReportPrinter:
    """Posts reports, and prints them as `subscriber` sees them. `posted`: those so far."""

    subscriber: "SimulatedUser"
    reader: "PlainTextRenderer"
    posted: list[PostedMessage] = field(default_factory=list)

    def print_lines(self, demo_folder: DemoFolder) -> None:
        """Posts the reports and prints a line for each message. Prints failures on standard error.
        Raises ServiceError if no report was posted."""
        printed: set[tuple[str, str]] = set()
        for each in post_reports(demo_folder):
            self.posted.append(each)
            if (message := (each.channel, each.ts)) not in printed:
                printed.add(message)
                print_lines(self.reader.paragraph("• ", self._message(each)["text"]))

    def print_full_report(self, rank: Callable[[PostedMessage], Any]) -> None:
        """Prints the full report that ranks highest."""
        highest = max(self.posted, key=rank)
        print_lines(f"\n┌─ {self.reader.name(highest.channel)}, from ecr-clean")
        for line in self.reader.lines(self._message(highest)):
            print_lines(f"│ {line}".rstrip())
        print_lines("└─\n")

    def print_totals(self) -> None:
        usd = sum(each.usd for each in self.posted)
        print_lines(
            f"{count(len(self.posted), 'repository', 'repositories')}. All deletions together "
            f"{saves(usd, exact=False, verb='save')}."
        )

    def _message(self, posted: PostedMessage) -> Json:
        messages = self.subscriber.messages(posted.channel)
        return next(message for message in messages if message["ts"] == posted.ts)


def post_reports(demo_folder: DemoFolder) -> Iterator[PostedMessage]:
    """Yields each report when it is posted, and prints failures at the end. Raises ServiceError if
    no report was posted."""
    errors = demo_folder.folder / "report.log"
    has_any = False
    with errors.open("wb") as log, _reporting(demo_folder, log) as process:
        assert process.stdout
        try:
            for line in process.stdout:
                has_any = True
                yield _posted(line)
        except BaseException:
            process.terminate()
            raise
    messages = [line.removeprefix("ecr-clean: ") for line in errors.read_text().splitlines()]
    if not has_any:
        raise ServiceError("; ".join(["No report was posted", *messages]))
    if process.returncode not in _EXPECTED:
        note("; ".join(["not all reports were posted", *messages]))


def _reporting(demo_folder: DemoFolder, log: IO[bytes]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "report", "--format", "json"],
        env=demo_folder.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=log,
        start_new_session=True,
    )


def _posted(line: bytes) -> PostedMessage:
    report = orjson.loads(line)
    return PostedMessage(*(report[key] for key in ("repository", "usd_per_month", "channel", "ts")))


def show_company(port: int, *, interactive: bool) -> None:
    """Posts and prints this week's reports. `interactive`: then waits for Ctrl-C."""
    from bot.playground.plain_text import PlainTextRenderer  # noqa: PLC0415 - no other command needs it

    began = time.monotonic()
    with running_company(port, UNDO_WINDOW) as (company, bot):
        workspace = company.workspace
        print_lines(f"The workspace of a simulated company is open: {workspace.url}/\n")
        reader = PlainTextRenderer(workspace.remote.get("/workspace"))
        printer = ReportPrinter(company.users.mia, reader)
        printer.print_lines(bot.demo_folder)
        printer.print_full_report(lambda report: report.repository == FEATURED_REPOSITORY)
        printer.print_totals()
        print_lines(f"Finished in {time.monotonic() - began:.0f} seconds.")
        if interactive:
            invitation = INVITATION.format(
                url=workspace.url,
                seconds=UNDO_WINDOW.seconds,
                script=bot.demo_folder.write_shell_script(),
                aws_url=company.aws_url,
            )
            wait_for_ctrl_c(bot, invitation)


def wait_for_ctrl_c(bot: ServeProcess, invitation: str) -> None:
    """Raises ServiceError if the bot exits before."""
    print_lines(invitation)
    with suppress(KeyboardInterrupt):
        while True:
            bot.expect_alive()
            time.sleep(0.5)
    print_lines("\nThe demo is over.")


def play_walkthrough(port: int) -> ExitStatus:
    """Returns FAILED if a step has the wrong result."""
    from bot.playground.control_client import ControlClient  # noqa: PLC0415 - no other command needs it
    from bot.playground.walkthrough import run_walkthrough  # noqa: PLC0415
    from bot.playground.walkthrough_session import WalkthroughSession  # noqa: PLC0415

    with running_company(port, WALKTHROUGH_UNDO_WINDOW) as (company, _):
        session = WalkthroughSession(
            company.workspace.remote,
            ControlClient(company.aws_url),
            company.users,
            company.users.shop,
            print_lines,
        )
        return ExitStatus.DONE if run_walkthrough(session) else ExitStatus.FAILED
