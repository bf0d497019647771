"""Checks commands of the AWS CLI against botocore's models of the services."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import botocore.session
import jmespath
from botocore import xform_name
from botocore.validate import ParamValidator

from tests.deploy.page_walk import ROOT, Call


@dataclass(frozen=True, slots=True)
class OwnCommand:
    """`words`: the number of arguments that are no options."""

    options: frozenset[str]
    words: int = 0


GLOBAL = {"profile", "query", "output"}
OWN_COMMANDS: Mapping[tuple[str, ...], OwnCommand] = {
    ("cloudformation", "deploy"): OwnCommand(
        frozenset({"stack-name", "template-file", "parameter-overrides", "capabilities"})
    ),
    ("ecr", "get-login-password"): OwnCommand(frozenset()),
    ("logs", "tail"): OwnCommand(frozenset({"log-stream-names"}), words=1),
}
"""Commands that the CLI has besides the operations of the services, with the options in use. See
the command reference of AWS CLI 2."""

Options = Mapping[str, Sequence[str]]


def check_aws(call: Call) -> None:
    """Raises AssertionError."""
    names = _names(call)
    options = _options(call.arguments[len(names) :], call)
    for query in options.get("query", ()):
        jmespath.compile(query)
    given = {name: values for name, values in options.items() if name not in GLOBAL}
    if own := OWN_COMMANDS.get(names[:2]):
        assert given.keys() <= own.options, call
        assert len(names) == 2 + own.words, call
        for (value,) in (values for values in given.values() if len(values) == 1):
            content(value, call)
    else:
        _check_operation(_operation(names, call), given, call)


def option(call: Call, name: str) -> str:
    (value,) = _options(call.arguments[len(_names(call)) :], call)[name]
    return value


def content(value: str, call: Call) -> str:
    """Of the file, if the value names one."""
    if value == "file:///dev/stdin":
        assert call.piped, f"nothing is piped into: {call}"
        return call.piped
    return (ROOT / value.removeprefix("file://")).read_text() if value[:7] == "file://" else value


def _names(call: Call) -> tuple[str, ...]:
    """The words before the first option."""
    count = next((n for n, each in enumerate(call.arguments) if each[:2] == "--"), None)
    return tuple(call.arguments[:count])


def _options(arguments: Sequence[str], call: Call) -> Options:
    found: dict[str, list[str]] = {}
    for each in arguments:
        if each.startswith("--"):
            assert each[2:] not in found, f"{each} twice: {call}"
            current = found.setdefault(each[2:], [])
        else:
            current.append(each)
    return found


def _operation(names: Sequence[str], call: Call) -> Any:
    session = botocore.session.get_session()
    service, *command = names
    assert service in session.get_available_services(), call
    if command[0] == "wait":
        waiters = session.get_waiter_model(service)
        by_name = {xform_name(each, "-"): each for each in waiters.waiter_names}
        return _model(service).operation_model(waiters.get_waiter(by_name[command[1]]).operation)
    (name,) = command
    by_name = {xform_name(each, "-"): each for each in _model(service).operation_names}
    assert name in by_name, f"no such operation: {call}"
    return _model(service).operation_model(by_name[name])


@cache
def _model(service: str) -> Any:
    return botocore.session.get_session().get_service_model(service)


def _check_operation(operation: Any, given: Options, call: Call) -> None:
    shape = operation.input_shape
    members = {xform_name(name, "-"): name for name in (shape.members if shape else ())}
    assert given.keys() <= members.keys(), f"unknown option: {call}"
    parameters = {
        members[name]: _value(values, shape.members[members[name]], call)
        for name, values in given.items()
    }
    if shape:
        report = ParamValidator().validate(parameters, shape)
        assert not report.has_errors(), f"{call}: {report.generate_report()}"
        assert not list(_unknown_values(parameters, shape)), call


def _value(values: Sequence[str], shape: Any, call: Call) -> Any:
    """As the CLI reads it: JSON, shorthand syntax, or text."""
    if shape.type_name == "boolean":
        assert values == [], call
        return True
    if shape.type_name == "list" and shape.member.type_name == "string":
        return values
    (value,) = values
    text = content(value, call)
    if value.endswith(".json") or text[:1] in ("{", "["):
        read = json.loads(text)
        return text if shape.type_name == "string" else read
    return _shorthand(text, shape) if shape.type_name == "structure" else text


def _shorthand(text: str, shape: Any) -> Any:
    """`Key=value,Key=value`, with one value for each key."""
    read: dict[str, Any] = {}
    for key, value in re.findall(r"(\w+)=([^,]*)", text):
        kind = shape.members[key].type_name
        read[key] = [value] if kind == "list" else value == "true" if kind == "boolean" else value
    return read


def _unknown_values(value: Any, shape: Any) -> Iterator[str]:
    """Values that are not among those that the model lists."""
    match value:
        case dict() if shape.type_name == "structure":
            for key, each in value.items():
                yield from _unknown_values(each, shape.members[key])
        case list():
            for each in value:
                yield from _unknown_values(each, shape.member)
        case str() if getattr(shape, "enum", None) and value not in shape.enum:
            yield value
        case _:
            return
