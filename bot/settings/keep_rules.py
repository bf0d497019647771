"""The keep rules of the settings file: the entries of `keep`."""

from typing import Self

from pydantic import model_validator

from bot.core.patterns import Patterns
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.version_pattern import version_pattern
from bot.core.version_tags import PRERELEASES, VersionSyntax
from bot.settings.field_types import (
    Duration,
    GroupPatternText,
    NonNegativeInt,
    PositiveDuration,
    TagPattern,
    UseDuration,
    VersionPatternText,
)
from bot.settings.section import Entries, SettingsSection, SomeEntries


class SemverSection(SettingsSection):
    majors: NonNegativeInt | None = None
    minors: NonNegativeInt | None = None
    patches: NonNegativeInt | None = None
    version: VersionPatternText | None = None
    prereleases: Entries[TagPattern] | None = None
    flavors: Entries[TagPattern] | None = None

    def rule(self, narrowed: TagFilter) -> SemverRule:
        return SemverRule(narrowed, self.majors, self.minors, self.patches, self._syntax())

    def _syntax(self) -> VersionSyntax:
        prereleases = PRERELEASES if self.prereleases is None else self.prereleases
        flavors = None if self.flavors is None else tuple(map(Patterns.of, self.flavors))
        pattern = None if self.version is None else version_pattern(self.version)
        return VersionSyntax(Patterns(prereleases), flavors, pattern)


class KeepRule(SettingsSection):
    tags: SomeEntries[TagPattern] | None = None
    except_tags: Entries[TagPattern] = ()
    newest: NonNegativeInt | None = None
    per: GroupPatternText | None = None
    active_within: PositiveDuration | None = None
    pushed_within: Duration | None = None
    pulled_within: Duration | None = None
    used_within: UseDuration | None = None
    semver: SemverSection | None = None

    @model_validator(mode="after")
    def _selects_by_one_thing(self) -> Self:
        selectors = ("newest", "pushed_within", "pulled_within", "used_within", "semver")
        chosen = [key for key in selectors if getattr(self, key) is not None]
        if len(chosen) > 1:
            raise ValueError(f"one rule has {' and '.join(chosen)}; write a rule for each")
        if self.per is not None and self.newest is None:
            raise ValueError("per needs newest: how many images of each group to keep")
        if self.active_within is not None and self.per is None:
            raise ValueError("active_within needs per: it applies to groups")
        if not chosen and self.tags is None and not self.except_tags:
            raise ValueError(
                f"the rule is empty; set tags, except_tags or one of {', '.join(selectors)}"
            )
        return self

    def rule(self) -> Rule:
        tags = Patterns(self.tags) if self.tags else None
        narrowed = TagFilter(tags, Patterns(self.except_tags))
        if self.newest is not None:
            return NewestRule(self.newest, narrowed, self._grouping())
        if self.pushed_within is not None:
            return PushedWithinRule(self.pushed_within, narrowed)
        if self.pulled_within is not None:
            return PulledWithinRule(self.pulled_within, narrowed)
        if self.used_within is not None:
            return UsedWithinRule(self.used_within, narrowed)
        if self.semver is not None:
            return self.semver.rule(narrowed)
        return TagsRule(narrowed)

    def _grouping(self) -> Grouping | None:
        return Grouping(GroupPattern(self.per), self.active_within) if self.per else None
