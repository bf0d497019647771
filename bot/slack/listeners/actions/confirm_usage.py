"""That is right: somebody confirms how few workloads a source of usage lists."""

from bot.slack.context import SlackContext
from bot.slack.listeners.deeds import deed
from bot.slack.payloads import ClickOnUsage
from bot.slack.requested_reports import request_new_plan
from bot.usecases import confirm_usage as use_case


def confirm_usage(context: SlackContext, click: ClickOnUsage) -> None:
    """The number that the button showed. Another one is true by now: it is refused."""
    with deed(context, click):
        ref, person = click.ref, context.person(click.sender)
        witness = use_case.Witness(context.store, person, context.general_rules, context.clock())
        with context.open_usage_memory() as memory:
            use_case.confirm_usage(memory, ref.source, ref.scope, ref.workloads, witness)
        request_new_plan(context, click, person)
