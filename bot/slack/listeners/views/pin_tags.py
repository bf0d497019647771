"""Pins what was chosen in the modal."""

from collections.abc import Callable
from datetime import date, datetime
from functools import partial

from slack_bolt import Ack, BoltResponse

from bot.core.durations import LAST_YEAR, end_of_day, parse_duration
from bot.core.errors import RequestError
from bot.core.repository import RepositoryId
from bot.render.errors import error_words
from bot.slack.api import safe
from bot.slack.blocks import loading_view
from bot.slack.blocks.pins import LASTS, NO_END, pins_view
from bot.slack.context import SlackContext
from bot.slack.ids import PIN_REASON, PIN_UNTIL, PINNED_TAGS
from bot.slack.listener import Body, UnexpectedPayloadError, answer
from bot.slack.listeners.pinning import follow_pins, pins_shown
from bot.slack.listeners.windows import Window, telling
from bot.slack.listeners.wording import pinned
from bot.slack.payloads import PinSubmission
from bot.slack.pin_choices import chosen
from bot.usecases.audit import one_line

Check = Callable[[Ack, Body, Callable[[], None]], BoltResponse]


def checking_pins(context: SlackContext) -> Check:
    """Mistakes are told beside the inputs."""

    def check(ack: Ack, body: Body, next_: Callable[[], None]) -> BoltResponse:
        submission = PinSubmission.model_validate(body)
        if submission.lasts not in LASTS:
            raise UnexpectedPayloadError
        if mistakes := _mistakes(context, submission):
            return ack(response_action="errors", errors=safe(mistakes))
        acknowledged = ack(response_action="update", view=loading_view())
        next_()
        return acknowledged

    return check


def pin_chosen(context: SlackContext, submission: PinSubmission) -> None:
    window = Window(context, submission.view.id)
    with telling(window, submission.sender):
        repository = context.plan(submission.ref.plan).repository
        made = context.pins.pin(
            repository,
            _texts(context, repository, submission),
            context.person(submission.sender),
            submission.reason,
            _until(submission, context.clock()),
        )
        follow_pins(context, made)
        told = pinned(made, repository.name)
        if not window.show(pins_view(pins_shown(context, repository, submission.ref, told.text))):
            answer(context, submission.sender, told)


def _mistakes(context: SlackContext, submission: PinSubmission) -> dict[str, str]:
    """By input."""
    repository = context.plan(submission.ref.plan).repository
    found: dict[str, str] = {}
    try:
        _texts(context, repository, submission)
    except RequestError as error:
        found[PINNED_TAGS] = error_words(error)
    try:
        if not one_line(submission.reason):
            found[PIN_REASON] = "Say in a few words who needs it for what"
    except RequestError as error:
        found[PIN_REASON] = error_words(error)
    if why := _why_not(submission.until, context.clock()):
        found[PIN_UNTIL] = why
    return found


def _why_not(day: date | None, now: datetime) -> str | None:
    if day is None:
        return None
    if day.year > LAST_YEAR:
        return f"Choose a day up to the year {LAST_YEAR}"
    return "That day is over: choose a later one" if end_of_day(day) <= now else None


def _texts(context: SlackContext, repository: RepositoryId, submission: PinSubmission) -> list[str]:
    """Raises RequestError."""
    all_tags = partial(context.store.all_tags, repository)
    return [chosen(choice, all_tags) for choice in submission.choices]


def _until(submission: PinSubmission, now: datetime) -> datetime | None:
    """The day, if one was chosen, wins."""
    if submission.until:
        return end_of_day(submission.until)
    return None if submission.lasts == NO_END else now + parse_duration(submission.lasts)
