"""Parses the text after `/ecr-clean`, including typographic quotes that Slack's clients insert."""

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

from bot.core.errors import PatternError, RequestError
from bot.core.name_syntax import REPOSITORIES
from bot.core.repository import is_repository_name, parse_registry_host
from bot.core.text_formatting import parse_end
from bot.slack.action_ids import COMMAND

LONGEST_REPOSITORY = 512
"""Characters, with the registry's host: ECR API reference, CreateRepository."""

LONGEST_LINE = 8_000
"""Characters: room for MOST_NAMES tags of ECR's 128 characters and a reason."""

MOST_NAMES = 50
"""Tags in one command."""

_QUOTES = "`\"'“”‘’„«»"  # noqa: RUF001 - Slack's clients insert them
_CLOSING_QUOTES = {
    "`": "`",
    '"': '"',
    "'": "'",
    "“": "”",
    "‘": "’",  # noqa: RUF001
    "„": "“”",
    "«": "»",
}
"""Closing quotes by opening quote."""

_CLOSING = {opening: re.compile(f"[{closing}]") for opening, closing in _CLOSING_QUOTES.items()}

_WORD = re.compile(r"[^\s,]+")
_SEPARATORS = re.compile(r"[\s,]*")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200e\u200f\u2060\ufeff"))

_KEYWORD = re.compile(r"\b(?:for|until|because)\b")
_TIME_KEYWORDS = {"for", "until"}
_REASON_KEYWORD = {"because"}


class CommandWord(NamedTuple):
    """One word of a command. `start` and `end`: the position in the text, quotes included. A quoted
    word is a name, never a keyword."""

    text: str
    is_quoted: bool
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The text after `/ecr-clean`, and its words."""

    text: str
    words: Sequence[CommandWord]

    @classmethod
    def of(cls, text: str) -> Self:
        """Raises RequestError for a text longer than LONGEST_LINE."""
        if len(text) > LONGEST_LINE:
            raise RequestError(
                f"The command has {len(text):,} characters; the limit is {LONGEST_LINE:,}. Split "
                "it into several commands, or use a pattern"
            )
        visible = text.translate(_INVISIBLE)
        return cls(visible, [word for word in _words(visible) if word.text])

    @property
    def names(self) -> Sequence[str]:
        return [word.text for word in self.words]

    @property
    def command(self) -> str:
        """The first word, which may be no command's name. `help` for an empty text and `?`."""
        first = next(iter(self.names), "")
        return first.lower().strip("-?!.") or "help"

    def with_word(self, index: int, text: str) -> str:
        """The text with the word at the index replaced."""
        word = self.words[index]
        return f"{self.text[: word.start]}{text}{self.text[word.end :]}".strip()


@dataclass(frozen=True, slots=True)
class CommandUsage:
    """The arguments that a command takes. `text`: as the help shows it; `least` and `most`: numbers
    of words before the first keyword."""

    text: str
    least: int
    most: int
    keywords: frozenset[str]

    @classmethod
    def of(cls, text: str) -> Self:
        """Parses a text such as `REPOSITORY TAG… [for 30d] because REASON`: a word in brackets is
        optional, and a word with an ellipsis means up to MOST_NAMES words."""
        words = re.split(rf"\[?{_KEYWORD.pattern}", text)[0].split()
        return cls(
            text,
            least=sum(not word.startswith("[") for word in words),
            most=sum(MOST_NAMES if word.endswith("…") else 1 for word in words),
            keywords=frozenset(_KEYWORD.findall(text)),
        )


ANYTHING = CommandUsage("", 0, LONGEST_LINE, frozenset())
"""Accepts any words; the command ignores them."""


class CommandArguments(NamedTuple):
    """The parsed arguments of a command. `names`: the words before the first keyword; `time`: the
    words after `for` or `until`, None without these keywords; `reason`: the text after `because`,
    unchanged."""

    names: Sequence[str]
    time: str | None
    reason: str


