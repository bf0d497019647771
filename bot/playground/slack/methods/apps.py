"""apps.connections.open: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.limits import TIER_1
from bot.playground.slack.methods.registry import Answer, Ask, method


@method("apps.connections.open", TIER_1, scope="connections:write", token="app")  # noqa: S106
def open_connection(ask: Ask) -> Answer:
    """The URL is good for one connection."""
    ticket = ask.state.link_tickets.issue()
    place = ask.base_url.replace("http://", "ws://", 1)
    return {"url": f"{place}/link/?ticket={ticket}&app_id={ask.state.app.id}"}
