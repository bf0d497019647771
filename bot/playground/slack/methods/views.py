"""views.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.app_content import read_view
from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method, parsed_object
from bot.playground.slack.models import ModalTrigger, SlackView
from bot.playground.slack.rate_limits import TIER_4
from bot.playground.slack.slack_json import view_with_values


@method("views.open", TIER_4, takes="trigger_id view")
def open_view(call: MethodCall) -> MethodResult:
    content = _content(call, "modal")
    trigger = _use_trigger(call)
    return _view_result(call, call.state.views.open(trigger.user, content))


@method("views.push", TIER_4, takes="trigger_id view")
def push(call: MethodCall) -> MethodResult:
    """The trigger ID must come from an open modal."""
    content = _content(call, "modal")
    trigger = _use_trigger(call)
    if call.state.views.find(trigger.view_id) is None:
        raise SlackError("not_found")
    return _view_result(call, call.state.views.push(trigger.user, content))


@method("views.update", TIER_4, takes="view view_id external_id hash")
def update(call: MethodCall) -> MethodResult:
    arguments = call.arguments
    view = call.state.views.find(arguments.optional("view_id"), arguments.optional("external_id"))
    if view is None:
        raise SlackError("not_found")
    content = _content(call, view.kind)
    _check_hash(call, view)
    return _view_result(call, call.state.views.update(view, content))


@method("views.publish", TIER_4, takes="user_id view hash")
def publish(call: MethodCall) -> MethodResult:
    if not call.state.app.manifest.has_home_tab:
        raise SlackError("not_enabled")
    content = _content(call, "home")
    user = call.arguments.required("user_id")
    if user not in call.state.directory.users:
        raise SlackError("user_not_found")
    if known := call.state.views.home_of(user):
        _check_hash(call, known)
    return _view_result(call, call.state.views.publish(user, content))


def _content(call: MethodCall, kind: str) -> Mapping[str, Any]:
    call.arguments.required_value("view")
    return read_view(parsed_object(call.arguments, "view"), kind, call.state.ids)


def _use_trigger(call: MethodCall) -> ModalTrigger:
    return call.state.triggers.exchange(call.arguments.required("trigger_id"))


def _check_hash(call: MethodCall, view: SlackView) -> None:
    given = call.arguments.optional("hash")
    if given is not None and given != view.hash:
        raise SlackError("hash_conflict")


def _view_result(call: MethodCall, view: SlackView) -> MethodResult:
    return {"view": view_with_values(call.state, view)}
