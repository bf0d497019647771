"""Pin tags…: what to keep in the repository of a report, and what is kept already."""

from bot.slack.blocks.pins import pinning_view
from bot.slack.context import SlackContext
from bot.slack.ids import PlanRef
from bot.slack.listeners.pinning import pins_shown
from bot.slack.listeners.windows import open_window, telling
from bot.slack.payloads import Click


def pin_tags(context: SlackContext, click: Click) -> None:
    """Anybody who sees the message may look; whoever pins is looked at then."""
    window = open_window(context, click.trigger_id)
    with telling(window, click.sender):
        plan = context.plan(click.ref.plan)
        ref = PlanRef(plan.id, plan.version, click.channel_id)
        window.show(pinning_view(pins_shown(context, plan.repository, ref)))
