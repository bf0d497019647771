"""Values of select options hold pins of any length."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import RequestError
from bot.slack.action_ids import MOST_IN_OPTION, chosen_pin, pin_option

tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,299}", fullmatch=True)


@given(tags, st.sets(tags, max_size=5))
def test_any_tag_can_be_restored_from_an_option(tag: str, others: set[str]) -> None:
    known = sorted({tag, *others})
    choice = pin_option(tag)
    assert 0 < len(choice) <= MOST_IN_OPTION
    assert chosen_pin(choice, lambda: known) == tag


@pytest.mark.parametrize("pin", ["v1.*", "sha256:" + "a" * 64, "x" * 149, "y" * 150, "z" * 300])
def test_patterns_digests_and_long_tags(pin: str) -> None:
    choice = pin_option(pin)
    assert len(choice) <= MOST_IN_OPTION
    assert chosen_pin(choice, lambda: [pin]) == pin


def test_a_long_tag_that_no_longer_exists() -> None:
    with pytest.raises(RequestError, match="no longer exists: choose again"):
        chosen_pin(pin_option("x" * 300), lambda: ["x" * 299])


@pytest.mark.parametrize("choice", ["=", "=a b", "=*[", "#", "old", "?x"])
def test_values_that_were_never_offered(choice: str) -> None:
    with pytest.raises(RequestError, match="choose again"):
        chosen_pin(choice, list)
