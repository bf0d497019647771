"""Socket Mode."""

from bot.playground.slack.socket.hub import Ack, Hub, Trouble

__all__ = ["Ack", "Hub", "Trouble"]
