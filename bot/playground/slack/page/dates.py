"""Dates and times as text, in the user's time zone."""

import re
from datetime import datetime, timedelta

_TOKEN = re.compile(r"\{(\w+)\}")


def clock_time(at: datetime) -> str:
    return f"{at:%H:%M}"


def day_name(at: datetime, now: datetime) -> str:
    """`Today`, `Yesterday`, or like `Monday, November 23`. Both times are in the same time zone."""
    return _relative(at, now) or f"{at:%A, %B} {at.day}{_year(at, now)}"


def date_text(form: str, at: datetime, now: datetime) -> str:
    """A format of Slack's `<!date^…>`: docs.slack.dev, formatting message text, date formatting.

    Unknown tokens are kept.
    """
    texts = {
        "date_num": f"{at:%Y-%m-%d}",
        "date_slash": f"{at:%d/%m/%Y}",
        "date": f"{at:%B} {at.day}, {at.year}",
        "date_short": f"{at:%b} {at.day}, {at.year}",
        "date_long": f"{at:%A, %B} {at.day}, {at.year}",
        "time": clock_time(at),
        "time_secs": f"{at:%H:%M:%S}",
    }
    for name in ("date", "date_short", "date_long"):
        texts[f"{name}_pretty"] = _relative(at, now).lower() or texts[name]
    return _TOKEN.sub(lambda found: texts.get(found[1], found[0]), form)


def _relative(at: datetime, now: datetime) -> str:
    days = {0: "Today", 1: "Yesterday", -1: "Tomorrow"}
    return days.get((now.date() - at.date()) // timedelta(days=1), "")


def _year(at: datetime, now: datetime) -> str:
    return "" if at.year == now.year else f", {at.year}"
