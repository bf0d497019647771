"""Rules for strings, numbers, arrays and objects, from which the Block Kit rules are built.

The texts of problems are Slack's, as in `response_metadata.messages`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from bot.playground.slack.blocks.problems import BlockProblems, BlockRule

BOTH = ("plain_text", "mrkdwn")
PLAIN = ("plain_text",)


def string(most: int, least: int = 1) -> BlockRule:
    """Between `least` and `most` characters."""

    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if not isinstance(value, str):
            problems.add(at, "must be a string")
        else:
            _check_length(value, least, most, at, problems)

    return check


def _check_length(value: str, least: int, most: int, at: str, problems: BlockProblems) -> None:
    if len(value) > most:
        problems.add(at, f"must be less than {most + 1} characters")
    if len(value) < least:
        problems.add(at, f"must be more than {least - 1} characters")


def text(most: int, kinds: Collection[str] = BOTH) -> BlockRule:
    """A text object of one of these kinds, with 1 to `most` characters."""

    def check(value: Any, at: str, problems: BlockProblems) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in kinds:
            problems.add(at, f"must be a text object of type {' or '.join(kinds)}")
        else:
            own = {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean}
            record({"type": anything, "text": string(most)}, own)(value, at, problems)

    return check


def boolean(value: Any, at: str, problems: BlockProblems) -> None:
    if not isinstance(value, bool):
        problems.add(at, "must be a boolean")


def integer(least: int, most: int) -> BlockRule:
    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            problems.add(at, "must be an integer")
        elif not least <= value <= most:
            problems.add(at, f"must be between {least} and {most}")

    return check


def number(value: Any, at: str, problems: BlockProblems) -> None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        problems.add(at, "must be a number")


def positive_number(value: Any, at: str, problems: BlockProblems) -> None:
    number(value, at, problems)
    if isinstance(value, int | float) and value <= 0:
        problems.add(at, "must be more than 0")


def one_of(*allowed: str) -> BlockRule:
    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if value not in allowed:
            problems.add(at, f"must be one of {', '.join(allowed)}")

    return check


def anything(_value: Any, _at: str, _report: BlockProblems) -> None:
    """Accepts every value. Another rule checks it."""


def array(item: BlockRule, most: int, least: int = 1) -> BlockRule:
    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if not isinstance(value, list):
            problems.add(at, "must be an array")
            return
        if len(value) > most:
            problems.add(at, f"no more than {most} items allowed")
        if len(value) < least:
            problems.add(at, f"no fewer than {least} items allowed")
        for index, each in enumerate(value):
            item(each, f"{at}/{index}", problems)

    return check


def record(
    required: Mapping[str, BlockRule], optional: Mapping[str, BlockRule] | None = None
) -> BlockRule:
    """An object with only these keys."""
    known = {**required, **(optional or {})}

    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if not isinstance(value, dict):
            problems.add(at, "must be an object")
            return
        for name in required:
            if name not in value:
                problems.add(at, f"missing required field: {name}")
        for name, part in value.items():
            if name in known:
                known[name](part, f"{at}/{name}", problems)
            else:
                problems.add(at, f"invalid additional property: {name}")

    return check


def typed(rules: Mapping[str, BlockRule], allowed: Collection[str] | None = None) -> BlockRule:
    """An object whose `type` selects its rule, and must be among `allowed`."""

    def check(value: Any, at: str, problems: BlockProblems) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            problems.add(at, "missing required field: type")
        elif kind not in rules or (allowed is not None and kind not in allowed):
            problems.add(at, f"unsupported type: {kind}")
        else:
            rules[kind](value, at, problems)

    return check


def all_of(*rules: BlockRule) -> BlockRule:
    def check(value: Any, at: str, problems: BlockProblems) -> None:
        for rule in rules:
            rule(value, at, problems)

    return check
