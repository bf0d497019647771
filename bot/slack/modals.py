"""Opens and updates modals, and handles their submissions."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial

from slack_bolt import Ack, App, BoltResponse

from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RepositoryId
from bot.core.text_formatting import LAST_YEAR, end_of_day, parse_duration
from bot.render.errors import error_words
from bot.render.hints import Surface
from bot.slack.action_ids import (
    CONFIRM_PLAN,
    PIN_REASON,
    PIN_TAGS,
    PIN_UNTIL,
    PINNED_TAGS,
    TYPED_NAME,
    chosen_pin,
)
from bot.slack.api import Json, SlackError, calling, safe
from bot.slack.approver_refusal import naming_approvers
from bot.slack.listener import Body, UnexpectedPayloadError, answer, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.message_updates import pins_modal_view, update_after_pinning, update_messages
from bot.slack.messages.answers import approval_answer, pin_answer, refused
from bot.slack.messages.block_kit import loading_view, text_view
from bot.slack.messages.pins import DURATIONS, NO_END, pins_view
from bot.slack.payloads import ApprovalSubmission, PayloadSender, PinSubmission
from bot.usecases.audit import one_line
from bot.usecases.decisions import ApprovalRequest

_TOO_LATE = frozenset({"exchanged_trigger_id", "expired_trigger_id", "invalid_trigger_id"})

Middleware = Callable[[Ack, Body, Callable[[], None]], BoltResponse]


def register(app: App, context: SlackContext) -> None:
    confirm = make_listener(context, ApprovalSubmission, confirm_plan)
    app.view(CONFIRM_PLAN, middleware=[checking_name(context)])(confirm)
    pin = make_listener(context, PinSubmission, pin_chosen)
    app.view(PIN_TAGS, middleware=[checking_pins(context)])(pin)


@dataclass(frozen=True, slots=True)
class Modal:
    """A modal that was opened; the user may have closed it."""

    context: SlackContext
    id: str

    def show(self, view: Json) -> bool:
        """False if the modal is closed."""
        try:
            with calling("Showing a modal"):
                self.context.client.views_update(view=view, **self._address)
        except SlackError as error:
            if error.code == "not_found":
                return False
            raise
        return True

    @property
    def _address(self) -> Mapping[str, str]:
        return {"view_id": self.id}


@dataclass(frozen=True, slots=True)
class PushedModal(Modal):
    """A modal above another one, as `pushing` opens it. `id`: the external ID, since Slack tells no
    other one."""

    @property
    def _address(self) -> Mapping[str, str]:
        return {"external_id": self.id}


def open_modal(context: SlackContext, trigger_id: str) -> Modal:
    """Opens the modal with a loading text, since Slack allows three seconds. Raises RequestError if
    opening takes longer."""
    return open_view(context, trigger_id, loading_view())


def open_view(context: SlackContext, trigger_id: str, view: Json) -> Modal:
    """For a view that is made without any call. Raises RequestError as `open_modal`."""
    try:
        with calling("Opening a modal"):
            opened = context.client.views_open(trigger_id=trigger_id, view=view)
    except SlackError as error:
        if error.code in _TOO_LATE:
            raise RequestError(
                "The modal did not open within Slack's limit of 3 seconds: try again"
            ) from error
        raise
    return Modal(context, str(opened["view"]["id"]))


@contextmanager
def reporting_in(modal: Modal, sender: PayloadSender) -> Iterator[None]:
    """Shows refusals and failures in the modal, or as an answer if the modal is closed."""
    try:
        yield
    except (RequestError, ServiceError) as error:
        content = refused(error)
        if not modal.show(text_view(content.blocks)):
            answer(modal.context, sender, content)


def loading(ack: Ack, next_: Callable[[], None]) -> BoltResponse:
    """A middleware that acknowledges a submission with the loading text."""
    acknowledged = ack(response_action="update", view=loading_view())
    next_()
    return acknowledged


def pushing(ack: Ack, next_: Callable[[], None], external_id: str) -> BoltResponse:
    """As `loading`, but in a modal above the submitted one. To close it leads back there."""
    view = {**loading_view(), "external_id": external_id}
    acknowledged = ack(response_action="push", view=view)
    next_()
    return acknowledged


def checking_name(context: SlackContext) -> Middleware:
    """A middleware that acknowledges the typed name of a repository, with an error at the input if
    the name is wrong."""

    def check(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
        submission = ApprovalSubmission.model_validate(body)
        plan = context.store.plan(submission.ref.plan)
        if plan and submission.typed.strip() != plan.repository.name:
            wrong = f"Type the exact name: {plan.repository.name}"
            return ack(response_action="errors", errors=safe({TYPED_NAME: wrong}))
        return loading(ack, next_)

    return check


def confirm_plan(context: SlackContext, submission: ApprovalSubmission) -> None:
    """Approves a large plan after the approver typed its repository's name."""
    ref, modal = submission.ref, Modal(context, submission.view.id)
    with reporting_in(modal, submission.sender):
        consent = ApprovalRequest(ref.version, ref.detail, submission.typed)
        rules = context.rules_of(context.plan(ref.plan).repository)
        with naming_approvers(context.users, rules, ref):
            plan = context.decisions.approve(ref.plan, context.person(submission.sender), consent)
        update_messages(context, plan.id)
        answered = approval_answer(plan, context.store.pause(), context.clock())
        modal.show(text_view(answered.blocks))


