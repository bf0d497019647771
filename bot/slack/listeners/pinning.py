"""What modals show of a repository's pins, and what messages show once they changed."""

import logging

from bot.core.errors import ServiceError
from bot.core.repository import RepositoryId
from bot.slack.blocks.pins import PinsShown
from bot.slack.desk import Desk
from bot.slack.ids import PlanRef
from bot.slack.listeners.deeds import follow
from bot.usecases.pin import Pinned

OUTDATED_AT_ONCE = 5

_log = logging.getLogger(__name__)


def pins_shown(
    desk: Desk, repository: RepositoryId, ref: PlanRef, news: str | None = None
) -> PinsShown:
    now = desk.clock()
    stored = desk.unpinner.in_force(repository)
    settled = [pin for pin in desk.file_pins(repository) if pin.protects(now)]
    return PinsShown(ref, repository, stored, settled, news)


def follow_pins(desk: Desk, made: Pinned) -> None:
    """Messages show the new version, and whoever approved the old one gets to know it. What fails
    is done by the next sweep."""
    if made.plan is None:
        return
    follow(desk, made.plan.id)
    try:
        desk.board.tell_outdated(OUTDATED_AT_ONCE)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)
