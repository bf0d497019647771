"""Keep rules that `ecr-clean init` proposes: values, which `bot.render` writes as settings."""

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class KeepAll:
    """Keeps every image that the rule's tags select."""


@dataclass(frozen=True, slots=True)
class KeepNewest:
    count: int


@dataclass(frozen=True, slots=True)
class KeepPushedWithin:
    days: int


@dataclass(frozen=True, slots=True)
class KeepPulledWithin:
    days: int


@dataclass(frozen=True, slots=True)
class KeepVersions:
    """Keeps the newest `minors` of each major version, with all their patches."""

    minors: int


KeepBy: TypeAlias = KeepAll | KeepNewest | KeepPushedWithin | KeepPulledWithin | KeepVersions


@dataclass(frozen=True, slots=True)
class ProposedRule:
    """An entry of `keep`. `tags`, `except_tags`: globs; empty: not narrowed."""

    by: KeepBy
    tags: tuple[str, ...] = ()
    except_tags: tuple[str, ...] = ()
