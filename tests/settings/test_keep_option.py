"""`--keep`: rules written as in the settings, and errors that name the option."""

# ruff: noqa: E501 - one row for each case

from datetime import timedelta

import pytest

from bot.core.errors import RequestError
from bot.core.patterns import Patterns
from bot.core.rules.newest import NewestRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.tags import TagsRule
from bot.settings.keep_option import parse_keep_options

KEYS = "a rule such as '{newest: 15}', with the keys tags, except_tags, newest, per, active_within, pushed_within, pulled_within, used_within, semver"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{newest: 3}", NewestRule(3, TagFilter())),
        ('{newest: 3, tags: ["*SNAPSHOT*"]}', NewestRule(3, TagFilter(Patterns.of("*SNAPSHOT*")))),
        ("newest: 0", NewestRule(0, TagFilter())),
        ("pushed_within: 30d", PushedWithinRule(timedelta(days=30), TagFilter())),
        ("{tags: ['v*']}", TagsRule(TagFilter(Patterns.of("v*")))),
    ],
)
def test_a_rule_is_written_as_in_the_settings(text: str, expected: Rule) -> None:
    assert parse_keep_options([text]) == (expected,)


def test_all_options_are_one_list() -> None:
    assert parse_keep_options(["newest: 3", "tags: [v*]"]) == (
        NewestRule(3, TagFilter()),
        TagsRule(TagFilter(Patterns.of("v*"))),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15", f"--keep: found 15; allowed: {KEYS}"),
        ("", f"--keep: found null; allowed: {KEYS}"),
        ("[{newest: 3}]", f"--keep: found [{{'newest': 3}}]; allowed: {KEYS}"),
        (
            "{}",
            f"--keep: found {{}}, but the rule is empty; set tags, except_tags or one of newest, pushed_within, pulled_within, used_within, semver; allowed: {KEYS}",
        ),
        (
            "{newest: 3, pushed_within: 3d}",
            "--keep: found {'newest': 3, 'pushed_within': '3d'}, but one rule has newest and pushed_within; write a rule for each; ",
        ),
        ("{newest: -1}", "--keep.newest: found -1; allowed: an integer, at least 0"),
        (
            "{pushed_within: soon}",
            "--keep.pushed_within: found 'soon', but 'soon' is not a duration: write 30s, 5m, 24h or 30d; allowed: a duration, such as 30s, 5m, 24h or 30d",
        ),
        ("{tags: v1}", "--keep.tags: found 'v1'; allowed: a non-empty list"),
        (
            "{semver: {minor: 2}}",
            "--keep.semver.minor is unknown (did you mean minors?); allowed: majors, minors, patches, version, prereleases, flavors",
        ),
        ("{newst: 3}", "--keep.newst is unknown (did you mean newest?); allowed: tags, "),
        (
            "{tags: [*latest*]}",
            "--keep is not valid YAML: found undefined alias 'latest*' (line 1, column 9): write it in quotes",
        ),
        ("{newest: 3", "--keep is not valid YAML: "),
        ("[" * 5000, "--keep is not valid YAML: the nesting is too deep"),
    ],
)
def test_errors_name_the_option_what_was_found_and_what_is_allowed(
    text: str, expected: str
) -> None:
    with pytest.raises(RequestError) as caught:
        parse_keep_options(["newest: 3", text])
    assert str(caught.value).startswith(expected)


def test_each_wrong_key_has_a_sentence() -> None:
    with pytest.raises(RequestError) as caught:
        parse_keep_options(["{newest: many, tags: 3}"])
    assert str(caught.value).splitlines() == [
        "--keep.tags: found 3; allowed: a non-empty list",
        "--keep.newest: found 'many'; allowed: an integer, at least 0",
    ]
