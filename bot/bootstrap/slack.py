"""Opens the bot's Slack clients and workspace, and builds what posts messages."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from bot.bootstrap.prices import open_price_reader
from bot.core.errors import RequestError
from bot.core.permissions import needs_lookup
from bot.core.policy import ApprovalRules
from bot.core.report_schedules import entry_named
from bot.core.repository import RepositoryId
from bot.ports import Clock
from bot.process import system_clock
from bot.sanitize import quoted
from bot.settings.environment import Environment
from bot.settings.model import Settings
from bot.usecases.pins import warn_of_pins

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.slack.approval_reminders import ApprovalReminders
    from bot.slack.block_fallback import BlockFallback
    from bot.slack.digest_messages import DigestMessages
    from bot.slack.directory import SlackUsers
    from bot.slack.home_tab import HomeTab
    from bot.slack.pause_announcements import PauseAnnouncer
    from bot.slack.plan_contents import PlanContents
    from bot.slack.plan_messages import PlanMessages
    from bot.slack.view_models import NextReport
    from bot.store.store import Store


MAX_RETRIES = 5
"""Retries of a call that Slack rate-limits. Each waits as long as Slack asks for."""

TIMEOUT_SECONDS = 5
"""For calls that may fail without harm, such as progress."""


class Workspace(NamedTuple):
    """The Slack workspace in which the bot is installed. `id`: the team id; `url`: the address of
    the workspace. `settings` have channel ids instead of channel names."""

    client: "WebClient"
    id: str
    url: str
    settings: Settings

    def rules_of(self, repository: RepositoryId) -> ApprovalRules:
        return self.settings.approval_rules(repository, self.id)


def is_in_slack() -> bool:
    """Whether SLACK_BOT_TOKEN is set."""
    return Environment().slack_bot_token is not None


def open_client() -> "WebClient":
    """Retries calls, and waits as long as Slack asks for. Raises RequestError if SLACK_BOT_TOKEN is
    not set, or SLACK_API_URL is no HTTP URL."""
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
    """For messages that are soon outdated, such as progress."""
    client = _client()
    client.timeout = TIMEOUT_SECONDS
    client.retry_handlers = []
    return client


def app_token() -> str:
    """The app-level token for Socket Mode. Raises RequestError if it is not set."""
    token = Environment().slack_app_token
    if token is None:
        raise RequestError(
            "SLACK_APP_TOKEN is not set: set it to an app-level token (xapp-…) with the scope "
            "connections:write, from the Slack app's settings under Basic Information"
        )
    return token.get_secret_value()


def signing_secret() -> str | None:
    secret = Environment().slack_signing_secret
    return secret.get_secret_value() if secret else None


def open_workspace(settings: Settings, client: "WebClient") -> Workspace:
    """Looks up the bot's workspace and the ids of the channels in the settings. Raises RequestError
    if the bot cannot see a channel, and ServiceError if Slack cannot be used."""
    from bot.slack.api import calling  # noqa: PLC0415

    with calling("Asking who the bot is"):
        answer = client.auth_test()
    channels = _with_channel_ids(settings, client)
    return Workspace(client, str(answer["team_id"]), str(answer["url"]), channels)


def open_block_fallback(
    workspace: Workspace, store: "Store", clock: Clock = system_clock
) -> "BlockFallback":
    from bot.slack.block_fallback import BlockFallback  # noqa: PLC0415

    return BlockFallback(store, workspace.id, clock)


def with_block_fallback(workspace: Workspace, fallback: "BlockFallback") -> Workspace:
    """The workspace with a client that sends plain blocks where it refuses newer ones."""
    from bot.slack.block_fallback import BlockFallbackClient  # noqa: PLC0415

    return workspace._replace(client=BlockFallbackClient(workspace.client, fallback))


def open_plan_messages(
    workspace: Workspace, store: "Store", contents: "PlanContents | None" = None
) -> "PlanMessages":
    """`contents`: shared with other parts of the process."""
    from bot.slack.plan_messages import PlanMessages, PlanMessagesSettings  # noqa: PLC0415

    found = workspace.settings
    settings = PlanMessagesSettings(
        workspace.rules_of, open_price_reader(found, store), found.execution.undo_window
    )
    return PlanMessages(workspace.client, store, settings, system_clock, contents)


def open_digest_messages(
    workspace: Workspace, store: "Store", clock: Clock = system_clock
) -> "DigestMessages":
    from bot.slack.digest_messages import DigestMessages, DigestMessagesSettings  # noqa: PLC0415

    found = workspace.settings
    settings = DigestMessagesSettings(
        workspace_url=workspace.url,
        entry_named=partial(entry_named, entries=found.due_entries()),
        read_prices=open_price_reader(found, store),
        required=found.approval.required,
        report_only=not found.execution.enabled,
    )
    return DigestMessages(workspace.client, store, settings, clock)


def open_home(workspace: Workspace, store: "Store", clock: Clock = system_clock) -> "HomeTab":
    from bot.slack.home_tab import HomeTab, HomeTabSettings  # noqa: PLC0415

    settings = workspace.settings
    home_settings = HomeTabSettings(
        url=workspace.url,
        rules_of=workspace.rules_of,
        next_reports=partial(_next_reports, settings),
        read_prices=open_price_reader(settings, store),
    )
    return HomeTab(workspace.client, store, home_settings, clock)


def open_warner(
    workspace: Workspace, store: "Store", clock: Clock = system_clock
) -> Callable[[], None]:
    """Each call warns people of pins that expire soon, as `warn_of_pins` does."""
    from bot.slack.message_updates import PinExpiryNotifier  # noqa: PLC0415

    send = PinExpiryNotifier(workspace.client, store, workspace.rules_of).send
    return partial(warn_of_pins, store, clock, send)


def open_pause_announcer(workspace: Workspace, store: "Store") -> "PauseAnnouncer":
    from bot.slack.pause_announcements import PauseAnnouncer  # noqa: PLC0415

    return PauseAnnouncer(workspace.client, store)


def open_reminders(
    workspace: Workspace, store: "Store", clock: Clock = system_clock
) -> "ApprovalReminders":
    from bot.slack.approval_reminders import ApprovalReminders  # noqa: PLC0415

    return ApprovalReminders(
        client=workspace.client,
        store=store,
        users=open_people(workspace),
        rules_of=workspace.rules_of,
        remind_after=workspace.settings.approval.remind_after,
        clock=clock,
    )


def open_people(workspace: Workspace) -> "SlackUsers":
    from bot.slack.directory import SlackUsers  # noqa: PLC0415

    return SlackUsers(workspace.client, workspace.id, approvers_to_look_up(workspace.settings))


def named_approvers(settings: Settings) -> Iterator[str]:
    """All approvers in the settings: of `approval` and of `reports`."""
    yield from settings.approval.approvers
    for report in settings.reports:
        yield from report.approvers or ()


def approvers_to_look_up(settings: Settings) -> frozenset[str]:
    """User groups and handles among the approvers."""
    return frozenset(filter(needs_lookup, named_approvers(settings)))


def _client() -> "WebClient":
    from bot.slack.api import SanitizingWebClient  # noqa: PLC0415

    environment = Environment()
    if environment.slack_bot_token is None:
        raise RequestError(
            "SLACK_BOT_TOKEN is not set: set it to the bot token (xoxb-…) from the Slack app's "
            "settings under OAuth & Permissions"
        )
    url = environment.slack_api_url
    if not url.startswith(("https://", "http://")):
        raise RequestError(f"SLACK_API_URL is no http or https URL: {quoted(url)}")
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
    """The next report of each entry with a channel, soonest first."""
    from bot.slack.view_models import NextReport  # noqa: PLC0415

    found = (
        NextReport(report.parsed_schedule().next(now).at, report.repositories, report.channel)
        for report in settings.reports
        if report.channel
    )
    return sorted(found)
