"""How the decision speaks of digests, manifests and places."""

from collections.abc import Sequence
from datetime import datetime

SHORT_HEX = 12
NAMED = 3


def short(digest: str) -> str:
    """`sha256:` and the first 12 hex digits, as Docker shows them."""
    algorithm, _, rest = digest.partition(":")
    return f"{algorithm}:{rest[:SHORT_HEX]}…" if len(rest) > SHORT_HEX else digest


def named(digest: str, tags: Sequence[str]) -> str:
    """A manifest as people know it: its first tag, and its short digest."""
    return f"{tags[0]} ({short(digest)})" if tags else short(digest)


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def moment(at: datetime) -> str:
    """A UTC time to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def restoration(at: datetime) -> str:
    """How an image became young again by ECR's archive."""
    return f"restored from the archive {moment(at)}"


def first_few(names: Sequence[str]) -> str:
    """Up to three of them, and how many more."""
    more = len(names) - NAMED
    first = ", ".join(names[:NAMED])
    return f"{first} and {more:,} more" if more > 0 else first


def either(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(items[:-1]), items[-1])))
