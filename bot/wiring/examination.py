"""The doctor's look at Slack."""

from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.wiring.slack import app_token, named_approvers
from bot.wiring.slack_context import open_brief_client

if TYPE_CHECKING:
    from bot.slack.examination import Examination


def open_examination(settings: Settings) -> "Examination":
    from bot.slack.examination import Examination  # noqa: PLC0415 - only with a token

    channels = (report.channel for report in settings.reports if report.channel)
    return Examination(
        open_client=open_brief_client,
        app_token=app_token,
        channels=tuple(dict.fromkeys(channels)),
        approvers=tuple(dict.fromkeys(named_approvers(settings))),
    )
