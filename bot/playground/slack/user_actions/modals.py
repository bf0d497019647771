"""User actions: submit and close modals.

Answers of the app: docs.slack.dev/surfaces/modals#handling_submissions, read on 2026-11-23.
"""

from collections.abc import Mapping
from typing import Any

from bot.playground.slack.app_content import read_view
from bot.playground.slack.blocks.traversal import elements_with_blocks
from bot.playground.slack.errors import SlackError
from bot.playground.slack.models import SlackView, WorkspaceUser
from bot.playground.slack.socket_mode.envelopes import interactive
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.input_values import store_value, validation_error
from bot.playground.slack.user_actions.outcome import ActionNotPossibleError, ActionOutcome
from bot.playground.slack.user_actions.payloads import closing_payload, submission_payload
from bot.playground.slack.user_actions.surfaces import Surface, top_modal

_WHERE = "answer to view_submission"


async def submit(context: ActionContext, user: str, values: Mapping[str, Any]) -> ActionOutcome:
    """`values` are by action ID. Other fields keep their values."""
    with context.state.lock:
        actor = context.user(user)
        view = top_modal(context.state, actor)
        if "submit" not in view.content:
            raise ActionNotPossibleError(ActionOutcome("refused", "the modal has no submit button"))
        context.check_interactivity()
        _fill(context, actor, view, values)
        _check_complete(context, actor, view)
        payload = submission_payload(context.state, actor, view)
    ack = await context.send(interactive(payload))
    with context.state.lock:
        return _apply_answer(context, view, ack.payload or {})


async def close(context: ActionContext, user: str, *, everything: bool = False) -> ActionOutcome:
    """Closes the topmost modal, or with `everything` the whole stack.

    Sends view_closed for modals with `notify_on_close`.
    """
    with context.state.lock:
        actor = context.user(user)
        top = top_modal(context.state, actor)
        if everything or top.content.get("clear_on_close"):
            everything, closed = True, context.state.views.close_all(user)
        else:
            context.state.views.close(top)
            closed = (top,)
        payloads = [
            closing_payload(context.state, actor, view, is_cleared=everything)
            for view in closed
            if view.content.get("notify_on_close") and context.state.app.manifest.is_interactive
        ]
    for payload in payloads:
        await context.send(interactive(payload))
    return ActionOutcome("ok", sent=bool(payloads))


def _fill(
    context: ActionContext, actor: WorkspaceUser, view: SlackView, values: Mapping[str, Any]
) -> None:
    surface = Surface(user=actor, container=view)
    for action_id, given in values.items():
        store_value(context.state, surface, action_id, given)


def _check_complete(context: ActionContext, actor: WorkspaceUser, view: SlackView) -> None:
    """Raises ActionNotPossibleError with the client's errors by block."""
    values = context.state.fields.values_of(actor.id, view.id, view.blocks)
    errors = {
        target.block_id: error
        for target in elements_with_blocks(view.blocks)
        if target.is_input
        and (error := validation_error(target, values[target.block_id][target.action_id]))
        is not None
    }
    if errors:
        raise ActionNotPossibleError(ActionOutcome("refused", "the modal has errors", errors))


def _apply_answer(
    context: ActionContext, view: SlackView, answer: Mapping[str, Any]
) -> ActionOutcome:
    """Applies the app's answer. An empty answer closes the modal."""
    match answer.get("response_action"):
        case None if not answer:
            context.state.views.close(view)
        case "clear":
            context.state.views.close_all(view.user)
        case "errors":
            return ActionOutcome("errors", "", _errors(context, view, answer), sent=True)
        case "update" | "push" as action:
            _show(context, view, action, answer.get("view"))
        case other:
            raise context.invalid_response(_WHERE, f"unknown response_action {other}")
    return ActionOutcome("ok", sent=True)


def _errors(
    context: ActionContext, view: SlackView, answer: Mapping[str, Any]
) -> Mapping[str, str]:
    errors = answer.get("errors")
    inputs = {target.block_id for target in elements_with_blocks(view.blocks) if target.is_input}
    if not isinstance(errors, dict) or not errors:
        raise context.invalid_response(_WHERE, "errors are missing")
    if unknown := errors.keys() - inputs:
        raise context.invalid_response(
            _WHERE, f"errors for unknown input blocks: {', '.join(sorted(unknown))}"
        )
    return errors


def _show(context: ActionContext, view: SlackView, action: str, content: Any) -> None:
    try:
        read = read_view(content, "modal", context.state.ids)
        if action == "push":
            context.state.views.push(view.user, read)
        else:
            context.state.views.update(view, read)
    except SlackError as error:
        raise context.invalid_response(_WHERE, f"{error} {error.extra}") from error
