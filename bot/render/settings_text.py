"""Parts of a settings file as text: values, keep rules, comments."""

import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import TypeAlias, assert_never

from bot.core.proposed_rules import (
    KeepAll,
    KeepNewest,
    KeepPulledWithin,
    KeepPushedWithin,
    KeepUsedWithin,
    KeepVersions,
    ProposedRule,
)

WIDTH = 100
"""Characters in a line with several values or words. A single value is never broken."""

SettingValue: TypeAlias = "str | int | Sequence[SettingValue] | Mapping[str, SettingValue]"

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*[A-Za-z0-9_/]|[A-Za-z]|\d+[smhd]")
_KEYWORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})
"""Words that YAML 1.1 or 1.2 does not read as text."""


def value_text(value: SettingValue) -> str:
    """The value on one line, as YAML."""
    if isinstance(value, str):
        is_plain = _PLAIN.fullmatch(value) and value.lower() not in _KEYWORDS
        return value if is_plain else json.dumps(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{key}: {value_text(each)}' for key, each in value.items())}}}"
    return f"[{', '.join(map(value_text, value))}]"


def rule_text(rule: ProposedRule) -> str:
    """An entry of `keep` on one line."""
    return value_text(_rule_value(rule))


def rule_lines(rule: ProposedRule, indent: int) -> Iterator[str]:
    """An entry of `keep`: on one line, or with a line for each key if that is too long."""
    margin = " " * indent
    line = f"{margin}- {rule_text(rule)}"
    if len(line) <= WIDTH:
        yield line
        return
    first, *rest = chain.from_iterable(
        list_lines(key, value, indent + 2)
        if isinstance(value, tuple)
        else [f"{margin}  {key}: {value_text(value)}"]
        for key, value in _rule_value(rule).items()
    )
    yield f"{margin}- {first.lstrip()}"
    yield from rest


def _rule_value(rule: ProposedRule) -> Mapping[str, SettingValue]:
    narrowed = {"tags": rule.tags, "except_tags": rule.except_tags}
    return {**_selector(rule), **{key: globs for key, globs in narrowed.items() if globs}}


def _selector(rule: ProposedRule) -> Mapping[str, SettingValue]:
    match rule.by:
        case KeepAll():
            return {}
        case KeepNewest(count, per):
            return {"newest": count} if per is None else {"newest": count, "per": per}
        case KeepPushedWithin(days):
            return {"pushed_within": f"{days}d"}
        case KeepPulledWithin(days):
            return {"pulled_within": f"{days}d"}
        case KeepUsedWithin(days):
            return {"used_within": f"{days}d"}
        case KeepVersions(minors, patches):
            return {"semver": {"minors": minors, "patches": patches}}
        case _:
            assert_never(rule.by)


def list_lines(key: str, values: Sequence[str], indent: int) -> Iterator[str]:
    """A key with a list of texts: on one line, or with a line for each text if that is too long."""
    margin = " " * indent
    line = f"{margin}{key}: {value_text(values)}"
    if len(line) <= WIDTH:
        yield line
        return
    yield f"{margin}{key}:"
    for each in values:
        yield f"{margin}  - {value_text(each)}"


def comment(text: str, indent: int = 0, bullet: str = "") -> Iterator[str]:
    """A comment of several lines. Line breaks in the text cannot end it. `bullet`: before an item
    of a list, such as `- `."""
    margin = " " * indent + "# "
    yield from textwrap.wrap(
        _on_one_line(text),
        WIDTH,
        initial_indent=margin + bullet,
        subsequent_indent=margin + " " * len(bullet),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _on_one_line(text: str) -> str:
    """Without control characters, which YAML refuses."""
    words = " ".join(text.split())
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in words)


def joined(parts: Iterable[str]) -> str:
    return "\n".join(parts) + "\n"
