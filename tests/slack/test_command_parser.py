"""The parser of the text after `/ecr-clean`."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import RequestError
from bot.slack.command_parser import (
    LONGEST_LINE,
    MOST_NAMES,
    CommandArguments,
    CommandLine,
    CommandUsage,
    as_repositories,
    as_repository,
    read_arguments,
    read_end,
)
from tests.core.test_properties import tries
from tests.support import NOW

URI = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api"
DAY = timedelta(days=1)


def names(text: str) -> list[str]:
    return list(CommandLine.of(text).names)


def pin(text: str) -> CommandArguments:
    usage = CommandUsage.of("REPOSITORY TAG… [for 30d | until 2026-12-31] because REASON")
    return read_arguments(CommandLine.of(text), usage)


def pause(text: str) -> CommandArguments:
    return read_arguments(CommandLine.of(text), CommandUsage.of("[because REASON]"))


@pytest.mark.parametrize(
    ("usage", "least", "most"),
    [
        ("", 0, 0),
        ("PLAN", 1, 1),
        ("[PATTERN]", 0, 1),
        ("REPOSITORY TAG", 2, 2),
        ("REPOSITORY TAG…", 2, 1 + MOST_NAMES),
        ("[because REASON]", 0, 0),
    ],
)
def test_the_usage_limits_the_number_of_words(usage: str, least: int, most: int) -> None:
    for number in (least, most):
        line = CommandLine.of("stop" + " x" * number)
        assert len(read_arguments(line, CommandUsage.of(usage)).names) == number
    for number in {least - 1, most + 1} - {-1}:
        with pytest.raises(RequestError) as error:
            read_arguments(CommandLine.of("STOP" + " x" * number), CommandUsage.of(usage))
        assert str(error.value) == f"Usage: `{f'/ecr-clean stop {usage}'.strip()}`"


def test_keywords_are_those_of_the_usage() -> None:
    line = CommandLine.of("why because for")
    assert read_arguments(line, CommandUsage.of("REPOSITORY TAG")).names == ["because", "for"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("  \t\n ", []),
        ("why  team/api\u00a01.0 ", ["why", "team/api", "1.0"]),
        ("why `team/api` “1.0”", ["why", "team/api", "1.0"]),
        ("why 'team/api' \u2018latest\u2019", ["why", "team/api", "latest"]),
        ("pin „team/api“ «1.0»", ["pin", "team/api", "1.0"]),
        ("pin team/api `1.0`,`1.1`, 1.2,1.3", ["pin", "team/api", "1.0", "1.1", "1.2", "1.3"]),
        ("unpin team/api `[ a]*`", ["unpin", "team/api", "[ a]*"]),
        ("why \u200bteam/api\u2060 \ufeff1.0", ["why", "team/api", "1.0"]),
        ("why team/api “1.0", ["why", "team/api", "1.0"]),
        ("`` '' ,, why", ["why"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert names(text) == expected


QUOTED_OR_BARE = re.compile(
    "`[^`]*`|\"[^\"]*\"|'[^']*'|“[^”]*”|‘[^’]*’|„[^“”]*[“”]|«[^»]*»|[^\\s,]+"  # noqa: RUF001
)


@given(st.text("`\"'“”‘’„«»a, \n", max_size=30))  # noqa: RUF001
@tries(250)
def test_quoted_words_match_the_regular_expression(text: str) -> None:
    """The expression defines the words, but takes quadratic time for quotes that never close."""
    spans = [(word.start, word.end) for word in CommandLine.of(text).words]
    expected = [found.span() for found in QUOTED_OR_BARE.finditer(text)]
    assert spans == [span for span in expected if text[slice(*span)].strip("`\"'“”‘’„«»")]  # noqa: RUF001


def test_a_command_of_the_greatest_length() -> None:
    assert names("„ " * (LONGEST_LINE // 2)) == []


def test_a_command_that_is_too_long() -> None:
    with pytest.raises(RequestError, match="the limit is 8,000"):
        CommandLine.of("a" * (LONGEST_LINE + 1))


@given(st.text(max_size=200))
@tries(100)
def test_any_text_can_be_parsed(text: str) -> None:
    line = CommandLine.of(text)
    for index, word in enumerate(line.words):
        assert "x" in CommandLine.of(line.with_word(index, "`x`")).names
        assert not any(sign.isspace() for sign in word.text) or word.is_quoted
    for read in (as_repository, as_repositories):
        with suppress(RequestError):
            assert read(text) == text.lower().removeprefix("https://").rstrip("/")


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("", "help"),
        ("?", "help"),
        ("--help", "help"),
        ("Help?", "help"),
        ("WHY team/api 1.0", "why"),
        ("team/v?", "team/v"),
    ],
)
def test_command(text: str, command: str) -> None:
    assert CommandLine.of(text).command == command


def test_replacing_a_word_keeps_the_rest() -> None:
    line = CommandLine.of("pin `api` 1.0 because “it's  fine”")
    assert line.with_word(1, URI) == f"pin {URI} 1.0 because “it's  fine”"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pin api 1.0 because QA", (["api", "1.0"], None, "QA")),
        ("pin api 1.0", (["api", "1.0"], None, "")),
        ("pin api 1.0 because", (["api", "1.0"], None, "")),
        ("pin api a b* for 30d because x", (["api", "a", "b*"], "30d", "x")),
        ("pin api a FOR 12h Because x", (["api", "a"], "12h", "x")),
        ("pin api a until 2026-12-31 because x", (["api", "a"], "2026-12-31", "x")),
        ("pin api a for because x", (["api", "a"], "", "x")),
        (
            "pin api a because *we* test for 30d because so",
            (["api", "a"], None, "*we* test for 30d because so"),
        ),
        ("pin api `for` “until” `because`", (["api", "for", "until", "because"], None, "")),
    ],
)
def test_pin(text: str, expected: tuple[list[str], str | None, str]) -> None:
    assert pin(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "pin",
        "pin api",
        "pin api because because x",
        "pin because x",
        "pin api for 30d because x",
        "pin api until 2026-12-31",
        f"pin api {'1 ' * (MOST_NAMES + 1)} because x",
    ],
)
def test_missing_words(text: str) -> None:
    with pytest.raises(RequestError, match="Usage: `/ecr-clean pin REPOSITORY"):
        pin(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("30d", NOW + 30 * DAY),
        ("12h", NOW + DAY / 2),
        ("2026-12-31", datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_end_of_a_pin(text: str, expected: datetime) -> None:
    assert read_end(text, NOW) == expected


@pytest.mark.parametrize(
    "text", ["", "30", "30 days", "soon", "-1d", "2026-13-01", "9999-12-31", "2026-12-31 to"]
)
def test_invalid_end_of_a_pin(text: str) -> None:
    with pytest.raises(RequestError, match=r"^Invalid time .*: write `for 30d` or `until 2026-1"):
        read_end(text, NOW)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("team/api", "team/api"),
        ("Team/API", "team/api"),
        (URI, URI),
        (f"https://{URI}/", URI),
        (f"https://{URI.upper()}", URI),
    ],
)
def test_a_repository(text: str, expected: str) -> None:
    assert as_repository(text) == as_repositories(text) == expected


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("team/api:1.0", r"leave out tag and digest \(`team/api`\).*why team/api 1\.0` shows"),
        (f"{URI}:V1", rf"leave out tag and digest \(`{URI}`\).*why {URI} V1` shows"),
        ("team/api@sha256:ab", r"leave out tag and digest \(`team/api`\).*why team/api TAG`"),
        ("team/api:1@sha256:ab", r"\(`team/api`\).*why team/api 1`"),
        ("x", "Invalid repository name 'x': use 2 to 256"),
        ("t\u00e9am/api", "Invalid repository name"),
        ("team/api\x00", "Invalid repository name"),
        ("team/api\ud800", "Invalid repository name"),
        ("a" * 513, "The repository's name is longer than 512 characters"),
    ],
)
def test_invalid_repositories(text: str, says: str) -> None:
    for read in (as_repository, as_repositories):
        with pytest.raises(RequestError, match=says):
            read(text)


def test_patterns_are_for_reports() -> None:
    assert as_repositories("Team/*") == "team/*"
    for read, text in ((as_repository, "team/*"), (as_repositories, "team/*\x00")):
        with pytest.raises(RequestError, match="Invalid repository name"):
            read(text)
    with pytest.raises(RequestError, match=r"can match no .* \(none has '{'\); write a name"):
        as_repositories("{team}/*")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("pause", ""), ("pause because", ""), ("pause BECAUSE  of *Friday* ", "of *Friday*")],
)
def test_reason_of_a_pause(text: str, expected: str) -> None:
    assert pause(text).reason == expected


@pytest.mark.parametrize("text", ["pause now", "pause for 1h because x", "pause `because` x"])
def test_a_pause_takes_only_a_reason(text: str) -> None:
    with pytest.raises(RequestError, match=r"Usage: `/ecr-clean pause \[because REASON\]`"):
        pause(text)
