"""Regions that the organization forbids, named once, with the setting that leaves them out."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from bot.core.usage import Look

SOURCE = "regions"
"""The name of the look that stands for all that fail in forbidden Regions."""


@dataclass(frozen=True, slots=True)
class RegionList:
    """The Regions of one account where sources look. `is_own`: the account's entry under
    `usage.accounts` lists them, and not `usage.regions`; `has_registry`: the account needs no such
    entry."""

    account: str
    is_own: bool
    has_registry: bool
    allowed: tuple[str, ...]
    forbidden: tuple[str, ...]


def without_forbidden(looks: Iterable[Look], lists: Iterable[RegionList]) -> tuple[Look, ...]:
    """The looks that failed in forbidden Regions make way for one that names these. Where no
    Region of a list is allowed, there is none to list instead, and all stays as it is."""
    told = [each for each in lists if each.allowed and each.forbidden]
    scopes = tuple(f"{each.account} in {region}" for each in told for region in each.forbidden)
    others = [look for look in looks if not (look.error and look.scope.endswith(scopes))]
    return (*others, *_problems(told))


def _problems(lists: Sequence[RegionList]) -> Iterator[Look]:
    """`usage.regions` follows the accounts with registries; others may need a list of their own."""
    common = {(each.allowed, each.forbidden) for each in lists if each.has_registry}
    groups: defaultdict[tuple[bool, Sequence[str], Sequence[str]], list[str]] = defaultdict(list)
    for each in lists:
        needs_own = each.is_own or (each.allowed, each.forbidden) not in common
        groups[needs_own, each.allowed, each.forbidden].append(each.account)
    for (needs_own, allowed, forbidden), accounts in groups.items():
        named = ", ".join(sorted(accounts))
        setting = f"`regions` of {named} under usage.accounts" if needs_own else "usage.regions"
        yield Look(
            SOURCE,
            named,
            0,
            f"service control policies forbid all that was asked in {', '.join(forbidden)}: if "
            f"nothing runs there, leave them out, with {setting}: [{', '.join(allowed)}]",
        )
