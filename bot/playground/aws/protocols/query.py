"""The query protocol: a form in, XML out (STS)."""

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import Dialect, Request, WireError

_NUMBERS = {"integer", "long"}


class QueryProtocol:
    content_type = "text/xml"
    dialect = Dialect(
        unknown_key=AwsError(
            "InvalidClientTokenId", "The security token included in the request is invalid.", 403
        ),
        expired=AwsError(
            "ExpiredToken", "The security token included in the request is expired", 403
        ),
        denied="AccessDenied",
        denied_status=403,
        malformed="MalformedQueryString",
    )

    def operation_name(self, model: ServiceModel, request: Request) -> str:
        form = _form(request)
        if form.get("Version") != model.api_version or not form.get("Action"):
            raise WireError(f"the form names no Action of {model.service_name}'s version")
        return form["Action"]

    def params(self, operation: OperationModel, request: Request) -> dict[str, Any]:
        form = _form(request)
        del form["Action"], form["Version"]
        params = _read(operation.input_shape, form, "") if operation.input_shape else {}
        if form:
            raise WireError(f"{operation.name} has no parameter {', '.join(sorted(form))}")
        return dict(params or {})

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        shape = operation.output_shape
        assert shape is not None
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        namespace = operation.service_model.metadata["xmlNamespace"]
        result = _element(wrapper, "".join(_members(shape, answer)))
        metadata = _element("ResponseMetadata", _element("RequestId", request_id))
        return (
            f'<{operation.name}Response xmlns="{namespace}">{result}{metadata}'
            f"</{operation.name}Response>"
        ).encode()

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        about = "".join(
            (
                _element("Type", "Sender"),
                _element("Code", escape(error.code)),
                _element("Message", escape(error.message)),
            )
        )
        content = _element("Error", about) + _element("RequestId", request_id)
        return _element("ErrorResponse", content).encode()


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _read(shape: Shape, form: dict[str, str], prefix: str) -> Any:
    """Takes the value of `shape` out of the form; None if it is not there."""
    if isinstance(shape, StructureShape):
        return _read_structure(shape, form, prefix)
    if isinstance(shape, ListShape):
        return _read_list(shape, form, prefix)
    text = form.pop(prefix, None)
    return int(text) if text is not None and shape.type_name in _NUMBERS else text


def _read_structure(
    shape: StructureShape, form: dict[str, str], prefix: str
) -> dict[str, Any] | None:
    read = {
        name: _read(member, form, f"{prefix}.{name}" if prefix else name)
        for name, member in shape.members.items()
    }
    return {name: value for name, value in read.items() if value is not None} or None


def _read_list(shape: ListShape, form: dict[str, str], prefix: str) -> list[Any] | None:
    entries: list[Any] = []
    while (entry := _read(shape.member, form, f"{prefix}.member.{len(entries) + 1}")) is not None:
        entries.append(entry)
    return entries or None


def _members(shape: Shape, value: Mapping[str, Any]) -> Iterator[str]:
    assert isinstance(shape, StructureShape)
    for name, member in value.items():
        if member is not None:
            yield _element(name, _content(shape.members[name], member))


def _content(shape: Shape, value: Any) -> str:
    if isinstance(shape, StructureShape):
        return "".join(_members(shape, value))
    if isinstance(shape, ListShape):
        return "".join(_element("member", _content(shape.member, entry)) for entry in value)
    if shape.type_name == "timestamp":
        return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
    return escape(str(value))


def _element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"
