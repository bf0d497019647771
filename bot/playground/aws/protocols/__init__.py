"""The wire protocols, by the name that botocore's models give them.

`rest-json` (Lambda, Scheduler, EKS) will stand here too: it finds the operation by method and
path, and so needs the request's path, which `Request` already carries.
"""

from bot.playground.aws.protocols.base import Protocol, Request, WireError
from bot.playground.aws.protocols.json import JsonProtocol
from bot.playground.aws.protocols.query import QueryProtocol

PROTOCOLS: dict[str, Protocol] = {"json": JsonProtocol(), "query": QueryProtocol()}

__all__ = ["PROTOCOLS", "Protocol", "Request", "WireError"]
