"""Regions that service control policies deny, named once, with the setting that leaves them out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.obstacles import RegionsDenied
from bot.core.usage import Look

SOURCE = "regions"
"""The source of the look that replaces those of all sources in denied Regions."""


@dataclass(frozen=True, slots=True)
class RegionList:
    """The Regions of one account where sources look. `is_own`: the account's entry under
    `usage.accounts` lists them, and not `usage.regions`; `has_registry`: the account needs no such
    entry."""

    account: str
    is_own: bool
    has_registry: bool
    allowed: tuple[str, ...]
    denied: tuple[str, ...]


def without_denied(looks: Iterable[Look], lists: Iterable[RegionList]) -> tuple[Look, ...]:
    """Replaces the looks that failed in denied Regions by one that names these Regions. If every
    Region of a list is denied, there is none to list instead, and its looks stay."""
    told = [each for each in lists if each.allowed and each.denied]
    scopes = tuple(f"{each.account} in {region}" for each in told for region in each.denied)
    others = [look for look in looks if not (look.failure and look.scope.endswith(scopes))]
    return (*others, *_problems(told))


def _problems(lists: Sequence[RegionList]) -> Iterator[Look]:
    """`usage.regions` follows the accounts with registries; others may need a list of their own."""
    common = {(each.allowed, each.denied) for each in lists if each.has_registry}
    groups: defaultdict[tuple[bool, Sequence[str], Sequence[str]], list[str]] = defaultdict(list)
    for each in lists:
        needs_own = each.is_own or (each.allowed, each.denied) not in common
        groups[needs_own, each.allowed, each.denied].append(each.account)
    for (needs_own, allowed, denied), accounts in groups.items():
        failure = RegionsDenied(
            tuple(sorted(accounts)), tuple(denied), tuple(allowed), is_own=needs_own
        )
        yield Look(SOURCE, ", ".join(failure.accounts), 0, failure)
