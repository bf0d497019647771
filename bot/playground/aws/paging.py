"""Pages with opaque tokens that fit only the question they were given for."""

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

_SEAL_LENGTH = 8


class InvalidPageTokenError(ValueError):
    """The token is damaged, or was given for another question."""


@dataclass(frozen=True)
class Page:
    keys: list[str]
    next_token: str | None

    @property
    def token_member(self) -> dict[str, str]:
        """The answer's `nextToken`, if there is more to come."""
        return {"nextToken": self.next_token} if self.next_token else {}


Order = Callable[[str | None], Iterator[str]]
"""The keys that come after a key, or all."""


def ascending(keys: Sequence[str], wanted: Callable[[str], bool] = lambda _: True) -> Order:
    """Sorted keys as they stand. A page starts by bisection, so reading all pages is linear."""

    def after(last: str | None) -> Iterator[str]:
        start = 0 if last is None else bisect_right(keys, last)
        return (keys[i] for i in range(start, len(keys)) if wanted(keys[i]))

    return after


def descending(keys: Sequence[str]) -> Order:
    """Sorted keys from their end."""

    def after(last: str | None) -> Iterator[str]:
        end = len(keys) if last is None else bisect_left(keys, last)
        return (keys[i] for i in range(end - 1, -1, -1))

    return after


def at_time(moment: datetime, name: str) -> str:
    """A key that sorts by time, and by name what happened at once."""
    return f"{moment.timestamp():020.6f} {name}"


def page(order: Order, limit: int, token: str | None, question: str) -> Page:
    """The next `limit` keys.

    A token remembers the last key, not a position: what is deleted or added between two pages
    moves nothing.
    """
    last = _unseal(token, question) if token is not None else None
    found = list(islice(order(last), limit + 1))
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], _seal(found[limit - 1], question))


@dataclass(frozen=True)
class Pager:
    """How a service names its pages: in requests `token` and `size`, in answers `next_token`.

    A token fits only the request that it was given for: everything but the size of the pages
    has to stay as it was. `size` is None where nobody may ask for one; `usual` is the size of a
    page if nobody does.
    """

    token: str
    next_token: str
    size: str | None
    refusal: Callable[[], "AwsError"]
    usual: int = 100

    def page(
        self, order: Order, params: "Params", context: "CallContext", size: int | None = None
    ) -> tuple[list[str], dict[str, str]]:
        """The keys on the page, and the member of the answer that leads to the next one.

        Without `size` the page is as large as the request asks.
        """
        asked = sorted(
            (name, value) for name, value in params.items() if name not in (self.token, self.size)
        )
        question = f"{context.operation} {context.account} {context.region} {asked}"
        try:
            found = page(order, size or self._asked(params), params.get(self.token), question)
        except InvalidPageTokenError:
            raise self.refusal() from None
        return found.keys, {self.next_token: found.next_token} if found.next_token else {}

    def _asked(self, params: "Params") -> int:
        return int(params.get(self.size, self.usual)) if self.size else self.usual


def _seal(key: str, question: str) -> str:
    return base64.urlsafe_b64encode(_seal_of(key, question) + key.encode()).decode()


def _unseal(token: str, question: str) -> str:
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
        key = content[_SEAL_LENGTH:].decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise InvalidPageTokenError(token) from None
    if content[:_SEAL_LENGTH] != _seal_of(key, question):
        raise InvalidPageTokenError(token)
    return key


def _seal_of(key: str, question: str) -> bytes:
    return hashlib.sha256(f"{question}\0{key}".encode()).digest()[:_SEAL_LENGTH]
