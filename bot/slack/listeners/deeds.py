"""What people do with a plan, and what its messages show afterwards."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bot.core.errors import RequestError, ServiceError
from bot.slack.blocks import refused
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.payloads import Click, ClickOnUsage

_log = logging.getLogger(__name__)


@contextmanager
def deed(context: SlackContext, click: Click | ClickOnUsage) -> Iterator[None]:
    """Whoever is refused gets to know why, and the message that let them click shows what is
    stored."""
    try:
        yield
    except RequestError as error:
        answer(context, click.sender, refused(error))
        _show_again(context, click)
    except ServiceError:
        _show_again(context, click)
        raise
    else:
        follow(context, click.ref.plan)


def follow(context: SlackContext, plan_id: str) -> None:
    """What cannot be shown now is behind, and some sweep shows it later."""
    try:
        context.plan_messages.refresh(plan_id)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)


def _show_again(context: SlackContext, click: Click | ClickOnUsage) -> None:
    """Also if nobody knew of the message, or it shows what was stored long ago."""
    try:
        known = context.store.message(click.channel_id, click.ts)
        plan_id = known.plan if known else click.ref.plan
        if context.store.plan(plan_id):
            context.plan_messages.notice(plan_id, click.channel_id, click.ts)
    except ServiceError as error:
        _log.warning("%s; it is tried again", error)
