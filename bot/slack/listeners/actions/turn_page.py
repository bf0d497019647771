"""Another page of the images."""

from bot.slack.blocks import images_view
from bot.slack.context import SlackContext
from bot.slack.ids import PlanRef
from bot.slack.listener import UnexpectedPayloadError
from bot.slack.listeners.windows import Window, telling
from bot.slack.payloads import ClickInModal


def turn_page(context: SlackContext, click: ClickInModal) -> None:
    ref = click.ref
    if not ref.detail.isdecimal():
        raise UnexpectedPayloadError
    window = Window(context, click.view.id)
    with telling(window, click.sender):
        content = context.content(context.plan(ref.plan).id, ref.version)
        window.show(images_view(content, int(ref.detail), PlanRef(ref.plan, ref.version)))
