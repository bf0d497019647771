"""The walkthrough: a story that plays without anyone clicking."""

from datetime import timedelta

from bot.cli.demo.at_work import company_at_work
from bot.cli.status import ExitStatus
from bot.cli.terminal import say_lines

UNDO_WINDOW = timedelta(seconds=8)
"""Nobody has to read and think in it."""


def tell_story(port: int) -> ExitStatus:
    """FAILED if a step came out wrong."""
    from bot.playground.remote import Control  # noqa: PLC0415 - no other command needs it
    from bot.playground.stage import Stage  # noqa: PLC0415
    from bot.playground.walkthrough import play  # noqa: PLC0415

    with company_at_work(port, UNDO_WINDOW) as (company, _):
        remote, cast = company.workspace.remote, company.cast
        stage = Stage(remote, Control(company.aws_url), cast, cast.shop, say_lines)
        return ExitStatus.DONE if play(stage) else ExitStatus.FAILED
