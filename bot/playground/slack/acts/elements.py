"""Using what stands in messages, modals and the Home tab."""

from dataclasses import dataclass
from typing import Any

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.filling import value_for
from bot.playground.slack.acts.outcome import NotPossibleError, Outcome
from bot.playground.slack.acts.payloads import action_payload, suggestion_payload
from bot.playground.slack.acts.surfaces import Spot, Surface, look
from bot.playground.slack.blocks import check_suggestions
from bot.playground.slack.blocks.elements import options_of
from bot.playground.slack.blocks.walking import Place
from bot.playground.slack.models import Message
from bot.playground.slack.socket.envelopes import Envelope, interactive
from bot.playground.slack.values import Value


@dataclass(frozen=True, kw_only=True)
class Use:
    """What is used, and how; `confirm` answers the element's dialog, if it has one."""

    user: str
    spot: Spot
    action_id: str
    block_id: str | None = None
    value: Any = None
    confirm: bool | None = None


async def use(desk: Desk, act: Use) -> Outcome:
    """Clicks a button, or chooses in a menu: what sends the app a block_actions payload.

    In an input block without `dispatch_action` nothing is sent until the modal is submitted.
    """
    with desk.state.lock:
        surface, place = _find(desk, act)
        value = value_for(desk.state, surface, place, act.value)
        if place.is_input and not place.block.get("dispatch_action"):
            desk.state.fields.set(act.user, surface.key, place, value)
            return Outcome("ok")
        desk.need_interactivity()
        _ask_for_confirmation(place, confirm=act.confirm)
        envelope = _prepare(desk, surface, place, value)
    await desk.send(envelope)
    return Outcome("ok", sent=True)


async def suggest(desk: Desk, act: Use) -> Outcome:
    """Types into a menu whose options the app supplies; answers those options."""
    with desk.state.lock:
        surface, place = _find(desk, act)
        if not place.element["type"].endswith("external_select"):
            raise ValueError(f"{act.action_id} has no options of the app's")
        desk.need_interactivity()
        text = str(act.value or "")
        least = place.element.get("min_query_length", 3)
        if len(text) < least:
            return Outcome("refused", f"Slack asks the app from {least} characters on")
        payload = suggestion_payload(desk.state, surface, place, text)
    ack = await desk.send(interactive(payload))
    answer = dict(ack.payload or {"options": []})
    if problems := check_suggestions(answer):
        raise desk.invalid_response("suggested options", "; ".join(map(str, problems)))
    with desk.state.lock:
        options = options_of(answer)
        desk.state.fields.offer(act.user, surface.key, place, options)
    return Outcome("ok", options=tuple(options), sent=True)


def _find(desk: Desk, act: Use) -> tuple[Surface, Place]:
    surface = look(desk.state, desk.user(act.user), act.spot)
    return surface, surface.place(act.action_id, act.block_id)


def _ask_for_confirmation(place: Place, *, confirm: bool | None) -> None:
    """Raises NotPossibleError until the dialog is answered with yes."""
    dialog = place.element.get("confirm")
    if dialog is None:
        if confirm is not None:
            raise ValueError(f"{place.action_id} has no dialog to confirm")
    elif confirm is None:
        raise NotPossibleError(Outcome("confirm", dialog=dialog))
    elif not confirm:
        raise NotPossibleError(Outcome("cancelled", dialog=dialog))


def _prepare(desk: Desk, surface: Surface, place: Place, value: Value) -> Envelope:
    state, user = desk.state, surface.user
    if value["type"] not in ("button", "overflow"):
        state.fields.set(user.id, surface.key, place, value)
    url = ""
    if isinstance(surface.held, Message):
        held = surface.held
        url = desk.url_of(state.response_urls.issue("actions", user.id, held.channel, held.ts))
    return interactive(action_payload(state, surface, place, value, url))
