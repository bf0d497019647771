"""Socket Mode."""

from bot.playground.slack.socket_mode.server import (
    Acknowledgement,
    DeliveryFailure,
    SocketModeServer,
)

__all__ = ["Acknowledgement", "DeliveryFailure", "SocketModeServer"]
