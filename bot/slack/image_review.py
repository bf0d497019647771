"""The modal *Review images*: opens it, turns pages, searches, and keeps images."""

from contextlib import suppress
from dataclasses import dataclass, replace

from slack_bolt import App

from bot.core.errors import PlanReplacedError, RequestError, ServiceError
from bot.core.permissions import PermissionGranted, may_pin
from bot.core.records import PlanRecord
from bot.core.verdict_reasons import Verdict
from bot.render.image_sections import best_verdict
from bot.render.plan_summary import PlanSummary
from bot.slack.action_ids import (
    REVIEW_IMAGES,
    REVIEW_PAGE,
    REVIEW_PIN,
    REVIEW_SEARCH,
    REVIEW_TAB,
    SHOW_IMAGES,
    PlanRef,
    ReviewState,
    numbered,
)
from bot.slack.api import Json
from bot.slack.listener import UnexpectedPayloadError, acknowledge, answer, make_listener
from bot.slack.listener_context import SlackContext
from bot.slack.message_updates import active_pins, update_after_pinning
from bot.slack.messages.answers import pin_answer, refused
from bot.slack.messages.image_review import ImageReview, image_review
from bot.slack.messages.recent_pulls import PIN_LASTS
from bot.slack.modals import Modal, loading, open_modal, reporting_in
from bot.slack.payloads import PayloadSender, PlanButtonClick
from bot.slack.review_payloads import ReviewClick, ReviewPinClick, ReviewSearch
from bot.usecases.usage_history import last_uses_of_groups


def register(app: App, context: SlackContext) -> None:
    clicks = {
        SHOW_IMAGES: make_listener(context, PlanButtonClick, show_images),
        REVIEW_TAB: make_listener(context, ReviewClick, show_tab),
        REVIEW_PAGE: make_listener(context, ReviewClick, show_page),
        REVIEW_PIN: make_listener(context, ReviewPinClick, keep_image),
    }
    for action_id, listener in clicks.items():
        app.action(numbered(action_id), middleware=[acknowledge])(listener)
    search = make_listener(context, ReviewSearch, search_tag)
    app.action(REVIEW_SEARCH, middleware=[acknowledge])(search)
    app.view(REVIEW_IMAGES, middleware=[loading])(search)


def show_images(context: SlackContext, click: PlanButtonClick) -> None:
    """Shows the newest version, even if the message shows an older one. All users who see the
    message may click."""
    modal = open_modal(context, click.trigger_id)
    with reporting_in(modal, click.sender):
        plan = context.plan(click.ref.plan)
        state = ReviewState(PlanRef(plan.id, plan.version, click.channel_id))
        modal.show(_view(context, state, click.sender))


def show_tab(context: SlackContext, click: ReviewClick) -> None:
    """Shows the first page of the images to delete, or of those to keep."""
    try:
        verdict = Verdict(click.value)
    except ValueError as error:
        raise UnexpectedPayloadError from error
    _show(context, click, replace(click.state, verdict=verdict, page=0))


def show_page(context: SlackContext, click: ReviewClick) -> None:
    if not click.value.isdecimal():
        raise UnexpectedPayloadError
    _show(context, click, replace(click.state, page=int(click.value)))


def search_tag(context: SlackContext, search: ReviewSearch) -> None:
    """Shows the images of the best match, to delete or to keep. Shows all images if the user typed
    nothing."""
    state = replace(search.state, page=0, search=search.typed)
    modal = Modal(context, search.view.id)
    with reporting_in(modal, search.sender):
        if state.search:
            summary = _Versions.read(context, state).newest
            verdict = best_verdict(summary, state.search, state.verdict)
            state = replace(state, verdict=verdict)
        modal.show(_view(context, state, search.sender))


def keep_image(context: SlackContext, click: ReviewPinClick) -> None:
    """Pins the image for 30 days. Shows why the pin is refused above the images."""
    modal = Modal(context, click.view.id)
    with reporting_in(modal, click.sender):
        versions = _Versions.read(context, click.state)
        plan = versions.plan
        name = versions.opened.name_of_pin(click.digest)
        reason = f"Keep in Review images ({name})"
        until = context.clock() + PIN_LASTS
        notice = ""
        modal.show(_view(context, click.state, click.sender, pending=click.digest))
        try:
            person = context.person(click.sender)
            pinned = context.pins.pin(plan.repository, [click.digest], person, reason, until)
        except RequestError as error:
            answered = refused(error)
            notice = answered.text
        else:
            update_after_pinning(context, pinned)
            answered = pin_answer(pinned, plan.repository.name)
        if not modal.show(_view(context, click.state, click.sender, notice=notice)):
            answer(context, click.sender, answered)


@dataclass(frozen=True, slots=True)
class _Versions:
    """The newest version of the plan, and the one that was the newest when the modal opened. The
    newest in place of the latter if that is not stored any more, or if the newest deletes other
    images too."""

    plan: PlanRecord
    opened: PlanSummary
    newest: PlanSummary

    @classmethod
    def read(cls, context: SlackContext, state: ReviewState) -> "_Versions":
        plan = context.plan(state.ref.plan)
        newest = context.contents.summary(plan.id, plan.version)
        with suppress(PlanReplacedError):
            opened = context.contents.summary(plan.id, state.ref.version)
            if set(newest.plan.delete) <= set(opened.plan.delete):
                return cls(plan, opened, newest)
        return cls(plan, newest, newest)


def _show(context: SlackContext, click: ReviewClick, state: ReviewState) -> None:
    modal = Modal(context, click.view.id)
    with reporting_in(modal, click.sender):
        modal.show(_view(context, state, click.sender))


def _view(context: SlackContext, state: ReviewState, sender: PayloadSender, **facts: str) -> Json:
    """`facts`: the notice, and the image that is being pinned."""
    versions = _Versions.read(context, state)
    repository = versions.plan.repository
    review = ImageReview(
        state=state,
        plan=versions.plan,
        opened=versions.opened,
        newest=versions.newest,
        pins=active_pins(context, repository),
        may_pin=_may_pin(context, versions.plan, sender),
        now=context.clock(),
        **facts,
    )
    images = [image for _, image in review.rows_of_page]
    groups = [image.group.members for image in images]
    uses = zip(images, last_uses_of_groups(context.store, repository, groups), strict=True)
    return image_review(review, {image.digest: use for image, use in uses if use})


def _may_pin(context: SlackContext, plan: PlanRecord, sender: PayloadSender) -> bool:
    """True if Slack cannot look the user up now: the click checks the permission again."""
    try:
        permission = may_pin(context.profile(sender), context.rules_of(plan.repository))
    except RequestError:
        return False
    except ServiceError:
        return True
    return isinstance(permission, PermissionGranted)
