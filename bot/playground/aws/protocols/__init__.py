"""The wire protocols, by the name that botocore's models give them."""

from bot.playground.aws.protocols.base import Protocol, Request, WireError
from bot.playground.aws.protocols.ec2 import Ec2Protocol
from bot.playground.aws.protocols.json import JsonProtocol
from bot.playground.aws.protocols.query import QueryProtocol
from bot.playground.aws.protocols.rest_json import RestJsonProtocol

PROTOCOLS: dict[str, Protocol] = {
    "ec2": Ec2Protocol(),
    "json": JsonProtocol(),
    "query": QueryProtocol(),
    "rest-json": RestJsonProtocol(),
}

__all__ = ["PROTOCOLS", "Protocol", "Request", "WireError"]
