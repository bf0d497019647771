"""Pin for 30 days: what was pulled lately stays, although nothing known uses it."""

from bot.slack.blocks.report import PIN_LASTS
from bot.slack.context import SlackContext
from bot.slack.listener import answer
from bot.slack.listeners.deeds import deed
from bot.slack.listeners.pinning import follow_pins
from bot.slack.listeners.wording import pinned
from bot.slack.payloads import Click


def pin_pulled(context: SlackContext, click: Click) -> None:
    """Whatever became of the report meanwhile: a pin only ever keeps more."""
    with deed(context, click):
        plan = context.plan(click.ref.plan)
        made = context.pins.pin(
            plan.repository,
            [click.ref.detail],
            context.person(click.sender),
            f"pulled lately, says the report on plan {plan.id}, version {click.ref.version}",
            context.clock() + PIN_LASTS,
        )
        answer(context, click.sender, pinned(made, plan.repository.name))
        follow_pins(context, made)
