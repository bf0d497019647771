"""Text formatting helpers: digests, times, durations, lists, escapes for invisible characters."""

import codecs
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

SHORT_HEX = 12
MOST_NAMES = 3

LONGEST_QUOTED = 60
"""Maximum number of characters of a pattern in an error."""

LAST_YEAR = 9998
"""Of an expiry date. In every time zone, the start of the next year is still a valid time."""

_FORM = re.compile(r"(\d{1,6})([smhd])", re.ASCII)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls, line ends among them
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional formatting
    "\u200b\ufeff\ufff9-\ufffb"  # zero-width characters without use in names
    "\ud800-\udfff"  # surrogates without a partner, which nothing can write
    "]"
)
"""Unicode Standard, sections 23.1, 23.2 and 23.8; UAX 9. Joiners are not in it, since scripts and
emoji need them."""

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""By byte order mark. UTF-32 comes first, since one of its marks starts with one of UTF-16."""

SAVE_AS_UTF_8 = "save it as UTF-8"


def short_digest(digest: str) -> str:
    """`sha256:` and the first 12 hex digits, as in Docker."""
    algorithm, _, rest = digest.partition(":")
    return f"{algorithm}:{rest[:SHORT_HEX]}…" if len(rest) > SHORT_HEX else digest


def manifest_label(digest: str, tags: Sequence[str]) -> str:
    """The first tag and the short digest."""
    return f"{tags[0]} ({short_digest(digest)})" if tags else short_digest(digest)


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def format_time(at: datetime) -> str:
    """A UTC time to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def parse_time(text: str) -> datetime:
    """The inverse of `format_time`. Raises ValueError."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M UTC").replace(tzinfo=UTC)


def restored_text(at: datetime) -> str:
    """Of an image that was restored from the archive of ECR."""
    return f"restored from the archive {format_time(at)}"


def first_few(names: Sequence[str]) -> str:
    """At most three names, and how many more."""
    more = len(names) - MOST_NAMES
    first = ", ".join(names[:MOST_NAMES])
    return f"{first} and {more:,} more" if more > 0 else first


def quoted_pattern(pattern: str) -> str:
    """A pattern as errors quote it."""
    text = repr(pattern)
    return text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}…"


def join_with_or(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def parse_duration(text: str) -> timedelta:
    """Raises ValueError for anything but an integer and one of s, m, h, d."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{text!r} is not a duration: write 30s, 5m, 24h or 30d")
    number, unit = form.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def format_duration(duration: timedelta) -> str:
    """The shortest text that `parse_duration` accepts."""
    seconds = int(duration.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def end_of_day(day: date) -> datetime:
    """The start of the next day in UTC: a pin until a day includes that day. Raises ValueError
    after `LAST_YEAR`."""
    if day.year > LAST_YEAR:
        raise ValueError(f"{day} is after the year {LAST_YEAR}")
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def parse_end(text: str, now: datetime) -> datetime:
    """A duration from `now`, or the end of a date. Raises ValueError for anything else."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return end_of_day(date.fromisoformat(text))


def visible(text: str) -> str:
    r"""Escapes invisible characters and line ends as in Python: `\x1b`, `\n`, `\u202e`."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """Like `visible`, but keeps line ends."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    r"""JSON with the same data, and with invisible characters as escapes: `\u202e`."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped_in_json, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _escaped_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def decode_text(content: bytes) -> str:
    """Decodes UTF-8, with or without a byte order mark.

    Raises ValueError for other content; its message says what the file contains, and the fix.
    """
    for mark, name in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise ValueError(f"it is {name} text: {SAVE_AS_UTF_8}")
    if b"\0" in content:
        raise ValueError(f"it contains NUL bytes, as UTF-16 and binary files do: {SAVE_AS_UTF_8}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: {SAVE_AS_UTF_8}") from error
