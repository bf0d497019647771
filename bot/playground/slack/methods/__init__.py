"""The Web API's methods; what is not here is unknown."""

from bot.playground.slack.methods import apps, chat, conversations, files, people, views
from bot.playground.slack.methods.registry import METHODS, Ask, Method

__all__ = [
    "METHODS",
    "Ask",
    "Method",
    "apps",
    "chat",
    "conversations",
    "files",
    "people",
    "views",
]
