"""Names and texts of others have no markup effect in Slack."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.text_formatting import format_time
from bot.slack.mrkdwn import (
    channel_link,
    code,
    codes,
    cut,
    date,
    day,
    escape,
    mention,
    mentions,
    prose,
    shortened,
)
from tests.core.test_properties import tries
from tests.support import NOW

STAR, WAVE = "\N{ASTERISK OPERATOR}", "\N{TILDE OPERATOR}"
LINE, TICK = "\N{FULLWIDTH LOW LINE}", "\N{MODIFIER LETTER GRAVE ACCENT}"
ARN = "arn:aws:iam::123456789012:user/team/ann"


def test_mentions_are_escaped() -> None:
    assert escape("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words, 5 < 6", "plain words, 5 &lt; 6"),
        ("not among the 5 newest *SNAPSHOT*", f"not among the 5 newest {STAR}SNAPSHOT{STAR}"),
        ("put '*' into usage", "put '*' into usage"),
        ("~gone~ and _so_", f"{WAVE}gone{WAVE} and {LINE}so{LINE}"),
        ("snake_case_stays, _one does", "snake_case_stays, _one does"),
        ("set `execution.enabled: *` & `a`", "set `execution.enabled: *` &amp; `a`"),
        ("an odd ` tick", f"an odd {TICK} tick"),
        (f"{ARN} may not", f"`{ARN}` may not"),
        ("host:smile:tag", "host:\N{WORD JOINER}smile:tag"),
        ("two\nlines\tand  spaces", "two lines and spaces"),
        ("abc\N{RIGHT-TO-LEFT OVERRIDE}def", r"abc\u202edef"),
        ("pinned by U0000000001: why", "pinned by <@U0000000001>: why"),
        ("U0000000001", "<@U0000000001>"),
        ("UNAUTHORIZED, tag-U0000000001 and /U0000000001", None),
        ("only in its own channel, C0000000001", None),
        ("the tag C0000000001", None),
    ],
)
def test_prose(text: str, shown: str | None) -> None:
    assert prose(text) == (shown or text)


@given(st.text(max_size=400))
@tries(150)
def test_any_prose_is_short_and_without_markup(text: str) -> None:
    said = prose(text, 100)
    assert len(said) <= 200
    assert "\n" not in said
    assert said.count("`") % 2 == 0
    assert not any(sign in said for sign in ("<!", "<http", "<mailto", "<subteam"))


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("1.2.0", "`1.2.0`"),
        ("_a.b-c_", "`_a.b-c_`"),
        ("a`b", f"`a{TICK}b`"),
        ("<!here>", "`&lt;!here&gt;`"),
        ("", "`?`"),
        ("a" * 60, f"`{'a' * 60}`"),
        ("a" * 100 + "-build-12345678", "`" + "a" * 43 + "…a-build-12345678`"),
    ],
)
def test_names_as_code(name: str, shown: str) -> None:
    assert code(name) == shown


def test_some_names() -> None:
    assert codes(["a"]) == "`a`"
    assert codes(list("abcde")) == "`a`, `b`, `c` and 2 more"


@pytest.mark.parametrize(
    ("who", "shown"),
    [
        ("U0000000001", "<@U0000000001>"),
        ("W012A3CDE", "<@W012A3CDE>"),
        (ARN, "`ann`"),
        ("arn:aws:sts::123456789012:assumed-role/Deployer/session", "`session`"),
        ("arn:aws:iam::123456789012:root", "`root`"),
        ("ecr-clean", "`ecr-clean`"),
        ("U1> <!channel", "`U1&gt; &lt;!channel`"),
    ],
)
def test_mention_of_a_user(who: str, shown: str) -> None:
    assert mention(who) == shown


def test_mentions_of_several_users() -> None:
    users = ["U0000000001", "U0000000002", "U0000000003"]
    assert mentions(users[:1]) == "<@U0000000001>"
    assert mentions(users[:2]) == "<@U0000000001> and <@U0000000002>"
    assert mentions(users) == "<@U0000000001>, <@U0000000002> and <@U0000000003>"


def test_channels() -> None:
    assert channel_link("C0000000001") == "<#C0000000001>"
    assert channel_link("general>") == "`general&gt;`"


def test_times_in_the_readers_time_zone() -> None:
    at = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert date(at) == "<!date^1795435200^{date_short_pretty} at {time}|2026-11-23 12:00 UTC>"
    assert day(at) == "<!date^1795435200^{date_short}|2026-11-23>"


@pytest.mark.parametrize(
    "text", ["2026-13-45 12:00 UTC", "v2026-11-23 12:00 UTC", "`2026-11-23 12:00 UTC`"]
)
def test_other_texts_are_no_times(text: str) -> None:
    assert prose(text) == text


def test_times_in_a_sentence() -> None:
    assert prose(f"last pulled {format_time(NOW)}, in use") == f"last pulled {date(NOW)}, in use"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("one two", "one two"),
        ("one two three", "one two…"),
        ("onetwothreefour", "onetwothr…"),
        ("&&&&", "&amp;…"),
    ],
)
def test_cut_after_a_word(text: str, shown: str) -> None:
    assert escape(cut(text, 10)) == shown


def test_a_long_name_keeps_its_end() -> None:
    assert shortened("x" * 200 + "-0123456789", 30) == "x" * 13 + "…xxxxx-0123456789"
