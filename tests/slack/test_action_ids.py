"""What people choose to pin goes through a select and comes back as it was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import RequestError
from bot.slack.action_ids import MOST_IN_OPTION, chosen_pin, pin_option

tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,299}", fullmatch=True)


@given(tags, st.sets(tags, max_size=5))
def test_whatever_is_chosen_comes_back(tag: str, others: set[str]) -> None:
    known = sorted({tag, *others})
    choice = pin_option(tag)
    assert 0 < len(choice) <= MOST_IN_OPTION
    assert chosen_pin(choice, lambda: known) == tag


@pytest.mark.parametrize("pin", ["v1.*", "sha256:" + "a" * 64, "x" * 149, "y" * 150, "z" * 300])
def test_patterns_digests_and_long_tags(pin: str) -> None:
    choice = pin_option(pin)
    assert len(choice) <= MOST_IN_OPTION
    assert chosen_pin(choice, lambda: [pin]) == pin


def test_a_long_one_that_is_there_no_more() -> None:
    with pytest.raises(RequestError, match="is known no more: choose again"):
        chosen_pin(pin_option("x" * 300), lambda: ["x" * 299])


@pytest.mark.parametrize("choice", ["=", "=a b", "=*[", "#", "old", "?x"])
def test_what_was_never_offered(choice: str) -> None:
    with pytest.raises(RequestError, match="choose again"):
        chosen_pin(choice, list)
