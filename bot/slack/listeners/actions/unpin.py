"""Unpin: the pin's owner and approvers may, in the modal of a repository's pins."""

from bot.core.errors import RequestError
from bot.slack.api import MessageContent
from bot.slack.blocks import refused
from bot.slack.blocks.pins import pinning_view
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.listeners.pinning import pins_shown
from bot.slack.listeners.windows import Window, telling
from bot.slack.listeners.wording import unpinned
from bot.slack.payloads import ClickOnPin


def unpin(context: SlackContext, click: ClickOnPin) -> None:
    window = Window(context, click.view.id)
    with telling(window, click.sender):
        told = _tried(context, click)
        ref = click.view.private_metadata
        shown = pins_shown(context, click.ref.repository, ref, told.text)
        if not window.show(pinning_view(shown)):
            answer(context, click.sender, told)


def _tried(context: SlackContext, click: ClickOnPin) -> MessageContent:
    """What is refused is told above what is pinned still."""
    repository, text = click.ref.repository, click.ref.pin
    try:
        context.pins.unpin(repository, [text], context.person(click.sender))
    except RequestError as error:
        return refused(error)
    return unpinned([text], repository.name)
