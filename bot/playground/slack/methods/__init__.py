"""The methods of the Web API that the stand-in supports."""

from bot.playground.slack.methods import apps, chat, conversations, files, users, views
from bot.playground.slack.methods.registry import METHODS, MethodCall, WebApiMethod

__all__ = [
    "METHODS",
    "MethodCall",
    "WebApiMethod",
    "apps",
    "chat",
    "conversations",
    "files",
    "users",
    "views",
]
