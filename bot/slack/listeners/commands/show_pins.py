"""`/ecr-clean pins REPOSITORY`."""

from bot.slack.blocks.pinned import PinnedView, pinned_message
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, as_repository


def show_pins(asked: Asked) -> None:
    (name,) = arguments(asked.line, 1, 1)
    repository = asked.find(as_repository(name))
    context = asked.context
    now = context.clock()
    pins = context.pins.in_force(repository)
    settled = [pin for pin in context.file_pins(repository) if pin.protects(now)]
    asked.answer(pinned_message(PinnedView(repository, pins, settled)))
