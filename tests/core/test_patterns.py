import pytest

from bot.core.errors import PatternError
from bot.core.patterns import Patterns


@pytest.mark.parametrize(
    ("glob", "text"),
    [
        ("team/*", "team/api/v2"),
        ("*SNAPSHOT*", "1.0-snapshot-3"),
        ("v?", "V1"),
        ("[0-9]x", "1X"),
        ("[!0-9]x", "ax"),
        ("[]]", "]"),
        ("[!]]", "a"),
        ("a.b", "a.b"),
    ],
)
def test_a_glob_matches(glob: str, text: str) -> None:
    assert Patterns.of(glob).match(text)
    assert Patterns.of("no", glob).match_any(["nothing", text])


@pytest.mark.parametrize(
    ("glob", "text"),
    [("v1", "v1.0"), ("a.b", "axb"), ("[!0-9]x", "1x"), ("(?!)", ""), ("v1", "xv1"), ("a", "a\n")],
)
def test_a_glob_does_not_match(glob: str, text: str) -> None:
    assert not Patterns.of(glob).match(text)


def test_no_glob_matches_nothing() -> None:
    assert not Patterns().match("")
    assert not Patterns().match_any(["a"])


@pytest.mark.parametrize(
    ("glob", "complaint"),
    [
        ("", "must not be empty"),
        ("[", "never closed"),
        ("v[0-9", "never closed"),
        ("[]", "never closed"),
        ("[!]", "never closed"),
        ("[a][b", "never closed"),
        ("[z-a]", "matches no character"),
    ],
)
def test_an_invalid_glob_is_an_error_with_a_reason(glob: str, complaint: str) -> None:
    with pytest.raises(PatternError, match=complaint):
        Patterns.of("fine", glob)
