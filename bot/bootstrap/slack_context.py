"""Builds the Slack process's connection, and the context that its listeners use."""

from functools import partial
from typing import TYPE_CHECKING

from bot.bootstrap.prices import open_price_reader
from bot.bootstrap.slack import (
    Workspace,
    app_token,
    named_approvers,
    open_block_fallback,
    open_client,
    open_client_without_retries,
    open_digest_messages,
    open_home,
    open_people,
    open_plan_messages,
    open_workspace,
    with_block_fallback,
)
from bot.bootstrap.usecases import open_decisions, open_pins, open_selections
from bot.core.policy import pins_for
from bot.ports import Clock
from bot.process import system_clock
from bot.settings.environment import Environment
from bot.settings.model import Settings
from bot.usecases.digests import DigestRequestQueue
from bot.usecases.reports import ReportRequestQueue

if TYPE_CHECKING:
    from slack_sdk import WebClient

    from bot.slack.doctor_checks import SlackChecks
    from bot.slack.listener_context import SlackContext
    from bot.slack.socket_mode import SlackConnection
    from bot.store.store import Store


def has_slack_tokens() -> bool:
    """Whether any Slack token is set. If one is set, all are needed."""
    environment = Environment()
    return bool(environment.slack_bot_token or environment.slack_app_token)


def open_slack_connection(settings: Settings, store: "Store", *, debug: bool) -> "SlackConnection":
    """Does not connect yet. Raises RequestError if a token is missing or the bot cannot see a
    channel of the settings, and ServiceError if Slack cannot be used."""
    from bot.slack.socket_mode import SlackConnection  # noqa: PLC0415 - no other command needs it

    token = app_token()
    workspace = open_workspace(settings, open_client())._replace(client=open_interactive_client())
    return SlackConnection(open_slack_context(workspace, store, debug=debug), token)


def open_interactive_client() -> "WebClient":
    """For answers to people: retries only if the wait is short."""
    from slack_sdk.http_retry.builtin_handlers import (  # noqa: PLC0415
        ConnectionErrorRetryHandler,
    )

    from bot.slack.api import ShortWaitRetryHandler  # noqa: PLC0415

    client = open_client_without_retries()
    client.retry_handlers = [ShortWaitRetryHandler(), ConnectionErrorRetryHandler()]
    return client


def open_slack_context(
    workspace: Workspace, store: "Store", clock: Clock = system_clock, *, debug: bool = False
) -> "SlackContext":
    from bot.slack.listener_context import SlackContext  # noqa: PLC0415
    from bot.slack.plan_contents import PlanContents  # noqa: PLC0415

    fallback = open_block_fallback(workspace, store, clock)
    workspace = with_block_fallback(workspace, fallback)
    contents = PlanContents(store.content)
    settings, rules_of = workspace.settings, workspace.rules_of
    general_rules = settings.general_rules(workspace.id)
    decisions = open_decisions(settings, store, workspace.id, clock)
    return SlackContext(
        client=workspace.client,
        block_fallback=fallback,
        url=workspace.url,
        store=store,
        plan_messages=open_plan_messages(workspace, store, contents),
        digest_messages=open_digest_messages(workspace, store, clock),
        home_tab=open_home(workspace, store, clock),
        users=open_people(workspace),
        report_requests=ReportRequestQueue(store, clock, general_rules),
        digest_requests=DigestRequestQueue(store, clock, settings.due_entries()),
        decisions=decisions,
        selections=open_selections(settings, store, decisions),
        pins=open_pins(settings, store, workspace.id, clock),
        contents=contents,
        rules_of=rules_of,
        general_rules=general_rules,
        file_pins=partial(pins_for, settings.pin_entries()),
        read_prices=open_price_reader(settings, store),
        clock=clock,
        debug=debug,
    )


def open_slack_checks(settings: Settings) -> "SlackChecks":
    from bot.slack.doctor_checks import SlackChecks  # noqa: PLC0415 - only with a token

    channels = (report.channel for report in settings.reports if report.channel)
    return SlackChecks(
        open_client=open_interactive_client,
        app_token=app_token,
        channels=tuple(dict.fromkeys(channels)),
        approvers=tuple(dict.fromkeys(named_approvers(settings))),
    )
