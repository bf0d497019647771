"""Show images: every manifest with its verdict, in the version that the message shows."""

from bot.slack.blocks import images_view
from bot.slack.context import SlackContext
from bot.slack.listeners.windows import open_window, telling
from bot.slack.payloads import Click


def show_images(context: SlackContext, click: Click) -> None:
    """Anybody who sees the message may look."""
    window = open_window(context, click.trigger_id)
    with telling(window, click.sender):
        plan = context.plan(click.ref.plan)
        window.show(images_view(context.content(plan.id, click.ref.version), 0, click.ref))
