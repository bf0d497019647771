"""How lines after `/ecr-clean` are read: as people type them, and as Slack's clients change
them."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from bot.core.durations import parse_end
from bot.core.errors import RequestError
from bot.core.legal_texts import REPOSITORIES
from bot.core.patterns import PatternError
from bot.core.repository import is_repository_name, parse_registry_host
from bot.slack.ids import COMMAND

LONGEST_REPOSITORY = 512
"""A registry's host and a name: ECR API reference, CreateRepository."""

LONGEST_LINE = 8_000
"""Characters: room for MOST_NAMES tags of ECR's 128 characters and a reason."""

MOST_NAMES = 50
"""Tags in one line."""

_QUOTES = "`\"'“”‘’„«»"  # noqa: RUF001 - Slack's clients make them
_CLOSING_QUOTES = {
    "`": "`",
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",  # noqa: RUF001
    "„": "“”",
    "«": "»",
}
"""By the opening quote."""

_CLOSING = {opening: re.compile(f"[{closing}]") for opening, closing in _CLOSING_QUOTES.items()}

_WORD = re.compile(r"[^\s,]+")
_SEPARATORS = re.compile(r"[\s,]*")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))


class Word(NamedTuple):
    """`start` and `end`: where it stands in the line, quotes included. `is_quoted`: it is a name,
    even if it is called like a word of ours."""

    text: str
    is_quoted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    words: Sequence[Word]

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises RequestError for a line longer than LONGEST_LINE."""
        if len(text) > LONGEST_LINE:
            raise RequestError(
                f"This line has {len(text):,} characters, and {COMMAND} reads at most "
                f"{LONGEST_LINE:,}. Split it into several lines, or use a pattern"
            )
        seen = text.translate(_INVISIBLE)
        return cls(seen, [word for word in _words(seen) if word.text])

    @property
    def names(self) -> Sequence[str]:
        return [word.text for word in self.words]

    @property
    def command(self) -> str:
        """What the first word calls, whether there is such a command or not: also `help?` and
        `--help`."""
        first = next(iter(self.names), "")
        return first.lower().strip("-?!.") or "help"

    def with_word(self, place: int, text: str) -> str:
        """The same line with another word there."""
        word = self.words[place]
        return f"{self.text[: word.start]}{text}{self.text[word.end :]}".strip()


class Form(NamedTuple):
    """How a command is written, and what it does."""

    usage: str
    does: str


FORMS = {
    "report": Form(
        "report REPOSITORY", "the same, for a repository that is called like one of these commands"
    ),
    "list": Form("list [PATTERN]", "what the repositories cost, and what could be freed"),
    "why": Form("why REPOSITORY TAG", "why an image stays or goes, and who uses it"),
    "pins": Form("pins REPOSITORY", "what is pinned, by whom and why"),
    "pin": Form(
        "pin REPOSITORY TAG… [for 30d | until 2026-12-31] because REASON",
        "keeps tags, digests, or all tags that fit a pattern",
    ),
    "unpin": Form("unpin REPOSITORY TAG…", "takes pins off: your own, or as an approver any"),
    "history": Form("history [REPOSITORY]", "what became of the last plans"),
    "status": Form("status", "what is going on just now"),
    "stop": Form("stop PLAN", "stops a deletion, before it starts or in the middle of it"),
    "pause": Form("pause [because REASON]", "no deletion starts anywhere any more (approvers)"),
    "resume": Form("resume", "deletions may start again (approvers)"),
    "help": Form("help", "shows this"),
}


class PinLine(NamedTuple):
    """`until`: in UTC; None is never. `reason` may be empty."""

    repository: str
    pins: Sequence[str]
    until: datetime | None
    reason: str


def arguments(line: Line, least: int, most: int) -> Sequence[str]:
    """What follows the command. Raises RequestError if that is too little or too much."""
    found = line.names[1:]
    if not least <= len(found) <= most:
        raise misuse(line)
    return found


def repository_and_names(line: Line) -> tuple[str, Sequence[str]]:
    """Raises RequestError as `arguments` does, and for what is no repository."""
    repository, *names = arguments(line, 2, MOST_NAMES + 1)
    return as_repository(repository), names


def read_pin(line: Line, now: datetime) -> PinLine:
    """Raises RequestError for what is no such line."""
    because = _find(line, ("because",), 1, len(line.words))
    span = _find(line, ("for", "until"), 1, because)
    names = line.names[1:span]
    if not 2 <= len(names) <= MOST_NAMES + 1:
        raise misuse(line)
    return PinLine(
        as_repository(names[0]),
        names[1:],
        _end(line.names[span + 1 : because], now) if span < because else None,
        _rest(line, because),
    )


def read_reason(line: Line) -> str:
    """Of `pause`; may be empty. Raises RequestError if something else follows the command."""
    because = _find(line, ("because",), 1, len(line.words))
    if because != 1:
        raise misuse(line)
    return _rest(line, because)


def as_repository(text: str) -> str:
    """A name or a URI. Raises RequestError for what can be neither."""
    repository = _plain(text)
    host, slash, name = repository.partition("/")
    if not (slash and parse_registry_host(host)):
        name = repository
    if "@" in name or ":" in name:
        raise RequestError(_names_an_image(text))
    if not is_repository_name(name):
        raise RequestError(
            f"{text[:100]!r} is no repository: a name has 2 to 256 letters, digits and single "
            ". _ - / between them"
        )
    return repository


def as_repositories(text: str) -> str:
    """The same, or a pattern. Raises RequestError."""
    repository = _plain(text)
    if is_pattern(repository) and repository.isprintable():
        return _checked_glob(repository)
    return as_repository(text)


def is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def misuse(line: Line) -> RequestError:
    return RequestError(f"Write it like this: `{COMMAND} {FORMS[line.command].usage}`")


def _words(text: str) -> Iterator[Word]:
    """Words stand between white space and commas, unless they are quoted. A quote that is never
    closed is a part of its word. Reads each character a bounded number of times."""
    last_closing = {
        opening: max(map(text.rfind, closing)) for opening, closing in _CLOSING_QUOTES.items()
    }
    start = _next_word(text, 0)
    while start < len(text):
        if last_closing.get(text[start], -1) > start:
            end = _end_of_quotation(text, start)
        else:
            end = _end_of_word(text, start)
        found = text[start:end]
        yield Word(found.strip(_QUOTES), found[0] in _QUOTES, start, end)
        start = _next_word(text, end)


def _next_word(text: str, position: int) -> int:
    """The length of the text if no word follows."""
    separators = _SEPARATORS.match(text, position)
    assert separators
    return separators.end()


def _end_of_quotation(text: str, start: int) -> int:
    """For an opening quote that is closed somewhere behind it."""
    closing = _CLOSING[text[start]].search(text, start + 1)
    assert closing
    return closing.end()


def _end_of_word(text: str, start: int) -> int:
    word = _WORD.match(text, start)
    assert word
    return word.end()


def _find(line: Line, keywords: Sequence[str], start: int, end: int) -> int:
    """The place of the first of them; `end` if there is none."""
    places = (
        place
        for place, word in enumerate(line.words[start:end], start)
        if not word.is_quoted and word.text.lower() in keywords
    )
    return next(places, end)


def _rest(line: Line, place: int) -> str:
    """All that is written behind that word, as it is."""
    return line.text[line.words[place].end :].strip() if place < len(line.words) else ""


def _end(words: Sequence[str], now: datetime) -> datetime:
    text = " ".join(words)
    try:
        return parse_end(text, now)
    except ValueError as error:
        raise RequestError(
            f"{text[:100]!r} is no time: write `for 30d` or `until 2026-12-31`"
        ) from error


def _plain(text: str) -> str:
    """ECR's names are in lower case, whatever a phone makes of them. Raises RequestError."""
    if len(text) > LONGEST_REPOSITORY:
        raise RequestError("No repository has a name as long as that: check it")
    return text.lower().removeprefix("https://").rstrip("/")


def _checked_glob(glob: str) -> str:
    try:
        return REPOSITORIES.check(glob)
    except PatternError as error:
        raise RequestError(f"{error}; write a name, or a glob such as team/*") from error


def _names_an_image(text: str) -> str:
    bare = text.partition("@")[0]
    has_tag = ":" in bare.rpartition("/")[2]
    repository, _, tag = bare.rpartition(":") if has_tag else (bare, "", "TAG")
    return (
        f"{text} names an image, not a repository: leave out tag and digest (`{repository}`). "
        f"`{COMMAND} why {repository} {tag}` tells why an image stays or goes"
    )
