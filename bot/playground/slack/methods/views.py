"""views.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import TIER_4
from bot.playground.slack.methods.registry import Answer, Ask, method, parsed_object
from bot.playground.slack.models import Trigger, View
from bot.playground.slack.viewing import read_view
from bot.playground.slack.wire import view_as_seen


@method("views.open", TIER_4, takes="trigger_id view")
def open_view(ask: Ask) -> Answer:
    content = _content(ask, "modal")
    trigger = _exchange(ask)
    return _about(ask, ask.state.views.open(trigger.user, content))


@method("views.push", TIER_4, takes="trigger_id view")
def push(ask: Ask) -> Answer:
    """The trigger has to come from a modal that is still open."""
    content = _content(ask, "modal")
    trigger = _exchange(ask)
    if ask.state.views.find(trigger.view_id) is None:
        raise SlackError("not_found")
    return _about(ask, ask.state.views.push(trigger.user, content))


@method("views.update", TIER_4, takes="view view_id external_id hash")
def update(ask: Ask) -> Answer:
    arguments = ask.arguments
    view = ask.state.views.find(arguments.optional("view_id"), arguments.optional("external_id"))
    if view is None:
        raise SlackError("not_found")
    content = _content(ask, view.kind)
    _check_hash(ask, view)
    return _about(ask, ask.state.views.update(view, content))


@method("views.publish", TIER_4, takes="user_id view hash")
def publish(ask: Ask) -> Answer:
    if not ask.state.app.manifest.has_home_tab:
        raise SlackError("not_enabled")
    content = _content(ask, "home")
    user = ask.arguments.required("user_id")
    if user not in ask.state.directory.users:
        raise SlackError("user_not_found")
    if known := ask.state.views.home_of(user):
        _check_hash(ask, known)
    return _about(ask, ask.state.views.publish(user, content))


def _content(ask: Ask, kind: str) -> Mapping[str, Any]:
    ask.arguments.required_value("view")
    return read_view(parsed_object(ask.arguments, "view"), kind, ask.state.ids)


def _exchange(ask: Ask) -> Trigger:
    return ask.state.triggers.exchange(ask.arguments.required("trigger_id"))


def _check_hash(ask: Ask, view: View) -> None:
    given = ask.arguments.optional("hash")
    if given is not None and given != view.hash:
        raise SlackError("hash_conflict")


def _about(ask: Ask, view: View) -> Answer:
    return {"view": view_as_seen(ask.state, view)}
