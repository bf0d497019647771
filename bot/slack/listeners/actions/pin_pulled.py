"""Pin for 30 days: what was pulled lately stays, although nothing known uses it."""

from bot.slack.blocks.report import PIN_LASTS
from bot.slack.desk import Desk
from bot.slack.listeners.answering import answer
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.pinning import follow_pins
from bot.slack.listeners.wording import pinned
from bot.slack.payloads import Click


def pin_pulled(desk: Desk, click: Click) -> None:
    """Whatever became of the report meanwhile: a pin only ever keeps more."""
    with deed(desk, click):
        plan = desk.plan(click.ref.plan)
        made = desk.pinner.pin(
            plan.repository,
            [click.ref.detail],
            desk.person(click.sender),
            f"pulled lately, says the report on plan {plan.id}, version {click.ref.version}",
            desk.clock() + PIN_LASTS,
        )
        answer(desk, click.sender, pinned(made, plan.repository.name))
        follow_pins(desk, made)
