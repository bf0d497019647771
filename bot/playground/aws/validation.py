"""Checks requests and answers against botocore's model of a service.

botocore checks required members, types and minimums before it sends. Like the services, this module
also checks maximums, enumerations and patterns.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape
from botocore.validate import ParamValidator

from bot.playground.aws.errors import StandInBugError

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (int, float, str, datetime),
    "blob": (str, bytes),
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
}
_MEASURED_BY_LENGTH = {"string", "list", "map", "blob"}


@dataclass(frozen=True)
class ModelViolation:
    """A violation of the model."""

    path: str
    value: Any
    constraint: str
    wrong_type: bool = False

    @property
    def sentence(self) -> str:
        """The text of most services, with members in lower camel case."""
        member = self.path[:1].lower() + self.path[1:]
        return (
            f"1 validation error detected: Value '{self.value}' at '{member}' failed to satisfy "
            f"constraint: {self.constraint}"
        )


def violations(shape: Shape, value: Any, path: str = "") -> Iterator[ModelViolation]:
    """All violations of `shape` in `value`, outermost first."""
    if not _has_type(shape, value):
        yield ModelViolation(
            path, value, f"Member must be of type {shape.type_name}", wrong_type=True
        )
        return
    yield from _limit_violations(shape, value, path)
    yield from _pattern_violations(shape, value, path)
    yield from _inner_violations(shape, value, path)


def check_answer(shape: Shape, answer: Mapping[str, Any]) -> None:
    """Raises StandInBugError for an answer that AWS could not give. Times are datetimes here.

    Members that are None count as missing. Optional empty lists are not checked: ECR answers
    `imageIds: []` and `failures: []` although its model requires at least one entry.
    """
    assert isinstance(shape, StructureShape)
    filled = {
        name: value
        for name, value in without_none(answer).items()
        if value != [] or name in shape.required_members
    }
    report = ParamValidator().validate(filled, shape)
    if report.has_errors():
        raise StandInBugError(f"{shape.name}: {report.generate_report()}")
    for found in _enum_and_pattern_violations(shape, filled):
        raise StandInBugError(f"{shape.name}.{found.path}: {found.constraint}")


def without_none(value: Any) -> Any:
    """The value without None members."""
    if isinstance(value, Mapping):
        return {name: without_none(member) for name, member in value.items() if member is not None}
    if isinstance(value, list):
        return [without_none(entry) for entry in value]
    return value


def _has_type(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool) and shape.type_name != "boolean":
        return False
    return isinstance(value, _TYPES[shape.type_name])


def _limit_violations(shape: Shape, value: Any, path: str) -> Iterator[ModelViolation]:
    by_length = shape.type_name in _MEASURED_BY_LENGTH
    size, measure = (len(value), "length") if by_length else (value, "value")
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield ModelViolation(
            path, value, f"Member must have {measure} greater than or equal to {least}"
        )
    if most is not None and size > most:
        yield ModelViolation(
            path, value, f"Member must have {measure} less than or equal to {most}"
        )


def _pattern_violations(shape: Shape, value: Any, path: str) -> Iterator[ModelViolation]:
    if shape.type_name != "string":
        return
    if allowed := shape.metadata.get("enum"):
        if value not in allowed:
            yield ModelViolation(
                path, value, f"Member must satisfy enum value set: [{', '.join(allowed)}]"
            )
        return
    pattern = shape.metadata.get("pattern")
    if pattern and (expression := _compiled(pattern)) and not expression.fullmatch(value):
        yield ModelViolation(
            path, value, f"Member must satisfy regular expression pattern: {pattern}"
        )


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """The compiled pattern; None for the few with Java's Unicode classes."""
    try:
        return re.compile(pattern)
    except re.error:
        return None


def _inner_violations(shape: Shape, value: Any, path: str) -> Iterator[ModelViolation]:
    if isinstance(shape, StructureShape):
        yield from _violations_of_members(shape, value, path)
    elif isinstance(shape, ListShape):
        for number, entry in enumerate(value, start=1):
            yield from violations(shape.member, entry, f"{path}.{number}.member")
    elif isinstance(shape, MapShape):
        for key, entry in value.items():
            yield from violations(shape.key, key, f"{path}.{key}.key")
            yield from violations(shape.value, entry, f"{path}.{key}.value")


def _violations_of_members(
    shape: StructureShape, value: Any, path: str
) -> Iterator[ModelViolation]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield ModelViolation(_join(path, name), None, "Member must not be null")
    for name, entry in value.items():
        if name not in shape.members:
            yield ModelViolation(_join(path, name), entry, "Member is not known to this operation")
        elif entry is not None:
            yield from violations(shape.members[name], entry, _join(path, name))


def _enum_and_pattern_violations(shape: Shape, answer: Any) -> Iterator[ModelViolation]:
    """Violations of enumerations and patterns, which botocore does not check."""
    return (
        found
        for found in violations(shape, answer)
        if "enum value set" in found.constraint or "regular expression" in found.constraint
    )


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
