"""`/ecr-clean pin REPOSITORY TAG… [for 30d | until 2026-12-31] because REASON`."""

from bot.core.errors import RequestError
from bot.slack.ids import COMMAND
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import read_pin
from bot.slack.listeners.pinning import follow_pins
from bot.slack.listeners.wording import pinned
from bot.slack.wording import shortened

MOST_IN_HINT = 200


def pin(asked: Asked) -> None:
    context = asked.context
    read = read_pin(asked.line, context.clock())
    if not read.reason:
        written = shortened(asked.line.text.strip(), MOST_IN_HINT)
        raise RequestError(
            "A pin needs a reason, so that others know when it may go: "
            f"`{COMMAND} {written} because …`"
        )
    repository = asked.find(read.repository)
    made = context.pins.pin(repository, read.pins, asked.person, read.reason, read.until)
    asked.answer(pinned(made, repository.name))
    follow_pins(context, made)
