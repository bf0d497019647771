"""What follows an action of a person: the answer to them, and the update of the plan's messages."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from bot.core.errors import RequestError, ServiceError
from bot.core.plan_state import PlanState
from bot.core.records import Pause, PlanRecord
from bot.core.repository import RepositoryId
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.context import SlackContext
from bot.slack.ids import PlanRef
from bot.slack.listener import answer
from bot.slack.messages.answers import refused
from bot.slack.messages.kit import section
from bot.slack.messages.phrases import starts
from bot.slack.messages.pins import PinsShown
from bot.slack.payloads import Click, ClickOnUsage
from bot.slack.wording import code, codes, date, mention
from bot.usecases.pins import NewPins

OUTDATED_AT_ONCE = 5

_log = logging.getLogger(__name__)


@contextmanager
def updating_messages(context: SlackContext, click: Click | ClickOnUsage) -> Iterator[None]:
    """Updates the plan's messages once the click is handled. If the click is refused, answers why
    and updates the clicked message; updates it also if a service fails."""
    try:
        yield
    except RequestError as error:
        answer(context, click.sender, refused(error))
        _update_clicked_message(context, click)
    except ServiceError:
        _update_clicked_message(context, click)
        raise
    else:
        update_messages(context, click.ref.plan)


def update_messages(context: SlackContext, plan_id: str) -> None:
    """If that fails, the worker updates them later."""
    try:
        context.plan_messages.refresh(plan_id)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)


def update_after_pinning(context: SlackContext, pinned: NewPins) -> None:
    """Updates the messages of the plan's new version, if there is one, and notifies those who
    approved the old version. If that fails, the worker does it later."""
    if pinned.plan is None:
        return
    update_messages(context, pinned.plan.id)
    try:
        context.plan_messages.notify_approvers(OUTDATED_AT_ONCE)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)


def pins_shown(
    context: SlackContext, repository: RepositoryId, ref: PlanRef, news: str | None = None
) -> PinsShown:
    """The repository's pins for its modal, below the `news`."""
    now = context.clock()
    stored = context.pins.in_force(repository)
    from_settings = [pin for pin in context.file_pins(repository) if pin.protects(now)]
    return PinsShown(ref, repository, stored, from_settings, news)


def approval_answer(plan: PlanRecord, pause: Pause | None, now: datetime) -> MessageContent:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        at = starts(plan.execute_after, pause, now)
        return _message(
            f"Approved. Deletion starts {at}; until then, *Stop* in the channel calls it off."
        )
    return _message("You approved. Others have to approve, too, before anything is deleted.")


def pin_answer(pinned: NewPins, repository: str) -> MessageContent:
    names = codes(pin.pin for pin in pinned.pins)
    until = max((pin.until for pin in pinned.pins if pin.until), default=None)
    lasts = f"until {date(until)}" if until else "without end"
    return _message(f"Pinned {names} in {code(repository)} {lasts}.", *_effects_of_pinning(pinned))


def unpin_answer(texts: Iterable[str], repository: str) -> MessageContent:
    return _message(
        f"Unpinned {codes(texts)} in {code(repository)}. Plans that are open keep what it kept; "
        "the next one is made without it."
    )


def stop_answer(plan: PlanRecord) -> MessageContent:
    name = code(plan.repository.name)
    if plan.state is PlanState.EXECUTING:
        return _message(
            f"Stopping what is being deleted in {name}: it ends after the batches in flight."
        )
    return _message(
        f"Stopped: nothing was deleted in {name}. Plan {plan.id} is proposed again, and has to be "
        "approved anew."
    )


def resume_answer(ended: Pause) -> MessageContent:
    return _message(
        f"Resumed: {mention(ended.by)} had paused ecr-clean {date(ended.at)}. Deletions may begin "
        "again."
    )


def _update_clicked_message(context: SlackContext, click: Click | ClickOnUsage) -> None:
    """Also if the message is not stored, or shows an outdated revision."""
    try:
        known = context.store.message(click.channel_id, click.ts)
        plan_id = known.plan if known else click.ref.plan
        if context.store.plan(plan_id):
            context.plan_messages.update_clicked(plan_id, click.channel_id, click.ts)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)


def _effects_of_pinning(pinned: NewPins) -> Iterator[str]:
    """On the open plan; and pins without an image, which may be mistyped."""
    plan = pinned.plan
    if plan and plan.state is PlanState.EXECUTING:
        yield "It is being deleted from just now: what is not gone yet is spared."
    elif plan:
        yield (
            f"The plan is version {plan.version} now, and deletes {plan.deletions:,} of "
            f"{count(plan.manifests, 'manifest')}."
        )
    if pinned.idle:
        yield (
            f"{codes(pinned.idle)} fits no image that was seen there last, so it protects nothing "
            "now."
        )


def _message(*sentences: str) -> MessageContent:
    text = " ".join(sentences)
    return MessageContent(text, [section(text)])
