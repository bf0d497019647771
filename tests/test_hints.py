"""Hints name a command of the surface on which they are shown."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.cli.main import COMMANDS as TERMINAL_COMMANDS
from bot.core.hints import ConfirmUsage, DidYouMean, Hint, ListDeletions, ListManifests, ListPlans
from bot.render.hints import Surface, hint_words
from bot.slack.commands import COMMANDS as SLACK_COMMANDS

BOT = Path(__file__).parents[1] / "bot"

IN_TERMINAL = re.compile(r"(?<![/\w.-])ecr-clean (?P<command>[a-z-]+)")
IN_SLACK = re.compile(r"/ecr-clean (?P<command>[a-z-]+)")

TERMINAL_ONLY = (
    "cli",
    "render/hints.py",
    # shown by `doctor` and by lists of plans
    "render/finding_sentences.py",
    "render/doctor_finding_sentences.py",
    "render/prices.py",
    "render/stored_plans.py",
    # printed by `init`
    "render/proposal_outcome.py",
    "render/proposed_policies.py",
    "render/proposed_settings.py",
    # says that it is for a terminal
    "usage/kubernetes/errors.py",
)
SLACK_ONLY = (
    "slack",
    "render/hints.py",
    # invites users to its local workspace
    "cli/demo/presentation.py",
)

HINTS: list[Hint] = [
    DidYouMean("team/api"),
    ListPlans(),
    ListManifests("team/api"),
    ListDeletions("3xv8vq62", "team/api"),
    ConfirmUsage("ecs", "here", 4),
]


def texts() -> Iterator[tuple[str, str]]:
    """Every module of the bot with every text in it, except docstrings."""
    for path in sorted(BOT.rglob("*.py")):
        if "playground" in path.parts or "migrations" in path.parts:
            continue
        tree = ast.parse(path.read_text())
        alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and id(node) not in alone:
                yield path.relative_to(BOT).as_posix(), str(node.value)


def outside(allowed: tuple[str, ...], pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{module}: {text}"
        for module, text in texts()
        if not module.startswith(allowed) and pattern.search(text)
    ]


def test_commands_of_the_terminal_are_only_in_texts_for_a_terminal() -> None:
    assert [
        each for each in outside(TERMINAL_ONLY, IN_TERMINAL) if _command(each) in TERMINAL_COMMANDS
    ] == []


def test_commands_of_slack_are_only_in_texts_for_slack() -> None:
    assert outside(SLACK_ONLY, IN_SLACK) == []


def _command(text: str) -> str:
    found = IN_TERMINAL.search(text)
    return found["command"] if found else ""


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_in_the_terminal(hint: Hint) -> None:
    words = hint_words(hint, Surface.TERMINAL)
    assert set(IN_TERMINAL.findall(words)) <= set(TERMINAL_COMMANDS)
    assert not IN_SLACK.search(words)


@pytest.mark.parametrize("hint", HINTS)
def test_a_hint_in_slack(hint: Hint) -> None:
    words = hint_words(hint, Surface.SLACK)
    assert not IN_TERMINAL.search(words)
    assert {each for each in IN_SLACK.findall(words) if each != "team"} <= set(SLACK_COMMANDS)
