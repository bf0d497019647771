"""The settings' keep rules. Each only selects keepers; what none selects may go."""

from bot.core.rules.newest import Newest
from bot.core.rules.pulled_within import PulledWithin
from bot.core.rules.pushed_within import PushedWithin
from bot.core.rules.selection import (
    Candidates,
    ImageGroup,
    Rule,
    Selection,
    age_event,
    age_key,
    young_since,
)
from bot.core.rules.semver import Semver
from bot.core.rules.tag_filter import TagFilter
from bot.core.rules.tags import MatchingTags

__all__ = [
    "Candidates",
    "ImageGroup",
    "MatchingTags",
    "Newest",
    "PulledWithin",
    "PushedWithin",
    "Rule",
    "Selection",
    "Semver",
    "TagFilter",
    "age_event",
    "age_key",
    "young_since",
]
