"""Pages of answers, with opaque tokens that are valid only for the same request."""

import base64
import binascii
import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.playground.aws.call_context import CallContext, Params
    from bot.playground.aws.errors import AwsError

_SIGNATURE_LENGTH = 8


class InvalidPageTokenError(ValueError):
    """The token is damaged or belongs to another request."""


@dataclass(frozen=True)
class AnswerPage:
    """The keys of one page, and the token of the next."""

    keys: list[str]
    next_token: str | None

    @property
    def token_member(self) -> dict[str, str]:
        """The answer's `nextToken`, if there is another page."""
        return {"nextToken": self.next_token} if self.next_token else {}


KeyOrder = Callable[[str | None], Iterator[str]]
"""A function that iterates over the keys after a key, or over all keys."""


def ascending(keys: Sequence[str], wanted: Callable[[str], bool] = lambda _: True) -> KeyOrder:
    """Sorted keys in ascending order. Pages start by bisection."""

    def after(last: str | None) -> Iterator[str]:
        start = 0 if last is None else bisect_right(keys, last)
        return (keys[i] for i in range(start, len(keys)) if wanted(keys[i]))

    return after


def descending(keys: Sequence[str]) -> KeyOrder:
    """Sorted keys in descending order."""

    def after(last: str | None) -> Iterator[str]:
        end = len(keys) if last is None else bisect_left(keys, last)
        return (keys[i] for i in range(end - 1, -1, -1))

    return after


def at_time(moment: datetime, name: str) -> str:
    """A key that sorts by time, then by name."""
    return f"{moment.timestamp():020.6f} {name}"


def page(order: KeyOrder, limit: int, token: str | None, request_key: str) -> AnswerPage:
    """The next `limit` keys.

    A token contains the last key, not a position, so that deletions and additions between two pages
    do not move keys.
    """
    last = _open_token(token, request_key) if token is not None else None
    found = list(islice(order(last), limit + 1))
    if len(found) <= limit:
        return AnswerPage(found, None)
    return AnswerPage(found[:limit], _make_token(found[limit - 1], request_key))


@dataclass(frozen=True)
class Pager:
    """The paging parameters of a service.

    - `token` and `size`: members of requests. `size` is None if requests cannot set a size.
    - `next_token`: member of answers.
    - `default_size`: the size of a page if the request has none.

    A token is valid only for a request with the same parameters, except the page size.
    """

    token: str
    next_token: str
    size: str | None
    token_error: Callable[[], "AwsError"]
    default_size: int = 100

    def page(
        self, order: KeyOrder, params: "Params", context: "CallContext", size: int | None = None
    ) -> tuple[list[str], dict[str, str]]:
        """The keys of the page, and the answer's token member.

        Without `size`, the request sets the page size.
        """
        given = sorted(
            (name, value) for name, value in params.items() if name not in (self.token, self.size)
        )
        request_key = f"{context.operation} {context.account} {context.region} {given}"
        try:
            found = page(
                order, size or self._page_size(params), params.get(self.token), request_key
            )
        except InvalidPageTokenError:
            raise self.token_error() from None
        return found.keys, {self.next_token: found.next_token} if found.next_token else {}

    def _page_size(self, params: "Params") -> int:
        return int(params.get(self.size, self.default_size)) if self.size else self.default_size


def _make_token(key: str, request_key: str) -> str:
    return base64.urlsafe_b64encode(_signature(key, request_key) + key.encode()).decode()


def _open_token(token: str, request_key: str) -> str:
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
        key = content[_SIGNATURE_LENGTH:].decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidPageTokenError(token) from None
    if content[:_SIGNATURE_LENGTH] != _signature(key, request_key):
        raise InvalidPageTokenError(token)
    return key


def _signature(key: str, request_key: str) -> bytes:
    return hashlib.sha256(f"{request_key}\0{key}".encode()).digest()[:_SIGNATURE_LENGTH]
