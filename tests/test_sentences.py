"""Sentences are no data: whatever is worded is shown, and nothing looks into it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

BOT = Path(__file__).parents[1] / "bot"
WORDED_IN = ("render", "playground")
MODULES = sorted(
    path for path in BOT.rglob("*.py") if path.relative_to(BOT).parts[0] not in WORDED_IN
)
TEXT_OF = {"Sentence": "text", "StoredReason": "sentence"}
"""Values that hold a sentence, and the field in which they hold it."""


def inspections(tree: ast.AST) -> Iterator[str]:
    """Where a sentence is compared, searched, cut, or taken out of its value."""
    for node in ast.walk(tree):
        for child in ast.iter_child_nodes(node):
            if _is_worded(child) and isinstance(node, ast.Attribute | ast.Compare | ast.Subscript):
                yield f"line {node.lineno} looks into a sentence"
        if isinstance(node, ast.MatchClass) and _name(node.cls) in TEXT_OF:
            yield f"line {node.lineno} takes a sentence apart"
        if isinstance(node, ast.Call) and _asks_for_a_sentence(node):
            yield f"line {node.lineno} asks whether it is a sentence"
        if isinstance(node, ast.Attribute) and node.attr == "sentence":
            yield f"line {node.lineno} takes a sentence out of its value"


def _is_worded(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and (_name(node.func) or "").endswith("_words")


def _asks_for_a_sentence(call: ast.Call) -> bool:
    return _name(call.func) == "isinstance" and any(
        _name(each) in TEXT_OF for each in ast.walk(call.args[1])
    )


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def test_nothing_looks_into_a_sentence() -> None:
    found = {path: list(inspections(ast.parse(path.read_text()))) for path in MODULES}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "code",
    [
        "reason_words(reason).startswith('was not reached')",
        "'in use' in reason_words(reason)",
        "detail_words(detail) == 'as approved'",
        "refusal_words(refusal)[:7]",
        "isinstance(reason, Sentence)",
        "isinstance(reason, NewestRule | StoredReason)",
        "match reason:\n    case Sentence(text):\n        pass",
        "reason.sentence.startswith('x')",
    ],
)
def test_it_is_found(code: str) -> None:
    assert list(inspections(ast.parse(code)))
