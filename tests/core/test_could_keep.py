"""Which tags a keep rule could ever keep an image for."""

from datetime import timedelta

import pytest

from bot.core.patterns import Patterns
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule

MAIN = TagFilter(Patterns.of("main-*"), Patterns.of("*-broken"))
ANY = TagFilter()
MONTH = timedelta(days=30)


@pytest.mark.parametrize(
    ("rule", "tag", "expected"),
    [
        (TagsRule(MAIN), "main-1", True),
        (TagsRule(MAIN), "main-1-broken", False),
        (TagsRule(MAIN), "prod", False),
        (NewestRule(1, MAIN), "main-1", True),
        (NewestRule(1, MAIN), "prod", False),
        (NewestRule(0, MAIN), "main-1", False),
        (SemverRule(ANY, majors=1), "1.2.3", True),
        (SemverRule(ANY, majors=1), "prod", False),
        (SemverRule(ANY, patches=0), "1.2.3", False),
        (SemverRule(MAIN), "1.2.3", False),
        (PushedWithinRule(MONTH, ANY), "main-1", False),
        (PulledWithinRule(MONTH, ANY), "main-1", False),
        (UsedWithinRule(MONTH, ANY), "main-1", False),
    ],
)
def test_could_keep(rule: Rule, tag: str, *, expected: bool) -> None:
    assert rule.could_keep(tag) is expected
