"""Registers Web API methods with their scope, rate limit and arguments."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from bot.playground.slack.arguments import CallArguments
from bot.playground.slack.errors import SlackError, error_with_problems, missing_scope
from bot.playground.slack.installed_app import SlackToken, TokenKind
from bot.playground.slack.rate_limits import RateLimit
from bot.playground.slack.state import WorkspaceState

MethodResult = dict[str, Any]
Item = TypeVar("Item")

_MAX_PAGE_SIZE = 1000


@dataclass(frozen=True)
class MethodCall:
    """An authorized call. `base_url` is the address of the workspace."""

    state: WorkspaceState
    token: SlackToken
    arguments: CallArguments
    base_url: str

    def require_scope(self, *scopes: str) -> None:
        """Raises SlackError unless the token has one of these scopes."""
        if not self.token.scopes.intersection(scopes):
            raise missing_scope(scopes, self.token.scopes)


Handler = Callable[[MethodCall], MethodResult]


@dataclass(frozen=True)
class WebApiMethod:
    """A method. `takes`: its arguments. Other arguments are ignored, with a warning."""

    name: str
    answer: Handler
    rate: RateLimit
    scope: str | None
    takes: frozenset[str]
    token: TokenKind


METHODS: dict[str, WebApiMethod] = {}


def method(
    name: str,
    rate: RateLimit,
    *,
    takes: str = "",
    scope: str | None = None,
    token: TokenKind = "bot",  # noqa: S107 - a kind of token, not a secret
) -> Callable[[Handler], Handler]:
    def register(answer: Handler) -> Handler:
        METHODS[name] = WebApiMethod(name, answer, rate, scope, frozenset(takes.split()), token)
        return answer

    return register


def paginate(
    arguments: CallArguments, key: str, items: Sequence[Item], default: int
) -> MethodResult:
    """One page of the items under `key`, with the cursor of the next page; raises SlackError."""
    limit = arguments.number("limit", default)
    if not 0 < limit <= _MAX_PAGE_SIZE:
        raise SlackError("invalid_limit")
    start = _start(arguments.text("cursor"), len(items))
    has_more = start + limit < len(items)
    return {
        key: items[start : start + limit],
        "response_metadata": {"next_cursor": f"after:{start + limit}" if has_more else ""},
    }


def _start(cursor: str, length: int) -> int:
    if not cursor:
        return 0
    position = cursor.removeprefix("after:")
    if not position.isdigit() or int(position) >= length:
        raise SlackError("invalid_cursor")
    return int(position)


def parsed_object(arguments: CallArguments, name: str) -> Mapping[str, Any]:
    """An argument that is a JSON object; raises SlackError."""
    value = arguments.parsed(name, "invalid_arguments")
    if not isinstance(value, dict):
        raise error_with_problems(
            "invalid_arguments", [f"must be an object [json-pointer:/{name}]"]
        )
    return value
