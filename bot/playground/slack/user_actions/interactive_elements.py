"""Clicking buttons and choosing in menus of messages, modals and the Home tab."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from bot.playground.slack.blocks import check_suggestions
from bot.playground.slack.blocks.element_rules import options_of
from bot.playground.slack.blocks.traversal import ElementInBlock
from bot.playground.slack.field_values import Value
from bot.playground.slack.models import Message
from bot.playground.slack.socket_mode.envelopes import SocketEnvelope, interactive
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.input_values import checked_value, store_value
from bot.playground.slack.user_actions.outcome import ActionNotPossibleError, ActionOutcome
from bot.playground.slack.user_actions.payloads import action_payload, suggestion_payload
from bot.playground.slack.user_actions.surfaces import Surface, SurfaceAddress, find_surface


@dataclass(frozen=True, kw_only=True)
class ElementInteraction:
    """A use of an element. `confirm` is the answer to its confirmation dialog, if any. `entered`:
    the values of other fields of the surface, by action ID."""

    user: str
    address: SurfaceAddress
    action_id: str
    block_id: str | None = None
    value: Any = None
    confirm: bool | None = None
    entered: Mapping[str, Any] = field(default_factory=dict)


async def use_element(context: ActionContext, use: ElementInteraction) -> ActionOutcome:
    """Clicks a button or chooses in a menu, which sends block_actions to the app.

    An input block without `dispatch_action` sends nothing until the modal is submitted.
    """
    with context.state.lock:
        surface, target = _find(context, use)
        _keep_entered(context, surface, use)
        value = checked_value(context.state, surface, target, use.value)
        if target.is_input and not target.block.get("dispatch_action"):
            context.state.fields.set(use.user, surface.key, target, value)
            return ActionOutcome("ok")
        context.check_interactivity()
        _check_confirmation(target, confirm=use.confirm)
        envelope = _prepare(context, surface, target, value)
    await context.send(envelope)
    return ActionOutcome("ok", sent=True)


async def load_suggestions(context: ActionContext, use: ElementInteraction) -> ActionOutcome:
    """Types in a menu with options from the app. The outcome has these options."""
    with context.state.lock:
        surface, target = _find(context, use)
        if not target.element["type"].endswith("external_select"):
            raise ValueError(f"{use.action_id} is not a menu with options from the app")
        context.check_interactivity()
        text = str(use.value or "")
        least = target.element.get("min_query_length", 3)
        if len(text) < least:
            return ActionOutcome("refused", f"Slack asks the app after {least} characters")
        payload = suggestion_payload(context.state, surface, target, text)
    ack = await context.send(interactive(payload))
    answer = dict(ack.payload or {"options": []})
    if problems := check_suggestions(answer):
        raise context.invalid_response("suggested options", "; ".join(map(str, problems)))
    with context.state.lock:
        options = options_of(answer)
        context.state.fields.set_suggestions(use.user, surface.key, target, options)
    return ActionOutcome("ok", options=tuple(options), sent=True)


def _find(context: ActionContext, use: ElementInteraction) -> tuple[Surface, ElementInBlock]:
    surface = find_surface(context.state, context.user(use.user), use.address)
    return surface, surface.find_element(use.action_id, use.block_id)


def _keep_entered(context: ActionContext, surface: Surface, use: ElementInteraction) -> None:
    """Stores the other fields, which Slack sends with every action. Ignores values that the client
    would reject when the modal is submitted."""
    for action_id, given in use.entered.items():
        if action_id != use.action_id:
            with suppress(ActionNotPossibleError):
                store_value(context.state, surface, action_id, given)


def _check_confirmation(target: ElementInBlock, *, confirm: bool | None) -> None:
    """Raises ActionNotPossibleError unless the dialog is confirmed."""
    dialog = target.element.get("confirm")
    if dialog is None:
        if confirm is not None:
            raise ValueError(f"{target.action_id} has no confirmation dialog")
    elif confirm is None:
        raise ActionNotPossibleError(ActionOutcome("confirm", dialog=dialog))
    elif not confirm:
        raise ActionNotPossibleError(ActionOutcome("cancelled", dialog=dialog))


def _prepare(
    context: ActionContext, surface: Surface, target: ElementInBlock, value: Value
) -> SocketEnvelope:
    state, user = context.state, surface.user
    if value["type"] not in ("button", "overflow"):
        state.fields.set(user.id, surface.key, target, value)
    url = ""
    if isinstance(surface.container, Message):
        message = surface.container
        url = context.url_of(
            state.response_urls.issue("actions", user.id, message.channel, message.ts)
        )
    return interactive(action_payload(state, surface, target, value, url))
