"""Handlers of buttons in messages and modals."""

from slack_bolt import App

from bot.core.errors import RequestError
from bot.core.permissions import PermissionRefused, may_ask_for_report, needs_typing
from bot.core.plan import PlanState
from bot.core.records import PlanRecord
from bot.render.errors import error_words
from bot.render.hints import Surface
from bot.slack.action_ids import (
    APPROVE_PLAN,
    ASK_APPROVERS,
    COMMAND,
    CONFIRM_USAGE,
    DISMISS_PLAN,
    KEEP_PIN,
    PIN_PULLED,
    PIN_TAGS,
    RESULT_DETAILS,
    RUN_COMMAND,
    STOP_PLAN,
    TRY_AGAIN,
    UNPIN,
    PlanRef,
    numbered,
)
from bot.slack.api import MessageContent, SlackError, update_message
from bot.slack.approval_requests import ask_approvers
from bot.slack.approver_refusal import naming_approvers
from bot.slack.command_dispatch import run_command
from bot.slack.listener import acknowledge, answer, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.message_updates import pins_modal_view, update_after_pinning, updating_messages
from bot.slack.messages.answers import pin_answer, refusal, refused, unpin_answer
from bot.slack.messages.approval_dialogs import typing_view
from bot.slack.messages.pins import EXTENSION, new_pin_view
from bot.slack.messages.recent_pulls import PIN_LASTS, named_pulls
from bot.slack.messages.result_details import MOST_LISTED, details_view
from bot.slack.modals import Modal, open_modal, reporting_in
from bot.slack.payloads import (
    AskApproversClick,
    CommandButtonClick,
    ConfirmUsageClick,
    ExtendPinClick,
    PlanButtonClick,
    UnpinClick,
)
from bot.slack.requested_reports import request_new_plan
from bot.usecases.decisions import ApprovalRequest
from bot.usecases.pins import CannotExtendError


def register(app: App, context: SlackContext) -> None:
    listeners = {
        APPROVE_PLAN: make_listener(context, PlanButtonClick, approve_plan),
        DISMISS_PLAN: make_listener(context, PlanButtonClick, dismiss_plan),
        STOP_PLAN: make_listener(context, PlanButtonClick, stop_plan),
        TRY_AGAIN: make_listener(context, PlanButtonClick, try_again),
        CONFIRM_USAGE: make_listener(context, ConfirmUsageClick, confirm_workloads),
        RESULT_DETAILS: make_listener(context, PlanButtonClick, show_details),
        PIN_TAGS: make_listener(context, PlanButtonClick, pin_tags),
        PIN_PULLED: make_listener(context, PlanButtonClick, pin_pulled),
        KEEP_PIN: make_listener(context, ExtendPinClick, keep_pin),
        UNPIN: make_listener(context, UnpinClick, unpin),
        ASK_APPROVERS: make_listener(context, AskApproversClick, ask_approvers),
        RUN_COMMAND: make_listener(context, CommandButtonClick, run_command),
    }
    for action_id, listener in listeners.items():
        app.action(numbered(action_id), middleware=[acknowledge])(listener)


def approve_plan(context: SlackContext, click: PlanButtonClick) -> None:
    """Approves the plan. For a large plan, opens a modal in which the approver types the
    repository's name."""
    with updating_messages(context, click):
        plan = context.plan(click.ref.plan)
        with naming_approvers(context.users, context.rules_of(plan.repository), _asked(click)):
            if _may_need_typing(context, plan, click) and not _is_outsider(context, plan, click):
                _ask_for_name(context, plan, click)
            else:
                context.decisions.approve(plan.id, context.person(click.sender), _consent(click))


def dismiss_plan(context: SlackContext, click: PlanButtonClick) -> None:
    with updating_messages(context, click):
        person = context.person(click.sender)
        context.decisions.dismiss(click.ref.plan, person, click.ref.version)


def stop_plan(context: SlackContext, click: PlanButtonClick) -> None:
    """Stops the plan, even if the message shows an older version."""
    with updating_messages(context, click):
        context.decisions.stop(click.ref.plan, context.person(click.sender))


def try_again(context: SlackContext, click: PlanButtonClick) -> None:
    """Makes a new plan in place of an incomplete one, in the same message."""
    with updating_messages(context, click):
        request_new_plan(context, click, context.person(click.sender))


def confirm_workloads(context: SlackContext, click: ConfirmUsageClick) -> None:
    """Accepts the number of workloads that the button shows. Refuses it if the last scan listed
    another number."""
    with updating_messages(context, click):
        ref, person = click.ref, context.person(click.sender)
        with naming_approvers(context.users, context.general_rules):
            context.decisions.confirm_usage(ref.source, ref.scope, ref.workloads, person)
        request_new_plan(context, click, person)


def show_details(context: SlackContext, click: PlanButtonClick) -> None:
    """Shows what was deleted, skipped and failed. All users who see the message may click."""
    modal = open_modal(context, click.trigger_id)
    with reporting_in(modal, click.sender):
        plan = context.plan(click.ref.plan)
        view = context.plan_messages.view(plan, click.channel_id, MOST_LISTED)
        modal.show(details_view(view))


