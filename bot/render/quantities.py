"""Money, sizes, counts and times as text. Money is shown a year, since a month is often cents."""

from datetime import datetime, timedelta
from typing import Protocol

from bot.core.savings import Savings

UNITS = ("bytes", "kB", "MB", "GB", "TB")
"""Powers of 1024: ECR bills a GB of 2^30 bytes."""


def size(count: int) -> str:
    """`0 bytes`, `12.3 MB`, `34 GB`: with three digits at most, without zeros at the end."""
    amount = float(count)
    unit = 0
    while amount >= 999.5 and unit < len(UNITS) - 1:
        amount /= 1024
        unit += 1
    if unit == 0:
        return f"{count} byte{'' if count == 1 else 's'}"
    digits = 2 if amount < 9.995 else 1 if amount < 99.95 else 0
    number = f"{amount:,.{digits}f}"
    short = number.rstrip("0").rstrip(".") if digits else number
    return f"{short} {UNITS[unit]}"


def compared(change: int) -> str:
    """`3 GB more than`, `20 MB less than`, `as much as`. `change`: in bytes."""
    if not change:
        return "as much as"
    return f"{size(abs(change))} {'more' if change > 0 else 'less'} than"


class SavingsEstimate(Protocol):
    """Savings, or a plan. `exact`: `freed_bytes` is not an estimate."""

    @property
    def freed_bytes(self) -> int: ...

    @property
    def exact(self) -> bool: ...


def about(estimate: SavingsEstimate) -> str:
    """The prefix of a number that may be inexact."""
    return "" if estimate.exact else "about "


def freed(estimate: SavingsEstimate) -> str:
    """`about 2 GB`"""
    return f"{about(estimate)}{size(estimate.freed_bytes)}"


def freed_of_all(savings: Savings) -> str:
    """`about 2 of 3 GB`, `20 MB of 3 GB`"""
    stored = savings.stored_bytes
    if not stored:
        return freed(savings)
    amount, unit = size(savings.freed_bytes).split()
    of_all = size(stored)
    shown = amount if of_all.endswith(f" {unit}") else f"{amount} {unit}"
    return f"{about(savings)}{shown} of {of_all}"


def yearly(usd_per_month: float, *, exact: bool = True) -> str:
    """`$41 a year`, `about $4.10 a year`, `< $1 a year`, `no saving`. Escape it for mrkdwn."""
    usd = 12 * usd_per_month
    if usd <= 0:
        return "no saving"
    if usd < 1:
        return "< $1 a year"
    digits = 2 if usd < 9.995 else 0
    return f"{'' if exact else 'about '}${usd:,.{digits}f} a year"


def dollars(usd: float) -> str:
    """`$0`, `< $0.01`, `$4.10`, `$41`. Escape it for mrkdwn."""
    if usd <= 0:
        return "$0"
    if usd < 0.005:
        return "< $0.01"
    digits = 2 if usd < 9.995 else 0
    return f"${usd:,.{digits}f}"


def saves(usd_per_month: float, *, exact: bool = True, verb: str = "saves") -> str:
    """`saves $41 a year`, or `no saving`."""
    words = yearly(usd_per_month, exact=exact)
    return f"{verb} {words}" if usd_per_month > 0 else words


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 image`, `1,200 images`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def age(since: timedelta) -> str:
    """`3 hours`, `12 days`, `5 months`: in the largest unit that fits."""
    days = since.days
    if days >= 730:
        return f"{days // 365} years"
    if days >= 60:
        return f"{days // 30} months"
    if days >= 1:
        return count(days, "day")
    return count(max(0, int(since.total_seconds())) // 3600, "hour")


def ago(since: timedelta) -> str:
    """`just now`, `5 minutes ago`, `3 hours ago`, `12 days ago`"""
    minutes = int(since.total_seconds()) // 60
    if minutes < 1:
        return "just now"
    return f"{count(minutes, 'minute') if minutes < 60 else age(since)} ago"


def duration_words(duration: timedelta) -> str:
    """`5 minutes`, `90 seconds`: in the largest unit without a remainder."""
    seconds = int(duration.total_seconds())
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds and seconds % length == 0:
            return count(seconds // length, unit)
    return count(seconds, "second")


def iso(at: datetime | None) -> str | None:
    """ISO 8601 with seconds. `at` is in UTC."""
    return f"{at.isoformat()[:19]}Z" if at else None
