"""The bot's place in Slack."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.bootstrap.planning import system_clock
from bot.core.errors import RequestError
from bot.core.policy import ApprovalRules
from bot.core.repository import RepositoryId
from bot.ports import Clock
from bot.sanitize import quoted
from bot.settings.environment import Environment
from bot.settings.model import Settings
from bot.usecases.pins import warn_of_pins

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.slack.directory import SlackUsers
    from bot.slack.home_tab import HomeTab
    from bot.slack.plan_messages import PlanMessages
    from bot.slack.view_models import NextReport
    from bot.store.store import Store


MAX_RETRIES = 5
"""Of a call that Slack wants to be made later: each waits as long as Slack says."""

TIMEOUT_SECONDS = 5
"""Seconds, for a call that nobody would miss."""


class Workspace(NamedTuple):
    """Where the bot is installed. `id`: the team's; `url`: where people open it; `settings` name
    channels by id."""

    client: "WebClient"
    id: str
    url: str
    settings: Settings

    def rules_of(self, repository: RepositoryId) -> ApprovalRules:
        return self.settings.approval_rules(repository, self.id)


def is_in_slack() -> bool:
    """Whether the environment has a bot's token."""
    return Environment().slack_bot_token is not None


def open_client() -> "WebClient":
    """It waits where Slack wants it to. Raises RequestError if the environment has no bot's token,
    or a URL that is none."""
    from slack_sdk.http_retry.builtin_handlers import (  # noqa: PLC0415 - few commands need Slack
        ConnectionErrorRetryHandler,
        RateLimitErrorRetryHandler,
        ServerErrorRetryHandler,
    )

    client = _client()
    client.retry_handlers = [
        RateLimitErrorRetryHandler(max_retry_count=MAX_RETRIES),
        ServerErrorRetryHandler(),
        ConnectionErrorRetryHandler(),
    ]
    return client


def open_client_without_retries() -> "WebClient":
    """For what is out of date a moment later, like progress: it never tries again."""
    client = _client()
    client.timeout = TIMEOUT_SECONDS
    client.retry_handlers = []
    return client


def app_token() -> str:
    """Of Socket Mode. Raises RequestError if the environment has none."""
    token = Environment().slack_app_token
    if token is None:
        raise RequestError(
            "SLACK_APP_TOKEN is not set: it takes an app-level token (xapp-…) with the scope "
            "connections:write, from the app's settings under Basic Information"
        )
    return token.get_secret_value()


def signing_secret() -> str | None:
    secret = Environment().slack_signing_secret
    return secret.get_secret_value() if secret else None


def open_workspace(settings: Settings, client: "WebClient") -> Workspace:
    """Asks Slack who the bot is, and which channels the settings mean. Raises RequestError if they
    name a channel that the bot does not see, ServiceError if Slack cannot be used."""
    from bot.slack.api import calling  # noqa: PLC0415

    with calling("Asking who the bot is"):
        answer = client.auth_test()
    channels = _with_channel_ids(settings, client)
    return Workspace(client, str(answer["team_id"]), str(answer["url"]), channels)


def open_plan_messages(workspace: Workspace, store: "Store") -> "PlanMessages":
    from bot.slack.plan_messages import PlanMessages, PlanMessagesSettings  # noqa: PLC0415

    usd = workspace.settings.price_per_gb_month
    settings = PlanMessagesSettings(workspace.rules_of, usd)
    return PlanMessages(workspace.client, store, settings, system_clock)


def open_home(workspace: Workspace, store: "Store", clock: Clock = system_clock) -> "HomeTab":
    from bot.slack.home_tab import HomeTab, HomeTabSettings  # noqa: PLC0415

    settings = workspace.settings
    home_settings = HomeTabSettings(
        url=workspace.url,
        rules_of=workspace.rules_of,
        next_reports=partial(_next_reports, settings),
        usd_per_gb_month=settings.price_per_gb_month,
    )
    return HomeTab(workspace.client, store, home_settings, clock)


def open_warner(
    workspace: Workspace, store: "Store", clock: Clock = system_clock
) -> Callable[[], None]:
    """Each call warns people of pins that expire, as `warn_of_pins` does."""
    from bot.slack.message_updates import PinExpiryNotifier  # noqa: PLC0415

    send = PinExpiryNotifier(workspace.client, workspace.rules_of).send
    return partial(warn_of_pins, store, clock, send)


def open_people(workspace: Workspace) -> "SlackUsers":
    from bot.slack.directory import SlackUsers  # noqa: PLC0415

    return SlackUsers(workspace.client, workspace.id, user_groups(workspace.settings))


def named_approvers(settings: Settings) -> Iterator[str]:
    """Wherever the settings name them."""
    yield from settings.approval.approvers
    for report in settings.reports:
        yield from report.approvers or ()


def user_groups(settings: Settings) -> frozenset[str]:
    """Those whose members may approve something."""
    return frozenset(each for each in named_approvers(settings) if each.startswith("S"))


def _client() -> "WebClient":
    from bot.slack.api import SanitizingWebClient  # noqa: PLC0415

    environment = Environment()
    if environment.slack_bot_token is None:
        raise RequestError(
            "SLACK_BOT_TOKEN is not set: it takes the bot token (xoxb-…) from the app's settings "
            "under OAuth & Permissions"
        )
    url = environment.slack_api_url
    if not url.startswith(("https://", "http://")):
        raise RequestError(f"SLACK_API_URL is no URL of http or https: {quoted(url)}")
    return SanitizingWebClient(environment.slack_bot_token.get_secret_value(), base_url=url)


def _with_channel_ids(settings: Settings, client: "WebClient") -> Settings:
    from bot.slack.directory import channel_ids  # noqa: PLC0415

    ids = channel_ids(client, {report.channel for report in settings.reports if report.channel})
    reports = tuple(
        report.model_copy(update={"channel": ids[report.channel]}) if report.channel else report
        for report in settings.reports
    )
    return settings.model_copy(update={"reports": reports})


def _next_reports(settings: Settings, now: datetime) -> "Sequence[NextReport]":
    """Of entries that are posted somewhere, soonest first."""
    from bot.slack.view_models import NextReport  # noqa: PLC0415

    found = (
        NextReport(report.parsed_schedule().next(now).at, report.repositories, report.channel)
        for report in settings.reports
        if report.channel
    )
    return sorted(found)
