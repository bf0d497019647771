"""The query protocol of STS: forms in requests, XML in answers. EC2 has a variant."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape

from botocore.model import ListShape, OperationModel, ServiceModel, Shape, StructureShape

from bot.playground.aws.errors import AwsError
from bot.playground.aws.protocols.base import AwsRequest, ProtocolError, ProtocolErrorCodes

_NUMBERS = {"integer", "long"}


class QueryProtocol:
    errors = ProtocolErrorCodes(
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

    def operation_name(self, model: ServiceModel, request: AwsRequest) -> str:
        form = _form(request)
        if form.get("Version") != model.api_version or not form.get("Action"):
            raise ProtocolError(f"the form has no Action of {model.service_name}'s version")
        return form["Action"]

    def params(self, operation: OperationModel, request: AwsRequest) -> dict[str, Any]:
        form = _form(request)
        del form["Action"], form["Version"]
        params = self._read(operation.input_shape, form, "") if operation.input_shape else {}
        if form:
            raise ProtocolError(f"{operation.name} has no parameter {', '.join(sorted(form))}")
        return dict(params or {})

    def render(
        self, operation: OperationModel, answer: Mapping[str, Any], request_id: str
    ) -> bytes:
        shape = operation.output_shape
        assert shape is not None
        wrapper = shape.serialization.get("resultWrapper", f"{operation.name}Result")
        namespace = operation.service_model.metadata["xmlNamespace"]
        result = element(wrapper, self.members(shape, answer))
        metadata = element("ResponseMetadata", element("RequestId", request_id))
        return (
            f'<{operation.name}Response xmlns="{namespace}">{result}{metadata}'
            f"</{operation.name}Response>"
        ).encode()

    def render_error(self, error: AwsError, request_id: str) -> bytes:
        about = "".join(
            (
                element("Type", "Sender"),
                element("Code", escape(error.code)),
                element("Message", escape(error.message)),
            )
        )
        content = element("Error", about) + element("RequestId", request_id)
        return element("ErrorResponse", content).encode()

    def write(self, content: Mapping[str, Any]) -> bytes:
        return _elements(content).encode()

    def headers(self, error: str | None) -> dict[str, str]:
        del error
        return {"content-type": "text/xml"}

    def request_name(self, name: str, shape: Shape) -> str:
        """The name of a member in requests."""
        del shape
        return name

    def entry_path(self, prefix: str, number: int) -> str:
        """The name of a list entry in requests."""
        return f"{prefix}.member.{number}"

    def answer_name(self, name: str, shape: Shape) -> str:
        """The name of a member or list entry in answers."""
        del shape
        return name

    def members(self, shape: Shape, value: Mapping[str, Any]) -> str:
        assert isinstance(shape, StructureShape)
        return "".join(
            element(
                self.answer_name(name, shape.members[name]), self._content(shape.members[name], one)
            )
            for name, one in value.items()
            if one is not None
        )

    def _content(self, shape: Shape, value: Any) -> str:
        if isinstance(shape, StructureShape):
            return self.members(shape, value)
        if isinstance(shape, ListShape):
            name = self.answer_name("member", shape.member)
            return "".join(element(name, self._content(shape.member, entry)) for entry in value)
        if shape.type_name == "timestamp":
            return str(value.strftime("%Y-%m-%dT%H:%M:%SZ"))
        return escape(str(value))

    def _read(self, shape: Shape, form: dict[str, str], prefix: str) -> Any:
        """Removes the value of `shape` from the form and returns it; None if missing."""
        if isinstance(shape, StructureShape):
            return self._read_structure(shape, form, prefix)
        if isinstance(shape, ListShape):
            return self._read_list(shape, form, prefix)
        text = form.pop(prefix, None)
        return text if text is None else _typed(shape, text)

    def _read_structure(
        self, shape: StructureShape, form: dict[str, str], prefix: str
    ) -> dict[str, Any] | None:
        read = {
            name: self._read(member, form, _join(prefix, self.request_name(name, member)))
            for name, member in shape.members.items()
        }
        return {name: value for name, value in read.items() if value is not None} or None

    def _read_list(self, shape: ListShape, form: dict[str, str], prefix: str) -> list[Any] | None:
        cached_entry: list[Any] = []
        while (
            entry := self._read(shape.member, form, self.entry_path(prefix, len(cached_entry) + 1))
        ) is not None:
            cached_entry.append(entry)
        return cached_entry or None


def _form(request: AwsRequest) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(), keep_blank_values=True))


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _typed(shape: Shape, text: str) -> Any:
    if shape.type_name == "boolean":
        return text == "true"
    return int(text) if shape.type_name in _NUMBERS else text


def _elements(content: Any) -> str:
    """Text or named elements. A list is a repeated element."""
    if not isinstance(content, Mapping):
        return escape(str(content))
    return "".join(
        element(name, _elements(entry))
        for name, each in content.items()
        for entry in (each if isinstance(each, list) else [each])
    )


def element(name: str, content: str) -> str:
    return f"<{name}>{content}</{name}>"
