"""What modals show of a repository's pins, and what messages show once they changed."""

import logging

from bot.core.errors import ServiceError
from bot.core.repository import RepositoryId
from bot.slack.blocks.pins import PinsShown
from bot.slack.context import SlackContext
from bot.slack.ids import PlanRef
from bot.slack.listeners.deeds import follow
from bot.usecases.pins import NewPins

OUTDATED_AT_ONCE = 5

_log = logging.getLogger(__name__)


def pins_shown(
    context: SlackContext, repository: RepositoryId, ref: PlanRef, news: str | None = None
) -> PinsShown:
    now = context.clock()
    stored = context.pins.in_force(repository)
    settled = [pin for pin in context.file_pins(repository) if pin.protects(now)]
    return PinsShown(ref, repository, stored, settled, news)


def follow_pins(context: SlackContext, made: NewPins) -> None:
    """Messages show the new version, and whoever approved the old one gets to know it. What fails
    is done by the next sweep."""
    if made.plan is None:
        return
    follow(context, made.plan.id)
    try:
        context.plan_messages.tell_outdated(OUTDATED_AT_ONCE)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)
