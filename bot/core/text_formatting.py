"""How the decision speaks of digests, manifests, places and durations, and characters that a
terminal would obey, made visible.
"""

import codecs
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

SHORT_HEX = 12
MOST_NAMES = 3

LAST_YEAR = 9998
"""Of an end. The first instant of the next year is a time in every time zone."""

_FORM = re.compile(r"(\d{1,6})([smhd])", re.ASCII)

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

_HIDDEN = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls, line ends among them
    "\u2028\u2029"  # separators of lines and paragraphs
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidirectional formatting
    "\u200b\ufeff\ufff9-\ufffb"  # no width, no purpose within a name
    "\ud800-\udfff"  # surrogates without a partner, which nothing can write
    "]"
)
"""Unicode Standard, sections 23.1, 23.2 and 23.8; UAX 9. Joiners stay, since scripts and emoji need
them."""

_OTHER_ENCODINGS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}
"""By the byte order mark. UTF-32's first, since one of them begins with one of UTF-16's."""

SAVE_AS_UTF_8 = "save it as UTF-8"


def short_digest(digest: str) -> str:
    """`sha256:` and the first 12 hex digits, as Docker shows them."""
    algorithm, _, rest = digest.partition(":")
    return f"{algorithm}:{rest[:SHORT_HEX]}…" if len(rest) > SHORT_HEX else digest


def manifest_label(digest: str, tags: Sequence[str]) -> str:
    """A manifest as people know it: its first tag, and its short digest."""
    return f"{tags[0]} ({short_digest(digest)})" if tags else short_digest(digest)


def ordinal(number: int) -> str:
    if number % 100 in (11, 12, 13):
        return f"{number}th"
    return f"{number}{ {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th') }"


def format_time(at: datetime) -> str:
    """A UTC time to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def restored_text(at: datetime) -> str:
    """How an image became young again by ECR's archive."""
    return f"restored from the archive {format_time(at)}"


def first_few(names: Sequence[str]) -> str:
    """Up to three of them, and how many more."""
    more = len(names) - MOST_NAMES
    first = ", ".join(names[:MOST_NAMES])
    return f"{first} and {more:,} more" if more > 0 else first


def join_with_or(items: Sequence[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    return " or ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def parse_duration(text: str) -> timedelta:
    """Raises ValueError for anything but a whole number and one of s, m, h, d."""
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError(f"{text!r} is no duration: write 30s, 5m, 24h or 30d")
    number, unit = form.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


def format_duration(duration: timedelta) -> str:
    """The shortest of the forms that `parse_duration` reads."""
    seconds = int(duration.total_seconds())
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def end_of_day(day: date) -> datetime:
    """The first instant of the next day in UTC, since an end includes the day it names. Raises
    ValueError for a day after LAST_YEAR."""
    if day.year > LAST_YEAR:
        raise ValueError(f"{day} is after the year {LAST_YEAR}")
    return datetime.combine(day, time(), UTC) + timedelta(days=1)


def parse_end(text: str, now: datetime) -> datetime:
    """A duration counts from `now`, a date ends with its day. Raises ValueError for anything
    else."""
    try:
        return now + parse_duration(text)
    except ValueError:
        return end_of_day(date.fromisoformat(text))


def visible(text: str) -> str:
    r"""On a single line, with Python's escapes: `\x1b`, `\n`, `\u202e`."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped, text)


def visible_lines(text: str) -> str:
    """Of several lines, each for itself."""
    return "\n".join(map(visible, text.split("\n")))


def visible_json(text: str) -> str:
    r"""JSON that holds the same data: `\u202e` within a string is the character itself."""
    return text if text.isprintable() else _HIDDEN.sub(_escaped_in_json, text)


def _escaped(found: re.Match[str]) -> str:
    return found[0].encode("unicode_escape").decode()


def _escaped_in_json(found: re.Match[str]) -> str:
    return f"\\u{ord(found[0]):04x}"


def decode_text(content: bytes) -> str:
    """UTF-8, without the byte order mark that editors on Windows put first.

    Raises ValueError for anything else; its message says what the file holds and what to do.
    """
    for mark, name in _OTHER_ENCODINGS.items():
        if content.startswith(mark):
            raise ValueError(f"it is {name} text: {SAVE_AS_UTF_8}")
    if b"\0" in content:
        raise ValueError(f"it holds NUL bytes, as UTF-16 and files of no text do: {SAVE_AS_UTF_8}")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ValueError(f"line {line} is not UTF-8: {SAVE_AS_UTF_8}") from error
