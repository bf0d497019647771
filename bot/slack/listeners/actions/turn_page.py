"""Another page of the images."""

from bot.slack.blocks import images_view
from bot.slack.desk import Desk
from bot.slack.ids import PlanRef
from bot.slack.listeners.boundary import MisfitError
from bot.slack.listeners.windows import Window, telling
from bot.slack.payloads import ClickInModal


def turn_page(desk: Desk, click: ClickInModal) -> None:
    ref = click.ref
    if not ref.detail.isdecimal():
        raise MisfitError
    window = Window(desk, click.view.id)
    with telling(window, click.sender):
        content = desk.content(desk.plan(ref.plan).id, ref.version)
        window.show(images_view(content, int(ref.detail), PlanRef(ref.plan, ref.version)))
