"""That is right: somebody confirms how few workloads a source of usage lists."""

from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import ClickOnUsage
from bot.slack.requested_reports import request_new_plan


def confirm_usage(context: SlackContext, click: ClickOnUsage) -> None:
    """The number that the button showed. Another one is true by now: it is refused."""
    with deed(context, click):
        ref, person = click.ref, context.person(click.sender)
        with context.open_usage_memory() as memory:
            decide = context.decisions.confirm_usage
            decide(memory, ref.source, ref.scope, ref.workloads, person)
        request_new_plan(context, click, person)