def read_arguments(line: CommandLine, usage: CommandUsage) -> CommandArguments:
    """Raises RequestError with the usage for too few or too many words."""
    reason = _find(line, usage.keywords & _REASON_KEYWORD, 1, len(line.words))
    time = _find(line, usage.keywords & _TIME_KEYWORDS, 1, reason)
    names = line.names[1:time]
    if not usage.least <= len(names) <= usage.most:
        synopsis = f"{COMMAND} {line.command} {usage.text}".strip()
        raise RequestError(f"Usage: `{synopsis}`")
    return CommandArguments(
        names,
        " ".join(line.names[time + 1 : reason]) if time < reason else None,
        _text_after(line, reason),
    )


def read_end(text: str, now: datetime) -> datetime:
    """`text`: a duration from now, or a day, which ends in UTC. Raises RequestError for another
    text."""
    try:
        return parse_end(text, now)
    except ValueError as error:
        raise RequestError(
            f"Invalid time {text[:100]!r}: write `for 30d` or `until 2026-12-31`"
        ) from error


def as_repository(text: str) -> str:
    """`text`: a name or a URI. Raises RequestError for another text."""
    repository = _normalized(text)
    host, slash, name = repository.partition("/")
    if not (slash and parse_registry_host(host)):
        name = repository
    if "@" in name or ":" in name:
        raise RequestError(_names_an_image(text))
    if not is_repository_name(name):
        raise RequestError(
            f"Invalid repository name {text[:100]!r}: use 2 to 256 letters, digits and single "
            ". _ - / between them"
        )
    return repository


def as_repositories(text: str) -> str:
    """`text`: a name, a URI or a pattern. Raises RequestError for another text."""
    repository = _normalized(text)
    if is_pattern(repository) and repository.isprintable():
        return _checked_glob(repository)
    return as_repository(text)


def is_pattern(text: str) -> bool:
    return any(sign in text for sign in "*?[")


def _words(text: str) -> Iterator[CommandWord]:
    """White space and commas separate words, except in quotes. A quote that is never closed is part
    of its word. Reads each character a bounded number of times."""
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
        yield CommandWord(found.strip(_QUOTES), found[0] in _QUOTES, start, end)
        start = _next_word(text, end)


def _next_word(text: str, position: int) -> int:
    """The length of the text if no word follows."""
    separators = _SEPARATORS.match(text, position)
    assert separators
    return separators.end()


def _end_of_quotation(text: str, start: int) -> int:
    """Expects an opening quote at `start`, and its closing quote after it."""
    closing = _CLOSING[text[start]].search(text, start + 1)
    assert closing
    return closing.end()


def _end_of_word(text: str, start: int) -> int:
    word = _WORD.match(text, start)
    assert word
    return word.end()


def _find(line: CommandLine, keywords: Collection[str], start: int, end: int) -> int:
    """The index of the first of the keywords; `end` if there is none."""
    indexes = (
        index
        for index, word in enumerate(line.words[start:end], start)
        if not word.is_quoted and word.text.lower() in keywords
    )
    return next(indexes, end)


def _text_after(line: CommandLine, index: int) -> str:
    return line.text[line.words[index].end :].strip() if index < len(line.words) else ""


def _normalized(text: str) -> str:
    """In lower case, as all names in ECR are: phones capitalize the first letter. Raises
    RequestError for a text that is too long."""
    if len(text) > LONGEST_REPOSITORY:
        raise RequestError(f"The repository's name is longer than {LONGEST_REPOSITORY} characters")
    return text.lower().removeprefix("https://").rstrip("/")


def _checked_glob(glob: str) -> str:
    try:
        return REPOSITORIES.check_glob(glob)
    except PatternError as error:
        raise RequestError(f"{error}; write a name, or a glob such as team/*") from error


def _names_an_image(text: str) -> str:
    bare = text.partition("@")[0]
    has_tag = ":" in bare.rpartition("/")[2]
    repository, _, tag = bare.rpartition(":") if has_tag else (bare, "", "TAG")
    return (
        f"{text} names an image, not a repository: leave out tag and digest (`{repository}`). "
        f"`{COMMAND} why {repository} {tag}` shows why an image is deleted or kept"
    )
