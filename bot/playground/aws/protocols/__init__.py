"""The wire protocols, by their names in botocore's models."""

from botocore.model import ServiceModel

from bot.playground.aws.protocols.base import AwsRequest, ProtocolError, WireProtocol
from bot.playground.aws.protocols.cbor import CborProtocol
from bot.playground.aws.protocols.ec2 import Ec2Protocol
from bot.playground.aws.protocols.json import JsonProtocol
from bot.playground.aws.protocols.query import QueryProtocol
from bot.playground.aws.protocols.rest_json import RestJsonProtocol

_CBOR = "smithy-rpc-v2-cbor"
PROTOCOLS: dict[str, WireProtocol] = {
    _CBOR: CborProtocol(),
    "ec2": Ec2Protocol(),
    "json 1.0": JsonProtocol("1.0"),
    "json 1.1": JsonProtocol("1.1"),
    "query": QueryProtocol(),
    "rest-json": RestJsonProtocol(),
}


def protocol_of(model: ServiceModel, request: AwsRequest) -> WireProtocol:
    """The protocol of a request. Some services support CBOR and another protocol."""
    supported = model.metadata["protocols"]
    if _CBOR in supported and request.headers.get("smithy-protocol"):
        return PROTOCOLS[_CBOR]
    [name] = [each for each in supported if each != _CBOR]
    return PROTOCOLS[f"json {model.metadata['jsonVersion']}" if name == "json" else name]


__all__ = ["PROTOCOLS", "AwsRequest", "ProtocolError", "WireProtocol", "protocol_of"]
