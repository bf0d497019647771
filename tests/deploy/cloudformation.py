"""Fills CloudFormation templates with values, as CloudFormation does.

moto's parser leaves `AWS::NoValue` in lists as null, and cfn-lint resolves no whole template. This
follows CloudFormation's template reference: functions, conditions, rules and parameters.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DEPLOY = Path(__file__).parents[2] / "deploy"
FOLDER, EXAMPLE = DEPLOY / "cloudformation", DEPLOY / "example"
SHARED, STAGING, PRODUCTION = "111111111111", "222222222222", "333333333333"

MAX_INLINE_SIZE = 10_240
"""Characters of all inline policies of a role: IAM user guide, IAM and STS quotas."""

_NO_VALUE = object()
_VARIABLE = re.compile(r"\$\{([^!}][^}]*)\}")


class RejectedError(Exception):
    """CloudFormation would reject the values."""


@dataclass(frozen=True, slots=True)
class Stack:
    """`resources` are those whose conditions hold, with all functions resolved. A reference to a
    resource is its logical name in brackets."""

    resources: Mapping[str, Any]
    outputs: Mapping[str, Any]

    def properties(self, name: str) -> Any:
        return self.resources[name]["Properties"]

    def of_type(self, type_: str) -> Mapping[str, Any]:
        return {
            name: each["Properties"]
            for name, each in self.resources.items()
            if each["Type"] == type_
        }

    def policies(self, role: str) -> Mapping[str, Any]:
        """The role's inline policies by name."""
        found = self.properties(role)["Policies"]
        return {each["PolicyName"]: each["PolicyDocument"] for each in found}


def template_text(name: str) -> str:
    return (FOLDER / f"{name}.yaml").read_text()


def read_template(name: str) -> Any:
    from cfnlint.decode.cfn_yaml import loads  # noqa: PLC0415 - loads slowly, in each test process

    return loads(template_text(name))


def example_parameters(name: str) -> dict[str, str]:
    """The values of a parameter file, as `aws cloudformation deploy` takes it."""
    entries = json.loads((EXAMPLE / f"{name}.json").read_text())
    return {entry["ParameterKey"]: entry["ParameterValue"] for entry in entries}


def fill(name: str, parameters: Mapping[str, str], account: str) -> Stack:
    """The template in eu-west-1 of the account. Raises RejectedError."""
    template = read_template(name)
    filler = _Filler(template, _values(template["Parameters"], parameters), account)
    filler.check_rules()
    return Stack(filler.section("Resources"), filler.section("Outputs"))


def _values(declared: Any, given: Mapping[str, str]) -> dict[str, Any]:
    if unknown := given.keys() - declared.keys():
        raise RejectedError(f"unknown parameters: {unknown}")
    return {name: _value(name, each, given) for name, each in declared.items()}


def _value(name: str, declared: Any, given: Mapping[str, str]) -> Any:
    value = given.get(name, declared.get("Default"))
    if value is None:
        raise RejectedError(f"{name} has no value")
    text = str(value)
    if "AllowedValues" in declared and text not in map(str, declared["AllowedValues"]):
        raise RejectedError(f"{name} has no allowed value: {text}")
    if not re.search(declared.get("AllowedPattern", ""), text):
        raise RejectedError(f"{name} does not match its pattern: {text}")
    if len(text.encode()) > 4096:
        raise RejectedError(f"{name} has over 4,096 bytes")
    return text.split(",") if declared["Type"] == "CommaDelimitedList" else text


class _Filler:
    def __init__(self, template: Any, values: Mapping[str, Any], account: str) -> None:
        self._template = template
        pseudo = {
            "AWS::AccountId": account,
            "AWS::Partition": "aws",
            "AWS::Region": "eu-west-1",
            "AWS::StackName": "ecr-clean",
            "AWS::NoValue": _NO_VALUE,
        }
        self._values = {**pseudo, **values}
        self._functions: Mapping[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::GetAtt": self._get_att,
            "Fn::If": self._if,
            "Fn::Join": self._join,
            "Fn::Select": self._select,
            "Fn::Split": self._split,
            "Fn::Sub": self._sub,
        }

    def check_rules(self) -> None:
        for rule in self._template.get("Rules", {}).values():
            for assertion in rule["Assertions"]:
                if not self._holds(assertion["Assert"]):
                    raise RejectedError(assertion["AssertDescription"])

    def section(self, name: str) -> dict[str, Any]:
        return {
            key: self._filled(each)
            for key, each in self._template[name].items()
            if self._has_place(each)
        }

    def _has_place(self, each: Any) -> bool:
        return "Condition" not in each or self._condition(each["Condition"])

    def _condition(self, name: str) -> bool:
        return self._holds(self._template["Conditions"][name])

    def _holds(self, test: Any) -> bool:
        ((function, of),) = test.items()
        match function:
            case "Condition":
                return self._condition(of)
            case "Fn::Equals":
                left, right = (str(self._filled(side)) for side in of)
                return left == right
            case "Fn::Not":
                return not self._holds(of[0])
            case "Fn::And":
                return all(self._holds(each) for each in of)
            case "Fn::Or":
                return any(self._holds(each) for each in of)
            case _:
                raise NotImplementedError(function)

    def _filled(self, node: Any) -> Any:
        match node:
            case dict() if len(node) == 1 and (function := self._functions.get(next(iter(node)))):
                return function(*node.values())
            case dict():
                filled = {key: self._filled(each) for key, each in node.items()}
                return {key: each for key, each in filled.items() if each is not _NO_VALUE}
            case list():
                return [each for each in map(self._filled, node) if each is not _NO_VALUE]
            case _:
                return node

    def _ref(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        resource = self._template["Resources"][name]
        if not self._has_place(resource):
            raise RejectedError(f"unresolved dependency: {name}")
        return f"[{name}]"

    def _get_att(self, of: Any) -> str:
        name, *attribute = of.split(".") if isinstance(of, str) else of
        return f"{self._ref(name)}.{'.'.join(attribute)}"

    def _if(self, of: Any) -> Any:
        condition, then, otherwise = of
        return self._filled(then if self._condition(condition) else otherwise)

    def _join(self, of: Any) -> str:
        delimiter, parts = of
        return str(delimiter).join(self._filled(parts))

    def _select(self, of: Any) -> Any:
        index, parts = of
        return self._filled(parts)[index]

    def _split(self, of: Any) -> list[str]:
        delimiter, text = of
        return str(self._filled(text)).split(delimiter)

    def _sub(self, text: str) -> str:
        return _VARIABLE.sub(lambda found: self._variable(found[1]), text)

    def _variable(self, name: str) -> str:
        return str(self._get_att(name) if "." in name else self._ref(name))