def pin_tags(context: SlackContext, click: PlanButtonClick) -> None:
    """Opens the modal of the repository's pins for users who may pin."""
    plan = context.plan(click.ref.plan)
    context.pins.expect_may_pin(plan.repository, context.profile(click.sender))
    modal = open_modal(context, click.trigger_id)
    with reporting_in(modal, click.sender):
        ref = PlanRef(plan.id, plan.version, click.channel_id)
        modal.show(new_pin_view(pins_modal_view(context, plan.repository, ref)))


def pin_pulled(context: SlackContext, click: PlanButtonClick) -> None:
    """Pins the images that the report names as pulled recently although no known workload uses
    them, even if the report is outdated: a pin only keeps more."""
    with updating_messages(context, click):
        plan = context.plan(click.ref.plan)
        pinned = context.pins.pin(
            plan.repository,
            _pulled(context, click),
            context.person(click.sender),
            f"pulled recently, according to plan {plan.id}, version {click.ref.version}",
            context.clock() + PIN_LASTS,
        )
        answer(context, click.sender, pin_answer(pinned, plan.repository.name))
        update_after_pinning(context, pinned)


def keep_pin(context: SlackContext, click: ExtendPinClick) -> None:
    """Extends a pin that expires soon. A second click does not extend it further. Raises
    RequestError if the user may not."""
    pin, seen = click.ref.pin, click.ref.until
    person = context.person(click.sender)
    try:
        pinned = context.pins.extend(pin.repository, pin.pin, person, seen=seen, by=EXTENSION)
    except CannotExtendError as error:
        command = f"`{COMMAND} pin {pin.repository.name} {pin.pin} because …`"
        hint = f"To pin it again: {command}"
        _answer_in_place(context, click, refusal(f"{error_words(error, Surface.SLACK)}. {hint}"))
        return
    _answer_in_place(context, click, pin_answer(pinned, pin.repository.name))
    update_after_pinning(context, pinned)


def unpin(context: SlackContext, click: UnpinClick) -> None:
    """Removes a pin in the modal of the repository's pins."""
    modal = Modal(context, click.view.id)
    with reporting_in(modal, click.sender):
        result = _unpin(context, click)
        ref = click.view.private_metadata
        view = new_pin_view(pins_modal_view(context, click.ref.repository, ref, result.text))
        if not modal.show(view):
            answer(context, click.sender, result)


def _may_need_typing(context: SlackContext, plan: PlanRecord, click: PlanButtonClick) -> bool:
    is_as_shown = plan.state is PlanState.PROPOSED and plan.version == click.ref.version
    return is_as_shown and needs_typing(plan, context.rules_of(plan.repository))


def _ask_for_name(context: SlackContext, plan: PlanRecord, click: PlanButtonClick) -> None:
    """Opens the modal first, since the lookup of user groups takes time. If the user could not
    approve even with the name, refuses there, without an input and with an audit event."""
    modal = open_modal(context, click.trigger_id)
    rules = context.rules_of(plan.repository)
    with (
        reporting_in(modal, click.sender),
        naming_approvers(context.users, rules, _asked(click)),
    ):
        person = context.person(click.sender)
        if context.decisions.lacks_only_the_name(plan, person, _consent(click)):
            modal.show(typing_view(context.plan_messages.view(plan, click.channel_id)))
        else:
            context.decisions.approve(plan.id, person, _consent(click))


def _is_outsider(context: SlackContext, plan: PlanRecord, click: PlanButtonClick) -> bool:
    """Whether the user is a guest, or of another workspace, and not listed as an approver."""
    rules = context.rules_of(plan.repository)
    found = may_ask_for_report(context.profile(click.sender), rules)
    return isinstance(found, PermissionRefused)


def _asked(click: PlanButtonClick) -> PlanRef:
    """The value of the button that asks the approvers."""
    return PlanRef(click.ref.plan, click.ref.version, click.channel_id)


def _pulled(context: SlackContext, click: PlanButtonClick) -> list[str]:
    """Digests. Buttons of earlier versions of the bot carry a single one."""
    if click.ref.detail:
        return [click.ref.detail]
    summary = context.contents.summary(click.ref.plan, click.ref.version)
    return [each.group.root.manifest.digest for each in named_pulls(summary)]


def _consent(click: PlanButtonClick) -> ApprovalRequest:
    return ApprovalRequest(click.ref.version, click.channel_id)


def _unpin(context: SlackContext, click: UnpinClick) -> MessageContent:
    """The answer, or the refusal."""
    repository, text = click.ref.repository, click.ref.pin
    try:
        with naming_approvers(context.users, context.rules_of(repository)):
            context.pins.unpin(repository, [text], context.person(click.sender))
    except RequestError as error:
        return refused(error)
    return unpin_answer([text], repository.name)


def _answer_in_place(context: SlackContext, click: ExtendPinClick, content: MessageContent) -> None:
    """Replaces a message about a single pin. If the message lists several pins, answers the user
    alone."""
    if click.is_of_several:
        answer(context, click.sender, content)
        return
    try:
        what = "Showing the new end of a pin"
        update_message(context.client, what, click.channel_id, click.ts, content)
    except SlackError:
        answer(context, click.sender, content)
