"""How a Web API method is declared: its scopes, how often it may be called, what it takes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.playground.slack.app import Token, TokenKind
from bot.playground.slack.arguments import Arguments
from bot.playground.slack.errors import SlackError, missing_scope, wrong
from bot.playground.slack.limits import Rate
from bot.playground.slack.state import State

Answer = dict[str, Any]
Item = TypeVar("Item")

_MOST_ON_A_PAGE = 1000


@dataclass(frozen=True)
class Ask:
    """One call that has been let in. `base_url` is the workspace's own address."""

    state: State
    token: Token
    arguments: Arguments
    base_url: str

    def need(self, *scopes: str) -> None:
        """Raises SlackError unless the token has one of these scopes."""
        if not self.token.scopes.intersection(scopes):
            raise missing_scope(scopes, self.token.scopes)


Handler = Callable[[Ask], Answer]


@dataclass(frozen=True)
class Method:
    """`takes` are the names of its arguments; others are ignored, but held against the app."""

    name: str
    answer: Handler
    rate: Rate
    scope: str | None
    takes: frozenset[str]
    token: TokenKind


METHODS: dict[str, Method] = {}


def method(
    name: str,
    rate: Rate,
    *,
    takes: str = "",
    scope: str | None = None,
    token: TokenKind = "bot",  # noqa: S107 - a kind of token, not one
) -> Callable[[Handler], Handler]:
    def register(answer: Handler) -> Handler:
        METHODS[name] = Method(name, answer, rate, scope, frozenset(takes.split()), token)
        return answer

    return register


def page_of(arguments: Arguments, key: str, items: Sequence[Item], default: int) -> Answer:
    """A page under `key`, and the cursor to the next; raises SlackError."""
    limit = arguments.number("limit", default)
    if not 0 < limit <= _MOST_ON_A_PAGE:
        raise SlackError("invalid_limit")
    start = _start(arguments.text("cursor"), len(items))
    rest = start + limit < len(items)
    return {
        key: items[start : start + limit],
        "response_metadata": {"next_cursor": f"after:{start + limit}" if rest else ""},
    }


def _start(cursor: str, length: int) -> int:
    if not cursor:
        return 0
    position = cursor.removeprefix("after:")
    if not position.isdigit() or int(position) >= length:
        raise SlackError("invalid_cursor")
    return int(position)


def parsed_object(arguments: Arguments, name: str) -> Mapping[str, Any]:
    """Raises SlackError."""
    arguments_of_it = arguments.parsed(name, "invalid_arguments")
    if not isinstance(arguments_of_it, dict):
        raise wrong("invalid_arguments", [f"must be an object [json-pointer:/{name}]"])
    return arguments_of_it
