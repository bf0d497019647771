"""The button *Approve several…* of a digest, the modals behind it, and *Stop all*."""

import logging
import re
from collections.abc import Callable

from slack_bolt import Ack, App, BoltResponse

from bot.core.digests import Digest, PlanSelection
from bot.core.errors import RequestError, ServiceError
from bot.core.permission_reasons import UserGroupUnreadable
from bot.core.permissions import SlackUser
from bot.core.plan_choices import ChoiceTotals, FrozenOffer, PlanOffer, without_warnings
from bot.core.policy import ApprovalRules
from bot.slack.action_ids import (
    ALL_WITHOUT_WARNINGS,
    APPROVE_PLANS,
    CHOOSE_PLANS,
    CHOSEN_PLANS,
    CONFIRM_PLANS,
    STOP_PLANS,
    TYPED_TOTAL,
    SelectionRef,
)
from bot.slack.api import (
    Json,
    MessageContent,
    SlackError,
    delete_message,
    message_link,
    post_message,
    safe,
    update_message,
)
from bot.slack.approver_refusal import naming_approvers
from bot.slack.digest_actions import digest_link, posted_digest, update_digest
from bot.slack.digest_payloads import (
    Choice,
    ChoiceChange,
    ChoiceSubmission,
    DigestClick,
    StopPlansClick,
    TotalSubmission,
)
from bot.slack.image_lists import upload_image_list
from bot.slack.listener import Body, UnexpectedPayloadError, acknowledge, answer, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.messages.approval_dialogs import start_words
from bot.slack.messages.plan_selection import (
    ChoiceView,
    ConfirmationView,
    choice_view,
    confirmation_view,
    listed_apart,
)
from bot.slack.messages.plan_submission import (
    SubmissionView,
    approving_message,
    stopped_answer,
    stopped_message,
    submission_result,
    submitted_message,
)
from bot.slack.modals import Modal, PushedModal, loading, open_modal, pushing, reporting_in

_SEPARATORS = re.compile(r"[\s,.'_]")

_log = logging.getLogger(__name__)


def register(app: App, context: SlackContext) -> None:
    approve = make_listener(context, DigestClick, approve_plans)
    app.action(APPROVE_PLANS, middleware=[acknowledge])(approve)
    change = make_listener(context, ChoiceChange, show_sum)
    for action_id in (CHOSEN_PLANS, ALL_WITHOUT_WARNINGS):
        app.action(action_id, middleware=[acknowledge])(change)
    choose = make_listener(context, ChoiceSubmission, choose_plans)
    app.view(CHOOSE_PLANS, middleware=[checking_choice])(choose)
    confirm = make_listener(context, TotalSubmission, approve_chosen)
    app.view(CONFIRM_PLANS, middleware=[checking_total])(confirm)
    stop = make_listener(context, StopPlansClick, stop_plans)
    app.action(STOP_PLANS, middleware=[acknowledge])(stop)


def approve_plans(context: SlackContext, click: DigestClick) -> None:
    """Opens the modal for users who may approve plans of the digest in this channel."""
    digest = posted_digest(context, click.ref)
    _expect_approver(context, click, digest)
    modal = open_modal(context, click.trigger_id)
    with reporting_in(modal, click.sender):
        person = context.person(click.sender)
        frozen = context.selections.freeze(digest, person, click.channel_id)
        ref = SelectionRef(frozen.selection.id, click.channel_id)
        modal.show(_choice_view(context, ref, digest, frozen.offer, frozenset()))


def show_sum(context: SlackContext, change: ChoiceChange) -> None:
    """Updates the sum after a change of the choice. If that fails, the next modal has it."""
    selection = _stored(context, change.ref.selection)
    digest = posted_digest(context, selection.digest)
    offer = _offer(context, selection, change)
    chosen = _chosen(change, selection, offer)
    try:
        view = _choice_view(context, change.ref, digest, offer, chosen)
        Modal(context, change.view.id).show(view)
    except ServiceError as error:
        _log.warning("%s", error)


