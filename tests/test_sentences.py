"""No code outside `bot/render` inspects a sentence: it is only shown."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.errors import ErrorText
from bot.core.verdict_reasons import LegacyReason

BOT = Path(__file__).parents[1] / "bot"
WORDED_IN = ("render", "playground")
MODULES = sorted(
    path for path in BOT.rglob("*.py") if path.relative_to(BOT).parts[0] not in WORDED_IN
)
TEXT_OF = {ErrorText.__name__: "text", LegacyReason.__name__: "sentence"}
"""Values that contain a sentence, and the field that contains it."""


def inspections(tree: ast.AST) -> Iterator[str]:
    """The places where a sentence is compared, searched, cut, or taken from its value."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if _is_worded(child) and isinstance(node, ast.Attribute | ast.Compare | ast.Subscript):
                yield f"line {node.lineno} inspects a sentence"
        if isinstance(node, ast.MatchClass) and _name(node.cls) in TEXT_OF:
            yield f"line {node.lineno} matches the text of a sentence"
        if isinstance(node, ast.Call) and _checks_for_a_sentence(node):
            yield f"line {node.lineno} checks whether a value is a sentence"
        if isinstance(node, ast.Attribute) and node.attr == "sentence":
            yield f"line {node.lineno} reads the sentence of a value"


def _is_worded(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (_name(node.func) or "").endswith("_words")


def _checks_for_a_sentence(call: ast.Call) -> bool:
    return _name(call.func) == "isinstance" and any(
        _name(each) in TEXT_OF for each in ast.walk(call.args[1])
    )


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def test_no_code_inspects_a_sentence() -> None:
    found = {path: list(inspections(ast.parse(path.read_text()))) for path in MODULES}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "reason_words(reason).startswith('was not reached')",
        "'in use' in reason_words(reason)",
        "detail_words(detail) == 'as approved'",
        "refusal_words(refusal)[:7]",
        "isinstance(reason, ErrorText)",
        "isinstance(reason, NewestRule | LegacyReason)",
        "match reason:\n    case ErrorText(text):\n        pass",
        "reason.sentence.startswith('x')",
    ],
)
def test_inspections_are_found(code: str) -> None:
    assert list(inspections(ast.parse(code)))
