"""Errors of Web API methods: `ok: false` and one of Slack's error names."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bot.playground.slack.blocks import BlockProblem


@dataclass(eq=False)
class SlackError(Exception):
    """An error answer of Slack. `extra` are further keys of the answer."""

    name: str
    extra: Mapping[str, Any] = field(default_factory=dict)
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def body(self) -> dict[str, Any]:
        return {"ok": False, "error": self.name, **self.extra}


def error_with_problems(name: str, problems: Iterable[BlockProblem | str]) -> SlackError:
    """An error with a message for each problem in the arguments."""
    texts = [str(problem) for problem in problems]
    messages = [f"[ERROR] {text}" for text in texts]
    return SlackError(name, {"errors": texts, "response_metadata": {"messages": messages}})


def missing_argument(name: str) -> SlackError:
    return error_with_problems("invalid_arguments", [f"missing required field: {name}"])


def missing_scope(needed: Iterable[str], provided: Iterable[str]) -> SlackError:
    return SlackError(
        "missing_scope", {"needed": ",".join(needed), "provided": ",".join(sorted(provided))}
    )


def ratelimited(retry_after: int) -> SlackError:
    """`retry_after` is in whole seconds."""
    return SlackError("ratelimited", status=429, headers={"retry-after": str(retry_after)})
