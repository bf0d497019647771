"""That is right: somebody confirms how few workloads a source of usage lists."""

from bot.slack.desk import Desk
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.reports import replan
from bot.slack.payloads import ClickOnUsage
from bot.usecases import confirm_usage as use_case


def confirm_usage(desk: Desk, click: ClickOnUsage) -> None:
    """The number that the button showed. Another one is true by now: it is refused."""
    with deed(desk, click):
        ref, person = click.ref, desk.person(click.sender)
        witness = use_case.Witness(desk.store, person, desk.general_rules, desk.clock())
        with desk.open_usage_memory() as memory:
            use_case.confirm_usage(memory, ref.source, ref.scope, ref.workloads, witness)
        replan(desk, click, person)
