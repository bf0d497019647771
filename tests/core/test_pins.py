from datetime import UTC, datetime, timedelta

import pytest

from bot.core.patterns import Patterns
from bot.core.pins import Pin, PinKind, check_pin
from bot.core.policy import PinEntry, Policy, PolicyEntry, pins_for, policy_for
from bot.render.pins import pin_words
from tests.core.strategies import REPOSITORY

UNTIL = datetime(2026, 12, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pin", "kind"),
    [
        ("1.0.0", PinKind.TAG),
        ("release-*", PinKind.GLOB),
        ("v?", PinKind.GLOB),
        ("v[12]", PinKind.GLOB),
        (r"/v\d+/", PinKind.REGEX),
        ("/v1/", PinKind.REGEX),
        ("sha256:" + "a" * 64, PinKind.DIGEST),
        ("sha256-" + "a" * 64, PinKind.TAG),
    ],
)
def test_kinds_of_pins(pin: str, kind: PinKind) -> None:
    assert Pin(pin, "ann", "why").kind == kind


def test_a_pin_has_author_reason_and_expiry() -> None:
    assert pin_words(Pin("1.0", "ann", "the demo")) == "1.0 is pinned by ann: the demo"
    until = pin_words(Pin("1.0", "ann", "the demo", UNTIL))
    assert until == "1.0 is pinned by ann until 2026-12-24 00:00 UTC: the demo"


def test_the_first_policy_whose_pattern_matches_applies() -> None:
    policies = [Policy(timedelta(days=age), Patterns(), ()) for age in (1, 2, 3)]
    patterns = [Patterns.of("other/*"), Patterns.of("TEAM/*"), Patterns.of("*")]
    entries = list(map(PolicyEntry, patterns, policies))
    assert policy_for(entries, REPOSITORY) == policies[1]
    assert policy_for(entries[:1], REPOSITORY) is None


def test_a_repository_is_matched_by_its_name_or_its_uri() -> None:
    mine, other = Pin("a", "ann", "why"), Pin("b", "ann", "why")
    for glob in ("team/api", "*/team/api", REPOSITORY.uri):
        entries = [PinEntry(Patterns.of("x"), other), PinEntry(Patterns.of(glob), mine)]
        assert pins_for(entries, REPOSITORY) == (mine,)


@pytest.mark.parametrize(
    "pin", ["1.4.0", "_x", f"sha256:{'a' * 64}", "1.*", "[ab]", "release?", "*-[!a]"]
)
def test_valid_pins(pin: str) -> None:
    assert check_pin(pin) == pin


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("sha256:ab12", "not a complete digest"),
        (f"sha256:{'A' * 64}", "not a complete digest"),
        ("sha256:*", "not a complete digest"),
        ("", "not a valid tag"),
        ("-1", "not a valid tag"),
        ("team/api", "not a valid tag"),
        ("[ab", "never closed"),
        ("team/api:1.*", "no tag"),
        ("*@sha256:*", "no tag"),
        ("1.*,2.*", "can match no tag"),
        ("{1,2}.*", "can match no tag"),
        (r"^1\..*$", "can match no tag"),
        ("/1/.*/", "can match no tag .none has '/'"),
        (r"/(1)\1/", "has a backreference"),
        ("/1|2\n/", "contains an invisible character"),
        ("v1.*|v2.*", "can match no tag"),
        ("1.0+*", "can match no tag"),
        ("ä*", "can match no tag"),
        ("1.*\n", "can match no tag"),
        ("[1\n].*", "contains an invisible character"),
        ("1.\udcff*", "can match no tag"),
        ("-*", "can match no tag"),
        (".[ab]", "can match no tag"),
        ("[.-]*", "can match no tag"),
        ("1.0\n", "not a valid tag"),
        ("v[+/]", r"'v\[\+/\]' can match no tag"),
        ("a" * 64, f"write sha256:{'a' * 64}"),
        ("AB" * 32, f"write sha256:{'ab' * 32}"),
    ],
)
def test_invalid_pins(pin: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        check_pin(pin)
