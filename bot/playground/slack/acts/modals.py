"""Filling in, submitting and closing modals.

What the app may answer: docs.slack.dev/surfaces/modals#handling_submissions, read on 2026-11-23.
"""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.acts.choosing import complaint
from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.filling import value_for
from bot.playground.slack.acts.outcome import NotPossibleError, Outcome
from bot.playground.slack.acts.payloads import closing_payload, submission_payload
from bot.playground.slack.acts.surfaces import Surface, top_modal
from bot.playground.slack.blocks.walking import places_in
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import User, View
from bot.playground.slack.socket.envelopes import interactive
from bot.playground.slack.viewing import read_view

_WHERE = "the answer to view_submission"


async def submit(desk: Desk, user: str, values: Mapping[str, Any]) -> Outcome:
    """`values` are by action id; what is not named keeps what stands there already."""
    with desk.state.lock:
        person = desk.user(user)
        view = top_modal(desk.state, person)
        if "submit" not in view.content:
            raise NotPossibleError(Outcome("refused", "the modal has no button to submit it"))
        desk.need_interactivity()
        _fill(desk, person, view, values)
        _check_complete(desk, person, view)
        payload = submission_payload(desk.state, person, view)
    ack = await desk.send(interactive(payload))
    with desk.state.lock:
        return _carry_out(desk, view, ack.payload or {})


async def close(desk: Desk, user: str, *, everything: bool = False) -> Outcome:
    """Closes the topmost modal, or with `everything` the whole stack.

    The app hears of those that asked for it with `notify_on_close`.
    """
    with desk.state.lock:
        person = desk.user(user)
        top = top_modal(desk.state, person)
        if everything or top.content.get("clear_on_close"):
            everything, closed = True, desk.state.views.close_all(user)
        else:
            desk.state.views.close(top)
            closed = (top,)
        payloads = [
            closing_payload(desk.state, person, view, is_cleared=everything)
            for view in closed
            if view.content.get("notify_on_close") and desk.state.app.manifest.is_interactive
        ]
    for payload in payloads:
        await desk.send(interactive(payload))
    return Outcome("ok", sent=bool(payloads))


def _fill(desk: Desk, person: User, view: View, values: Mapping[str, Any]) -> None:
    surface = Surface(user=person, held=view)
    for action_id, given in values.items():
        place = surface.place(action_id, None)
        value = value_for(desk.state, surface, place, given)
        desk.state.fields.set(person.id, view.id, place, value)


def _check_complete(desk: Desk, person: User, view: View) -> None:
    """Raises NotPossibleError with what the client says beside the fields."""
    values = desk.state.fields.values_of(person.id, view.id, view.blocks)
    errors = {
        place.block_id: why
        for place in places_in(view.blocks)
        if place.is_input
        and (why := complaint(place, values[place.block_id][place.action_id])) is not None
    }
    if errors:
        raise NotPossibleError(Outcome("refused", "the modal is not complete", errors))


def _carry_out(desk: Desk, view: View, answer: Mapping[str, Any]) -> Outcome:
    """Nothing in the answer closes the modal."""
    match answer.get("response_action"):
        case None if not answer:
            desk.state.views.close(view)
        case "clear":
            desk.state.views.close_all(view.user)
        case "errors":
            return Outcome("errors", "", _errors(desk, view, answer), sent=True)
        case "update" | "push" as action:
            _show(desk, view, action, answer.get("view"))
        case other:
            raise desk.invalid_response(_WHERE, f"{other} is no response_action")
    return Outcome("ok", sent=True)


def _errors(desk: Desk, view: View, answer: Mapping[str, Any]) -> Mapping[str, str]:
    errors = answer.get("errors")
    inputs = {place.block_id for place in places_in(view.blocks) if place.is_input}
    if not isinstance(errors, dict) or not errors:
        raise desk.invalid_response(_WHERE, "there are no errors")
    if unknown := errors.keys() - inputs:
        raise desk.invalid_response(_WHERE, f"no input blocks: {', '.join(sorted(unknown))}")
    return errors


def _show(desk: Desk, view: View, action: str, content: Any) -> None:
    try:
        read = read_view(content, "modal", desk.state.ids)
        if action == "push":
            desk.state.views.push(view.user, read)
        else:
            desk.state.views.update(view, read)
    except SlackError as error:
        raise desk.invalid_response(_WHERE, f"{error} {error.extra}") from error
