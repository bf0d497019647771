"""Formats texts, times and links for the user who views the page."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from markupsafe import Markup

from bot.playground.slack.models import WorkspaceUser
from bot.playground.slack.page.dates import clock_time, date_text, day_name
from bot.playground.slack.page.mrkdwn import as_html, with_emoji
from bot.playground.slack.slack_json import PERMALINKS
from bot.playground.slack.state import WorkspaceState

Json = dict[str, Any]

_PERMALINK = re.compile(
    rf"{re.escape(PERMALINKS)}/archives/(?P<channel>\w+)/p(?P<seconds>\d+)(?P<rest>\d{{6}})(\?.*)?"
)


@dataclass(frozen=True)
class PageFormatter:
    """Formats for one user. Implements NameLookup. Hold the lock of the state to use it."""

    state: WorkspaceState
    user: WorkspaceUser

    def text(self, given: Json) -> Markup | str:
        """A text object of Block Kit."""
        if given["type"] == "mrkdwn":
            return as_html(given["text"], self)
        return with_emoji(given["text"]) if given.get("emoji", True) else str(given["text"])

    def mrkdwn(self, text: str) -> Markup:
        return as_html(text, self)

    def mention(self, id_: str) -> str:
        directory = self.state.directory
        if id_ in directory.users:
            return f"@{directory.users[id_].name}"
        if id_ in directory.user_groups:
            return f"@{directory.user_groups[id_].handle}"
        return f"@{id_}"

    def channel(self, id_: str) -> tuple[str, str | None]:
        found = self.state.directory.channels.get(id_)
        if found is None or not self.state.directory.can_see(found, self.user):
            return "#private-channel", None
        return f"#{found.name}", self.link(f"/c/{id_}")

    def message(self, link: str) -> str | None:
        found = _PERMALINK.fullmatch(link)
        if found is None:
            return None
        return self.link(f"/c/{found['channel']}/{found['seconds']}.{found['rest']}")

    def date(self, form: str, seconds: int) -> str:
        return date_text(form, self._local(seconds), self.now)

    def time(self, ts: str) -> str:
        """The time of day of a message timestamp."""
        return clock_time(self.at(ts))

    def day(self, ts: str) -> str:
        return day_name(self.at(ts), self.now)

    def at(self, ts: str) -> datetime:
        return self._local(float(ts))

    def link(self, path: str) -> str:
        """A link with the user's ID, so that several users can have windows in one browser."""
        return f"{path}?as={quote(self.user.id)}"

    @property
    def now(self) -> datetime:
        return self.state.clock.now().astimezone(self._zone)

    @property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.user.tz)

    def _local(self, seconds: float) -> datetime:
        return datetime.fromtimestamp(seconds, UTC).astimezone(self._zone)
