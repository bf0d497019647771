"""Pages with opaque tokens that fit only the question they were given for."""

import base64
import binascii
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

_SEAL_LENGTH = 8


class BadTokenError(ValueError):
    """The token is damaged, or was given for another question."""


@dataclass(frozen=True)
class Page:
    keys: list[str]
    next_token: str | None

    @property
    def token_member(self) -> dict[str, str]:
        """The answer's `nextToken`, if there is more to come."""
        return {"nextToken": self.next_token} if self.next_token else {}


def page(
    keys: Sequence[str],
    limit: int,
    token: str | None,
    question: str,
    wanted: Callable[[str], bool] = lambda _: True,
) -> Page:
    """The next `limit` wanted keys of a sorted sequence.

    A token remembers the last key, not a position: what is deleted or added between two pages
    moves nothing. Each page starts by bisection, so reading all pages is linear.
    """
    start = bisect_right(keys, _unseal(token, question)) if token is not None else 0
    found = list(islice(_wanted(keys, start, wanted), limit + 1))
    if len(found) <= limit:
        return Page(found, None)
    return Page(found[:limit], _seal(found[limit - 1], question))


def _wanted(keys: Sequence[str], start: int, wanted: Callable[[str], bool]) -> Iterator[str]:
    return (keys[i] for i in range(start, len(keys)) if wanted(keys[i]))


def _seal(key: str, question: str) -> str:
    return base64.urlsafe_b64encode(_seal_of(key, question) + key.encode()).decode()


def _unseal(token: str, question: str) -> str:
    try:
        content = base64.b64decode(token, altchars=b"-_", validate=True)
        key = content[_SEAL_LENGTH:].decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadTokenError(token) from None
    if content[:_SEAL_LENGTH] != _seal_of(key, question):
        raise BadTokenError(token)
    return key


def _seal_of(key: str, question: str) -> bytes:
    return hashlib.sha256(f"{question}\0{key}".encode()).digest()[:_SEAL_LENGTH]
