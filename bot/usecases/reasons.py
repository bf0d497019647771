"""Reasons that people give, before they are stored."""

import unicodedata

from bot.core.errors import RequestError
from bot.outgoing import redacted

LONGEST_REASON = 3000
"""Characters."""


def one_line(reason: str) -> str:
    """May be empty; a secret that was pasted into it is removed. Raises RequestError for what
    cannot be stored, or is too long."""
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise RequestError(
            f"The reason has {len(words):,} characters: cut it to {LONGEST_REASON:,}"
        )
    categories = set(map(unicodedata.category, words))
    if "Cc" in categories:
        raise RequestError("The reason holds control characters: leave them out")
    if "Cs" in categories:
        raise RequestError("The reason holds signs that are no UTF-8: leave them out")
    return redacted(words)
