"""Translates ECR lifecycle policies into keep rules.

A lifecycle policy says which images to delete: the first rule that selects an image decides. Keep
rules say which to keep. The translation keeps every tagged image that the lifecycle policy keeps,
and possibly more. Of untagged images it can only keep those of the last days. `newest` goes by the
last push, as ECR does, or by a later restoration or new tag.
"""

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.core.lifecycle_policies import (
    EVERY_TAG,
    CountType,
    LifecycleAction,
    LifecycleFault,
    LifecyclePolicyError,
    LifecycleRule,
    parse_lifecycle_policy,
)
from bot.core.patterns import Patterns
from bot.core.proposed_rules import (
    KeepAll,
    KeepNewest,
    KeepPulledWithin,
    KeepPushedWithin,
    ProposedRule,
)

UNTAGGED_DAYS = 14
"""How long untagged images are kept where the lifecycle policy does not go by their age."""

_MOST_DAYS = 36_500


class LifecycleRemark(StrEnum):
    """What the translation of a rule does differently from ECR."""

    ARCHIVES = "archives"
    DELETES_ARCHIVED = "deletes_archived"
    NEEDS_ALL_TAGS = "needs_all_tags"
    UNTAGGED_BY_AGE = "untagged_by_age"


@dataclass(frozen=True, slots=True)
class UntranslatedRule:
    """`priority`: of the rule; None: the remark concerns the whole policy."""

    remark: LifecycleRemark
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class TranslatedPolicy:
    keep: tuple[ProposedRule, ...]
    remarks: tuple[UntranslatedRule, ...] = ()


class NoTranslation(StrEnum):
    """Why there are no keep rules for a lifecycle policy that was understood."""

    ONLY_ARCHIVES = "only_archives"
    COUNTS_BESIDE_ARCHIVE = "counts_beside_archive"
    CASE_MATTERS = "case_matters"


@dataclass(frozen=True, slots=True)
class UntranslatedPolicy:
    why: LifecycleFault | NoTranslation


Translation: TypeAlias = TranslatedPolicy | UntranslatedPolicy


def translate_lifecycle_policy(
    text: str, tags: Iterable[str], *, has_archived: bool = False
) -> Translation:
    """`tags`: those in the repository. ECR heeds the case of tags, and keep rules do not.
    `has_archived`: images are archived. ECR does not count these, and `newest` does."""
    try:
        rules = parse_lifecycle_policy(text)
    except LifecyclePolicyError as error:
        return UntranslatedPolicy(error.fault)
    if not any(rule.deletes_active for rule in rules):
        return UntranslatedPolicy(NoTranslation.ONLY_ARCHIVES)
    if (has_archived or _archives(rules)) and _counts(rules):
        return UntranslatedPolicy(NoTranslation.COUNTS_BESIDE_ARCHIVE)
    if _case_matters(rules, tags):
        return UntranslatedPolicy(NoTranslation.CASE_MATTERS)
    active = [rule for rule in rules if not rule.selects_archived]
    keep = [*_rules_for_untagged(active), *_rules_for_tagged(active)]
    return TranslatedPolicy(tuple(dict.fromkeys(keep)), tuple(_remarks(rules, active)))


def _archives(rules: Sequence[LifecycleRule]) -> bool:
    return any(rule.action is LifecycleAction.ARCHIVE for rule in rules)


def _counts(rules: Sequence[LifecycleRule]) -> bool:
    """Whether it deletes tagged images by their number."""
    return any(
        rule.deletes_active and rule.selects_tagged and rule.count is CountType.MORE_THAN
        for rule in rules
    )


def _case_matters(rules: Sequence[LifecycleRule], tags: Iterable[str]) -> bool:
    globs = {glob for rule in rules for glob in rule.globs}
    patterns = [(glob, Patterns.of(glob)) for glob in globs if glob != EVERY_TAG]
    return any(
        pattern.match(tag) and not fnmatch.fnmatchcase(tag, glob)
        for tag in tags
        for glob, pattern in patterns
    )


def _rules_for_untagged(active: Sequence[LifecycleRule]) -> Iterator[ProposedRule]:
    """No keep rule can be narrowed to untagged images, so these keep tagged images, too."""
    deciding = _first_for_untagged(active)
    if deciding is not None and _goes_by_age(deciding):
        yield from _kept_by(deciding, ())
    else:
        yield ProposedRule(KeepPushedWithin(UNTAGGED_DAYS))


def _rules_for_tagged(active: Sequence[LifecycleRule]) -> Iterator[ProposedRule]:
    """Images whose tags no rule selects are kept."""
    covered: dict[str, None] = {}
    for rule in active:
        if not rule.selects_tagged:
            continue
        globs = () if EVERY_TAG in rule.globs else rule.globs
        if _is_kept_whole(rule):
            yield ProposedRule(KeepAll(), tags=rule.globs)
        else:
            yield from _kept_by(rule, globs)
        if not globs:
            return
        covered |= dict.fromkeys(globs)
    rest = {"except_tags": tuple(covered)} if covered else {"tags": (EVERY_TAG,)}
    yield ProposedRule(KeepAll(), **rest)


def _kept_by(rule: LifecycleRule, globs: tuple[str, ...]) -> Iterator[ProposedRule]:
    """The images that an expiring rule keeps of those that it selects."""
    days = min(rule.limit, _MOST_DAYS)
    if rule.count is CountType.MORE_THAN:
        yield ProposedRule(KeepNewest(rule.limit), tags=globs)
        return
    yield ProposedRule(KeepPushedWithin(days), tags=globs)
    if rule.count is CountType.PULLED:
        yield ProposedRule(KeepPulledWithin(days), tags=globs)


def _is_kept_whole(rule: LifecycleRule) -> bool:
    """A keep rule's globs are alternatives, so it cannot count images that match all of them."""
    return rule.action is LifecycleAction.ARCHIVE or len(rule.globs) > 1


def _goes_by_age(rule: LifecycleRule) -> bool:
    return rule.action is LifecycleAction.EXPIRE and rule.count is not CountType.MORE_THAN


def _first_for_untagged(active: Sequence[LifecycleRule]) -> LifecycleRule | None:
    return next((rule for rule in active if rule.selects_untagged), None)


def _remarks(
    rules: Sequence[LifecycleRule], active: Sequence[LifecycleRule]
) -> Iterator[UntranslatedRule]:
    for rule in rules:
        if rule.selects_archived:
            yield UntranslatedRule(LifecycleRemark.DELETES_ARCHIVED, rule.priority)
        elif rule.action is LifecycleAction.ARCHIVE:
            yield UntranslatedRule(LifecycleRemark.ARCHIVES, rule.priority)
        elif len(rule.globs) > 1:
            yield UntranslatedRule(LifecycleRemark.NEEDS_ALL_TAGS, rule.priority)
    deciding = _first_for_untagged(active)
    if deciding is None or not _goes_by_age(deciding):
        priority = deciding.priority if deciding else None
        yield UntranslatedRule(LifecycleRemark.UNTAGGED_BY_AGE, priority)