def checking_pins(context: SlackContext) -> Middleware:
    """A middleware that acknowledges the chosen pins, with errors at the inputs that are wrong."""

    def check(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
        submission = PinSubmission.model_validate(body)
        if submission.duration not in DURATIONS:
            raise UnexpectedPayloadError
        if mistakes := _mistakes(context, submission):
            return ack(response_action="errors", errors=safe(mistakes))
        return loading(ack, next_)

    return check


def pin_chosen(context: SlackContext, submission: PinSubmission) -> None:
    modal = Modal(context, submission.view.id)
    with reporting_in(modal, submission.sender):
        repository = context.plan(submission.ref.plan).repository
        pinned = context.pins.pin(
            repository,
            _pins(context, repository, submission),
            context.person(submission.sender),
            submission.reason,
            _until(submission, context.clock()),
        )
        update_after_pinning(context, pinned)
        result = pin_answer(pinned, repository.name)
        view = pins_view(pins_modal_view(context, repository, submission.ref, result.text))
        if not modal.show(view):
            answer(context, submission.sender, result)


def _mistakes(context: SlackContext, submission: PinSubmission) -> dict[str, str]:
    """Error texts by input."""
    repository = context.plan(submission.ref.plan).repository
    found: dict[str, str] = {}
    try:
        _pins(context, repository, submission)
    except RequestError as error:
        found[PINNED_TAGS] = error_words(error, Surface.SLACK)
    try:
        if not one_line(submission.reason):
            found[PIN_REASON] = "Enter a reason: who needs the image, and for what"
    except RequestError as error:
        found[PIN_REASON] = error_words(error, Surface.SLACK)
    if mistake := _mistake_in_day(submission.until, context.clock()):
        found[PIN_UNTIL] = mistake
    return found


def _mistake_in_day(day: date | None, now: datetime) -> str | None:
    if day is None:
        return None
    if day.year > LAST_YEAR:
        return f"Choose a day up to the year {LAST_YEAR}"
    return "This day is in the past: choose a later one" if end_of_day(day) <= now else None


def _pins(context: SlackContext, repository: RepositoryId, submission: PinSubmission) -> list[str]:
    """Raises RequestError."""
    all_tags = partial(context.store.all_tags, repository)
    return [chosen_pin(choice, all_tags) for choice in submission.choices]


def _until(submission: PinSubmission, now: datetime) -> datetime | None:
    """A chosen day overrides a chosen duration."""
    if submission.until:
        return end_of_day(submission.until)
    return None if submission.duration == NO_END else now + parse_duration(submission.duration)
