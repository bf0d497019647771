"""Builds the doctor's checks of Slack."""

from typing import TYPE_CHECKING

from bot.settings import Settings
from bot.wiring.slack import app_token, named_approvers
from bot.wiring.slack_context import open_brief_client

if TYPE_CHECKING:
    from bot.slack.checks import SlackChecks


def open_slack_checks(settings: Settings) -> "SlackChecks":
    from bot.slack.checks import SlackChecks  # noqa: PLC0415 - only with a token

    channels = (report.channel for report in settings.reports if report.channel)
    return SlackChecks(
        open_client=open_brief_client,
        app_token=app_token,
        channels=tuple(dict.fromkeys(channels)),
        approvers=tuple(dict.fromkeys(named_approvers(settings))),
    )
