"""Texts in Slack's markup (mrkdwn). Escapes names and texts of other systems and users.

Text between `<` and `>` is a mention or a date, `*`, `_`, `~` and backticks are style, and
`:name:` is an emoji: docs.slack.dev, formatting message text.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import accumulate, count

from bot import sanitize
from bot.core.text_formatting import format_time, parse_time

MOST_IN_NAME = 60
MOST_IN_PROSE = 300
_END_OF_NAME = 16

_SLACK_USER = re.compile(r"[UW][A-Z0-9]{2,20}", re.ASCII)
_USER_INSIDE = re.compile(r"(?<![\w:/@.-])[UW](?=[A-Z]*\d)[A-Z0-9]{8,11}(?![\w/-])", re.ASCII)
_ARN = re.compile(r"arn:aws[\w:/.@+=,*-]*[\w*]", re.ASCII)
_TIME = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d \d\d:\d\d UTC(?!\w)", re.ASCII)
_EMOJI = re.compile(r":(?=[a-z0-9_+'-]+:)")
_LOOKALIKES = {"*": "\N{ASTERISK OPERATOR}", "~": "\N{TILDE OPERATOR}"}
"""Slack cannot escape these."""

_UNDERLINE = re.compile(r"(?<!\w)_|_(?!\w)")
_LINE_LIKE_IT = "\N{FULLWIDTH LOW LINE}"
_TICK = "\N{MODIFIER LETTER GRAVE ACCENT}"
_WHITE_SPACE = re.compile(r"[ \t\r\n]+")
"""Sentences may have several lines. Other control characters do not count as white space."""

_WORD_JOINER = "\N{WORD JOINER}"


def escape(text: str) -> str:
    """For mrkdwn and the `text` of a message, not for plain_text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def prose(text: str, most: int = MOST_IN_PROSE) -> str:
    """A sentence that may quote other texts, shortened to `most` characters. Turns user IDs into
    mentions, and times in UTC into the reader's time zone. Keeps signs that have no effect on
    style, so that users can copy them."""
    line = cut(text, most)
    if "`" not in line:
        line = _ARN.sub(r"`\g<0>`", line)
    elif line.count("`") % 2:
        line = line.replace("`", _TICK)
    pieces = re.split(r"(`[^`]*`)", line)
    return "".join(escape(each) if each.startswith("`") else _unstyled(each) for each in pieces)


def _unstyled(text: str) -> str:
    """For text outside of code."""
    for sign, lookalike in _LOOKALIKES.items():
        if text.count(sign) > 1:
            text = text.replace(sign, lookalike)
    if len(_UNDERLINE.findall(text)) > 1:
        text = _UNDERLINE.sub(_LINE_LIKE_IT, text)
    text = escape(_EMOJI.sub(f":{_WORD_JOINER}", text))
    return _TIME.sub(_in_zone_of_reader, _USER_INSIDE.sub(r"<@\g<0>>", text))


def _in_zone_of_reader(found: re.Match[str]) -> str:
    try:
        return date(parse_time(found[0]))
    except ValueError:
        return found[0]


def code(name: str, most: int = MOST_IN_NAME) -> str:
    """A name as code. A long name is cut in the middle."""
    return f"`{escape(shortened(name, most).replace('`', _TICK)) or '?'}`"


def codes(names: Iterable[str], most: int = 3) -> str:
    """The first names, and the number of the others."""
    every = list(names)
    first = ", ".join(map(code, every[:most]))
    more = len(every) - most
    return f"{first} and {more:,} more" if more > 0 else first


def is_user(who: str) -> bool:
    """Whether `who` is the ID of a Slack user."""
    return _SLACK_USER.fullmatch(who) is not None


def mention(who: str) -> str:
    """A mention of a Slack user; for an ARN, its last part as code."""
    if is_user(who):
        return f"<@{who}>"
    return code(re.split("[/:]", who)[-1] if who.startswith("arn:") else who)


def group_mention(id_: str) -> str:
    """A mention of a user group. In a message that others see, it notifies the members."""
    return f"<!subteam^{id_}>" if re.fullmatch(r"S[A-Z0-9]+", id_) else code(id_)


def mentions(whose: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    every = list(map(mention, whose))
    return " and ".join(filter(None, (", ".join(every[:-1]), *every[-1:])))


def channel_link(id_: str) -> str:
    return f"<#{id_}>" if re.fullmatch(r"[A-Z0-9]+", id_) else code(id_)


def date(at: datetime) -> str:
    """Slack shows the time in the reader's time zone; clients without support show UTC."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} at {{time}}|{format_time(at)}>"


def date_to_the_second(at: datetime) -> str:
    """As `date`, with seconds: an undo window may be shorter than a minute."""
    stamp = int(at.timestamp())
    return f"<!date^{stamp}^{{date_short_pretty}} at {{time_secs}}|{at:%Y-%m-%d %H:%M:%S} UTC>"


def day(at: datetime) -> str:
    """As `date`, without the time."""
    return f"<!date^{int(at.timestamp())}^{{date_short}}|{at:%Y-%m-%d}>"


def pretty_day(at: datetime) -> str:
    """As `day`, but `today` and `yesterday` by name."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}}|{at:%Y-%m-%d}>"


def cut(text: str, most: int) -> str:
    """One line of at most `most` characters after escaping, cut after a word. Removes secrets
    before the cut, since a part of a secret is a secret too."""
    line = sanitize.line(" ".join(_WHITE_SPACE.split(text.strip())))
    if len(escape(line)) <= most:
        return line
    ends = list(accumulate(len(escape(sign)) for sign in line[:most]))
    head = line[: bisect_left(ends, most)]
    behind_word = head.rsplit(" ", 1)[0] if " " in head[len(head) // 2 :] else head
    return behind_word.rstrip(" ,;:.") + "…"


def shortened(name: str, most: int) -> str:
    """Cuts a long name in the middle, since names of builds differ at the end."""
    line = sanitize.line(name.strip())
    if len(line) <= most:
        return line
    return f"{line[: most - _END_OF_NAME - 1]}…{line[-_END_OF_NAME:]}"


def distinct_names(names: Iterable[str], most: int) -> Iterator[str]:
    """The names in order, each within `most` characters, which are at least 20. Long names are cut
    in the middle; names that would be equal then get a number."""
    taken: set[str] = set()
    for name in names:
        free = next(each for each in _short_forms(name, most) if each not in taken)
        taken.add(free)
        yield free


def _short_forms(name: str, most: int) -> Iterator[str]:
    yield shortened(name, most)
    for number in count(2):
        end = f" {number}"
        yield shortened(name, most - len(end)) + end
