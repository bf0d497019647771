"""That is right: somebody gives their word that a source of usage lists so little."""

from bot.core.usage import Look
from bot.slack.desk import Desk
from bot.slack.listeners.boundary import MisfitError
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.reports import replan
from bot.slack.payloads import Click
from bot.usecases import confirm_usage as use_case


def confirm_usage(desk: Desk, click: Click) -> None:
    with deed(desk, click):
        look = _look(desk, click)
        person = desk.person(click.sender)
        witness = use_case.Witness(desk.store, person, desk.general_rules, desk.clock())
        with desk.open_usage_memory() as memory:
            use_case.confirm_usage(memory, look.source, look.scope, witness)
        replan(desk, click, person)


def _look(desk: Desk, click: Click) -> Look:
    """The button carries its place among the looks of the plan."""
    plan, detail = desk.plan(click.ref.plan), click.ref.detail
    looks = desk.content(plan.id, click.ref.version).usage.looks
    if not detail.isdecimal() or int(detail) >= len(looks):
        raise MisfitError
    return looks[int(detail)]
