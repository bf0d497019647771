"""What people choose to pin, as options of a select carry it: 150 characters at the most, whereas
tags have up to 300.

docs.slack.dev, Block Kit, option object; ECR API reference, PutImage, imageTag.
"""

from collections.abc import Callable, Iterable
from hashlib import sha256

from bot.core.errors import RequestError
from bot.core.pins import check_pin

MOST_IN_VALUE = 150

_WHOLE, _CUT = "=", "#"
_HASH_LENGTH = 32
_MOST_CUT = MOST_IN_VALUE - 1 - _HASH_LENGTH


def fits(pin: str) -> bool:
    """Whether it comes back as it is, though nobody knows it."""
    return len(pin) < MOST_IN_VALUE


def as_choice(pin: str) -> str:
    """A long one by its beginning, and a hash of the whole."""
    if fits(pin):
        return _WHOLE + pin
    return f"{_CUT}{_hash(pin)}{pin[:_MOST_CUT]}"


def chosen(choice: str, all_tags: Callable[[], Iterable[str]]) -> str:
    """`all_tags`: asked only for a long one. Raises RequestError for what was never offered, or is
    there no more."""
    sign, said = choice[:1], choice[1:]
    if sign == _WHOLE:
        return _checked(said)
    wanted, beginning = said[:_HASH_LENGTH], said[_HASH_LENGTH:]
    known = all_tags() if sign == _CUT else ()
    found = next((tag for tag in known if _hash(tag) == wanted), None)
    if found is None:
        raise RequestError(
            f"A tag that begins with {beginning[:40]!r} is known no more: choose again"
        )
    return found


def _checked(pin: str) -> str:
    try:
        return check_pin(pin)
    except ValueError as error:
        raise RequestError(f"{error}: choose again") from error


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
