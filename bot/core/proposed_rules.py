"""Keep rules that `ecr-clean init` proposes: values, which `bot.render` writes as settings."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Keeps every image that the rule's tags select."""


@dataclass(frozen=True, slots=True)
class KeepNewest:
    """`per`: the pattern of groups, of each of which `count` are kept."""

    count: int
    per: str | None = None


@dataclass(frozen=True, slots=True)
class KeepPushedWithin:
    days: int


@dataclass(frozen=True, slots=True)
class KeepPulledWithin:
    days: int


@dataclass(frozen=True, slots=True)
class KeepUsedWithin:
    days: int


@dataclass(frozen=True, slots=True)
class KeepVersions:
    """Keeps the newest `minors` of each major version, and the newest `patches` of each of them.
    A build of a version counts as a patch."""

    minors: int
    patches: int


KeepBy: TypeAlias = (
    KeepAll | KeepNewest | KeepPushedWithin | KeepPulledWithin | KeepUsedWithin | KeepVersions
)


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """An entry of `keep`. `tags`, `except_tags`: globs; empty: not narrowed."""

    by: KeepBy
    tags: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()
