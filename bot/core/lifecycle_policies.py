"""ECR lifecycle policies. Their rules say which images ECR deletes or archives.

ECR user guide, Automate the cleanup of images by using lifecycle policies, and Lifecycle policy
properties.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar

from bot.core.errors import PatternError
from bot.core.name_syntax import TAGS

EVERY_TAG = "*"


class LifecycleFault(StrEnum):
    """Why the text of a lifecycle policy is not understood."""

    NOT_JSON = "not_json"
    NO_RULES = "no_rules"
    MALFORMED_RULE = "malformed_rule"
    UNKNOWN_VALUE = "unknown_value"
    IMPOSSIBLE_TAG = "impossible_tag"


class LifecyclePolicyError(ValueError):
    """The text is no lifecycle policy that the bot understands."""

    def __init__(self, fault: LifecycleFault) -> None:
        super().__init__(fault)
        self.fault = fault


class TagStatus(StrEnum):
    TAGGED = "tagged"
    UNTAGGED = "untagged"
    ANY = "any"


class CountType(StrEnum):
    MORE_THAN = "imageCountMoreThan"
    PUSHED = "sinceImagePushed"
    PULLED = "sinceImagePulled"
    ARCHIVED = "sinceImageTransitioned"


class LifecycleAction(StrEnum):
    EXPIRE = "expire"
    ARCHIVE = "transition"


@dataclass(frozen=True, slots=True)
class LifecycleRule:
    """`globs`: of tags; the rule selects images for which each glob matches a tag. A rule for any
    tag has `*`, one for untagged images none. `limit`: images or days."""

    priority: int
    status: TagStatus
    globs: tuple[str, ...]
    count: CountType
    limit: int
    action: LifecycleAction

    @property
    def selects_untagged(self) -> bool:
        return self.status is not TagStatus.TAGGED

    @property
    def selects_tagged(self) -> bool:
        return self.status is not TagStatus.UNTAGGED

    @property
    def selects_archived(self) -> bool:
        """Whether it only selects archived images. Other rules select none of them."""
        return self.count is CountType.ARCHIVED

    @property
    def deletes_active(self) -> bool:
        return self.action is LifecycleAction.EXPIRE and not self.selects_archived


Choice = TypeVar("Choice", bound=StrEnum)


def parse_lifecycle_policy(text: str) -> tuple[LifecycleRule, ...]:
    """The rules in the order in which ECR applies them. Raises LifecyclePolicyError."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise LifecyclePolicyError(LifecycleFault.NOT_JSON) from error
    rules = document.get("rules") if isinstance(document, dict) else None
    if not isinstance(rules, list) or not rules:
        raise LifecyclePolicyError(LifecycleFault.NO_RULES)
    return tuple(sorted(map(_rule, rules), key=lambda rule: rule.priority))


def _rule(value: Any) -> LifecycleRule:
    rule = _mapping(value)
    selection, action = _mapping(rule.get("selection")), _mapping(rule.get("action"))
    status = _choice(TagStatus, selection.get("tagStatus"))
    count = _choice(CountType, selection.get("countType"))
    if selection.get("countUnit", "days") != "days":
        raise LifecyclePolicyError(LifecycleFault.UNKNOWN_VALUE)
    expected_class = "archive" if count is CountType.ARCHIVED else "standard"
    if selection.get("storageClass", expected_class) != expected_class:
        raise LifecyclePolicyError(LifecycleFault.UNKNOWN_VALUE)
    return LifecycleRule(
        priority=_positive(rule.get("rulePriority")),
        status=status,
        globs=tuple(_globs(status, selection)),
        count=count,
        limit=_positive(selection.get("countNumber")),
        action=_choice(LifecycleAction, action.get("type")),
    )


def _globs(status: TagStatus, selection: Mapping[str, Any]) -> Iterator[str]:
    if status is TagStatus.UNTAGGED:
        return
    if status is TagStatus.ANY:
        yield EVERY_TAG
        return
    patterns = _texts(selection.get("tagPatternList") or [])
    prefixes = _texts(selection.get("tagPrefixList") or [])
    if not patterns and not prefixes:
        raise LifecyclePolicyError(LifecycleFault.MALFORMED_RULE)
    yield from map(_checked, patterns)
    for prefix in prefixes:
        if EVERY_TAG in prefix:
            raise LifecyclePolicyError(LifecycleFault.IMPOSSIBLE_TAG)
        yield _checked(f"{prefix}*")


def _checked(glob: str) -> str:
    """ECR only knows `*`; other signs of globs are in no tag."""
    if any(sign in glob for sign in "?[]/"):
        raise LifecyclePolicyError(LifecycleFault.IMPOSSIBLE_TAG)
    try:
        return TAGS.check(glob)
    except PatternError as error:
        raise LifecyclePolicyError(LifecycleFault.IMPOSSIBLE_TAG) from error


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise LifecyclePolicyError(LifecycleFault.MALFORMED_RULE)
    return value


def _texts(value: Any) -> Sequence[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise LifecyclePolicyError(LifecycleFault.MALFORMED_RULE)
    return value


def _positive(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise LifecyclePolicyError(LifecycleFault.MALFORMED_RULE)
    return value


def _choice(choices: type[Choice], value: Any) -> Choice:
    try:
        return choices(value)
    except ValueError as error:
        raise LifecyclePolicyError(LifecycleFault.UNKNOWN_VALUE) from error
