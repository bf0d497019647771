"""The bot at work, for whoever wants to look around: in a made-up company."""

import time
from contextlib import suppress
from datetime import timedelta

from bot.cli.demo.company import Serving, company_at_work
from bot.cli.demo.reports import Newspaper
from bot.cli.status import ExitStatus
from bot.cli.terminal import say_lines

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
