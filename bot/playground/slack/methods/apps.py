"""apps.*, auth.*, bots.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.directory import TEAM_ID, TEAM_NAME
from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method
from bot.playground.slack.rate_limits import SPECIAL, TIER_1, TIER_3
from bot.playground.slack.slack_json import PERMALINKS


@method("apps.connections.open", TIER_1, scope="connections:write", token="app")  # noqa: S106
def open_connection(call: MethodCall) -> MethodResult:
    """The URL is valid for one connection."""
    ticket = call.state.connection_tickets.issue()
    address = call.base_url.replace("http://", "ws://", 1)
    return {"url": f"{address}/link/?ticket={ticket}&app_id={call.state.app.id}"}


@method("auth.test", SPECIAL)
def auth_test(call: MethodCall) -> MethodResult:
    app = call.state.app
    return {
        "url": f"{PERMALINKS}/",
        "team": TEAM_NAME,
        "team_id": TEAM_ID,
        "user": app.manifest.bot_name,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


@method("bots.info", TIER_3, scope="users:read", takes="bot team_id")
def bots_info(call: MethodCall) -> MethodResult:
    app = call.state.app
    if call.arguments.text("bot", app.bot_id) != app.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": app.bot_id,
            "app_id": app.id,
            "user_id": app.user_id,
            "name": app.manifest.name,
            "deleted": False,
        }
    }