def checking_choice(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
    """A middleware that acknowledges the choice, with an error if it is empty."""
    submission = ChoiceSubmission.model_validate(body)
    if submission.plans or submission.is_all_without_warnings:
        return pushing(ack, next_, submission.trigger_id)
    empty = "Choose at least one repository"
    return ack(response_action="errors", errors={CHOSEN_PLANS: empty})


def choose_plans(context: SlackContext, submission: ChoiceSubmission) -> None:
    """Freezes the choice, uploads the list of its images, and asks for their number. Opens a
    second modal, which a late update of the sum in the first one does not replace."""
    modal = PushedModal(context, submission.trigger_id)
    with reporting_in(modal, submission.sender):
        selection = _stored(context, submission.ref.selection)
        digest = posted_digest(context, selection.digest)
        chosen = _chosen(submission, selection, _offer(context, selection, submission))
        person, channel = context.person(submission.sender), submission.ref.channel
        frozen = context.selections.choose(selection, chosen, person, channel)
        modal.show(confirmation_view(_confirmation(context, digest, frozen)))


def checking_total(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
    """A middleware that acknowledges the typed number of images, with an error if it is wrong."""
    submission = TotalSubmission.model_validate(body)
    expected = submission.ref.images
    if _SEPARATORS.sub("", submission.typed) == str(expected):
        return loading(ack, next_)
    wrong = f"These plans delete {expected:,} images: type this number to approve them"
    return ack(response_action="errors", errors=safe({TYPED_TOTAL: wrong}))


def approve_chosen(context: SlackContext, submission: TotalSubmission) -> None:
    """Approves the choice, after the approver typed its number of images."""
    modal = Modal(context, submission.view.id)
    with reporting_in(modal, submission.sender):
        selection = _stored(context, submission.ref.selection)
        digest = posted_digest(context, selection.digest)
        person = context.person(submission.sender)
        with naming_approvers(context.users, _rules(context, selection)):
            view = _approve(context, digest, selection, person)
        update_digest(context, digest.id)
        modal.show(submission_result(view))


def stop_plans(context: SlackContext, click: StopPlansClick) -> None:
    """Stops all plans of the submission that can still be stopped."""
    selection = _stored(context, click.ref)
    person = context.person(click.sender)
    decided = context.selections.stop(selection, person)
    answer(context, click.sender, stopped_answer(decided))
    if decided.done:
        _show(
            context, click.channel_id, click.ts, stopped_message(decided, person.id, selection.user)
        )
        update_digest(context, selection.digest)


def _approve(
    context: SlackContext, digest: Digest, selection: PlanSelection, person: SlackUser
) -> SubmissionView:
    """Posts *Stop all* first, so that it exists even if the bot stops in the middle."""
    context.selections.start(selection, person)
    starting = approving_message(selection.id, person.id, len(selection.versions))
    channel = digest.channel
    ts = _post_start(context, digest, starting)
    try:
        decided = context.selections.approve(selection, person, channel)
    except RequestError:
        _delete(context, channel, ts)
        raise
    view = SubmissionView(
        selection=selection.id,
        user=person.id,
        decided=decided,
        totals=context.selections.totals(decided.done),
        pause=context.store.pause(),
        now=context.clock(),
    )
    if decided.done or decided.failure:
        _show(context, channel, ts, submitted_message(view))
    else:
        _delete(context, channel, ts)
    return view


def _post_start(context: SlackContext, digest: Digest, starting: MessageContent) -> str:
    try:
        return post_message(
            context.client, "Posting approvals", digest.channel, starting, digest.ts
        )
    except SlackError as error:
        raise ServiceError(f"{error}. Nothing was approved: choose again") from error


def _show(context: SlackContext, channel: str, ts: str, content: MessageContent) -> None:
    """Logs failures, which change no plan."""
    try:
        update_message(context.client, "Showing approvals", channel, ts, content)
    except ServiceError as error:
        _log.warning("%s", error)


def _delete(context: SlackContext, channel: str, ts: str) -> None:
    try:
        delete_message(context.client, "Deleting a message", channel, ts)
    except ServiceError as error:
        _log.warning("%s", error)


def _expect_approver(context: SlackContext, click: DigestClick, digest: Digest) -> None:
    """Raises RefusedError with the reason if the user may approve nothing here. Looks up user
    groups only if the profile does not decide, since a modal must open within three seconds."""
    person = context.profile(click.sender)
    found = context.selections.refusal(digest, person, click.channel_id)
    if found and isinstance(found.reason, UserGroupUnreadable):
        person = context.person(click.sender)
        found = context.selections.refusal(digest, person, click.channel_id)
    if found:
        with naming_approvers(context.users, context.rules_of(found.plan.repository)):
            context.selections.refuse(person, found.reason)


def _stored(context: SlackContext, selection_id: str) -> PlanSelection:
    found = context.store.selection(selection_id)
    if found is None:
        raise UnexpectedPayloadError
    return found


def _offer(context: SlackContext, selection: PlanSelection, choice: Choice) -> PlanOffer:
    return context.selections.offer(selection, context.person(choice.sender), choice.ref.channel)


def _chosen(choice: Choice, selection: PlanSelection, offer: PlanOffer) -> frozenset[str]:
    together = without_warnings(offer, selection) if choice.is_all_without_warnings else ()
    return choice.plans.union(together)


def _choice_view(
    context: SlackContext,
    ref: SelectionRef,
    digest: Digest,
    offer: PlanOffer,
    chosen: frozenset[str],
) -> Json:
    found = {plan.id: context.store.messages_of(plan.id) for plan in listed_apart(offer)}
    links = {
        plan: message_link(context.url, messages[-1].channel, messages[-1].ts)
        for plan, messages in found.items()
        if messages
    }
    return choice_view(ChoiceView(ref, offer, chosen, digest_link(context, digest), links))


def _confirmation(context: SlackContext, digest: Digest, frozen: FrozenOffer) -> ConfirmationView:
    selection, offer = frozen
    images = ChoiceTotals.of(offer.choosable).images
    return ConfirmationView(
        ref=SelectionRef(selection.id, digest.channel, images),
        offer=offer,
        csv=upload_image_list(context, digest, frozen) if offer.choosable else "",
        start=start_words(
            context.store.pause(),
            context.decisions.undo_window,
            _rules(context, selection).required,
        ),
    )


def _rules(context: SlackContext, selection: PlanSelection) -> ApprovalRules:
    """All repositories of a digest have the same rules."""
    plan = next(iter(selection.versions), None)
    return context.rules_of(context.plan(plan).repository) if plan else context.general_rules
