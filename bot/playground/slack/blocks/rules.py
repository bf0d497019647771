"""The few kinds of rules that Block Kit is made of.

The words are Slack's, as they appear in `response_metadata.messages`.
"""

from collections.abc import Collection, Mapping
from typing import Any

from bot.playground.slack.blocks.report import Report, Rule

BOTH = ("plain_text", "mrkdwn")
PLAIN = ("plain_text",)


def string(most: int, least: int = 1) -> Rule:
    """Between `least` and `most` characters."""

    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str):
            report.blame(at, "must be a string")
        else:
            _check_length(value, least, most, at, report)

    return look


def _check_length(value: str, least: int, most: int, at: str, report: Report) -> None:
    if len(value) > most:
        report.blame(at, f"must be less than {most + 1} characters")
    if len(value) < least:
        report.blame(at, f"must be more than {least - 1} characters")


def text(most: int, kinds: Collection[str] = BOTH) -> Rule:
    """A text object that is one of these kinds; its text is never empty."""

    def look(value: Any, at: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind not in kinds:
            report.blame(at, f"must be a text object of type {' or '.join(kinds)}")
        else:
            own = {"emoji": boolean} if kind == "plain_text" else {"verbatim": boolean}
            record({"type": anything, "text": string(most)}, own)(value, at, report)

    return look


def boolean(value: Any, at: str, report: Report) -> None:
    if not isinstance(value, bool):
        report.blame(at, "must be a boolean")


def integer(least: int, most: int) -> Rule:
    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, int) or isinstance(value, bool):
            report.blame(at, "must be an integer")
        elif not least <= value <= most:
            report.blame(at, f"must be between {least} and {most}")

    return look


def one_of(*allowed: str) -> Rule:
    def look(value: Any, at: str, report: Report) -> None:
        if value not in allowed:
            report.blame(at, f"must be one of {', '.join(allowed)}")

    return look


def anything(_value: Any, _at: str, _report: Report) -> None:
    """For what is looked at elsewhere."""


def array(item: Rule, most: int, least: int = 1) -> Rule:
    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, list):
            report.blame(at, "must be an array")
            return
        if len(value) > most:
            report.blame(at, f"no more than {most} items allowed")
        if len(value) < least:
            report.blame(at, f"no fewer than {least} items allowed")
        for index, each in enumerate(value):
            item(each, f"{at}/{index}", report)

    return look


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None) -> Rule:
    """An object with these keys and no others."""
    known = {**required, **(optional or {})}

    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.blame(at, "must be an object")
            return
        for name in required:
            if name not in value:
                report.blame(at, f"missing required field: {name}")
        for name, part in value.items():
            if name in known:
                known[name](part, f"{at}/{name}", report)
            else:
                report.blame(at, f"invalid additional property: {name}")

    return look


def typed(rules: Mapping[str, Rule], allowed: Collection[str] | None = None) -> Rule:
    """An object whose `type` chooses its rule; only the allowed types may stand here."""

    def look(value: Any, at: str, report: Report) -> None:
        kind = value.get("type") if isinstance(value, dict) else None
        if kind is None:
            report.blame(at, "missing required field: type")
        elif kind not in rules or (allowed is not None and kind not in allowed):
            report.blame(at, f"unsupported type: {kind}")
        else:
            rules[kind](value, at, report)

    return look


def both(*rules: Rule) -> Rule:
    def look(value: Any, at: str, report: Report) -> None:
        for rule in rules:
            rule(value, at, report)

    return look
