"""`/ecr-clean unpin REPOSITORY TAG…`."""

from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import repository_and_names
from bot.slack.listeners.wording import unpinned


def unpin(asked: Asked) -> None:
    """All of them, or none."""
    name, texts = repository_and_names(asked.line)
    repository = asked.find(name)
    asked.context.pins.unpin(repository, texts, asked.person)
    asked.answer(unpinned(texts, repository.name))
