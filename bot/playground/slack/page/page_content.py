"""The content of a page for one user, as the templates use it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.models import UploadedFile, WorkspaceUser
from bot.playground.slack.page.formatter import PageFormatter
from bot.playground.slack.state import WorkspaceState
from bot.playground.slack.user_actions.visible_content import visible_content

Json = dict[str, Any]

SECONDS_BETWEEN_MESSAGES = 300
"""An author's next message within this time is shown without the name."""

_COLORS = 6
_LINES_OF_A_TABLE = 6
_COLUMNS_OF_A_TABLE = 5


@dataclass(frozen=True, kw_only=True)
class MessageAuthor:
    id: str
    name: str
    role: str
    initials: str
    color: int
    is_bot: bool


@dataclass(frozen=True, kw_only=True)
class ShownSurface:
    """Blocks with values. `key`: prefix of element IDs. `where`: the surface for user actions."""

    key: str
    where: Json
    blocks: Sequence[Json]
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ShownFile:
    """A file. `table`: the first lines of a CSV file, otherwise empty."""

    id: str
    name: str
    title: str
    length: int
    table: Sequence[Sequence[str]]
    lines: int


@dataclass(frozen=True, kw_only=True)
class ShownMessage:
    """A message. `day`: the heading above it, if it is the first of a day."""

    json: Json
    author: MessageAuthor
    surface: ShownSurface
    attachments: Sequence[tuple[Json, ShownSurface]]
    files: Sequence[ShownFile]
    replies: Sequence["ShownMessage"]
    day: str
    is_continued: bool

    @property
    def ts(self) -> str:
        return str(self.json["ts"])


@dataclass(frozen=True, kw_only=True)
class SidebarEntry:
    """A channel or the app in the sidebar."""

    id: str
    name: str
    kind: str
    path: str
    unread: int
    is_open: bool


class ReadMarkers:
    """The last read message, per user and channel."""

    def __init__(self) -> None:
        self._read: dict[tuple[str, str], str] = {}

    def read(self, user: str, channel: str, ts: str) -> None:
        self._read[user, channel] = max(ts, self._read.get((user, channel), ""))

    def read_until(self, user: str, channel: str) -> str:
        """A timestamp; empty if the user has read nothing."""
        return self._read.get((user, channel), "")


class PageContent:
    """The content of one page for one user. Hold the lock of the state to use it."""

    def __init__(self, formatter: PageFormatter, read_markers: ReadMarkers) -> None:
        self.formatter = formatter
        self.state: WorkspaceState = formatter.state
        self.user: WorkspaceUser = formatter.user
        self._read_markers = read_markers
        self._visible = visible_content(self.state, self.user)
        self._channels = {each["id"]: each for each in self._visible["channels"]}

    @property
    def current_user(self) -> MessageAuthor:
        return self._author(self.user)

    @property
    def users(self) -> list[MessageAuthor]:
        """The users that one can act as."""
        return [self._author(user) for user in human_users(self.state)]

    @property
    def feed(self) -> int:
        """The number of the last change in this page."""
        return len(self.state.feed.after(0))

    @property
    def modal(self) -> tuple[Json, ShownSurface, int] | None:
        """The topmost modal, and the number of open modals."""
        modals = self._visible["modals"]
        return (modals[-1], _surface_of_view(modals[-1], {}), len(modals)) if modals else None

    @property
    def home(self) -> ShownSurface | None:
        home = self._visible["home"]
        return _surface_of_view(home, {"home": True}) if home else None

    def channel(self, id_: str) -> Json | None:
        """A channel, or None if the user cannot see it."""
        return self._channels.get(id_)

    def mark_read(self, channel: Json) -> None:
        if channel["messages"]:
            last = max(message["ts"] for message in channel["messages"])
            self._read_markers.read(self.user.id, channel["id"], last)

    def sidebar_entries(self, here: str) -> list[SidebarEntry]:
        """The channels by name. `here`: the ID of the open one."""
        seen = (each for each in self._channels.values() if each["kind"] != "im")
        return [
            SidebarEntry(
                id=each["id"],
                name=each["name"],
                kind=each["kind"],
                path=f"/c/{each['id']}",
                unread=self._unread(each),
                is_open=each["id"] == here,
            )
            for each in sorted(seen, key=lambda each: (not each["joined"], each["name"]))
        ]

    def bot(self, here: str) -> SidebarEntry:
        """The app's entry."""
        app = self.state.app
        im = self._im
        return SidebarEntry(
            id=app.id,
            name=app.manifest.bot_name,
            kind="im",
            path=f"/home/{app.id}",
            unread=self._unread(im) if im else 0,
            is_open=here == app.id,
        )

    def messages(self, channel: Json) -> list[ShownMessage]:
        return list(self._shown_messages(channel["id"], channel["messages"]))

    def thread(self, channel: Json, ts: str) -> ShownMessage | None:
        found = [message for message in channel["messages"] if message["ts"] == ts]
        return next(self._shown_messages(channel["id"], found), None)

    @property
    def _im(self) -> Json | None:
        return next((each for each in self._channels.values() if each["kind"] == "im"), None)

    def _unread(self, channel: Json) -> int:
        until = self._read_markers.read_until(self.user.id, channel["id"])
        return sum(
            message["ts"] > until and message["user"] != self.user.id
            for message in channel["messages"]
        )

    def _shown_messages(self, channel: str, messages: Sequence[Json]) -> Iterator[ShownMessage]:
        before: Json | None = None
        for message in messages:
            day = self.formatter.day(message["ts"])
            is_new_day = before is None or self.formatter.day(before["ts"]) != day
            yield ShownMessage(
                json=message,
                author=self._author_of_message(message),
                surface=self._surface(channel, message, message.get("blocks", ())),
                attachments=[
                    (each, self._surface(channel, message, each.get("blocks", ())))
                    for each in message.get("attachments", ())
                ],
                files=list(self._files(message)),
                replies=list(self._shown_messages(channel, message.get("replies", ()))),
                day=day if is_new_day else "",
                is_continued=before is not None
                and not is_new_day
                and _continues_previous(before, message),
            )
            before = message

    def _surface(self, channel: str, message: Json, blocks: Sequence[Json]) -> ShownSurface:
        ts = message["ts"]
        return ShownSurface(
            key=ts,
            where={"channel": channel, "ts": ts},
            blocks=blocks,
            values=self.state.fields.values_of(self.user.id, ts, blocks),
        )

    def _files(self, message: Json) -> Iterator[ShownFile]:
        for each in message.get("files", ()):
            if file := self.state.files.find(each["id"]):
                table = _table(file)
                yield ShownFile(
                    id=file.id,
                    name=file.name,
                    title=file.title,
                    length=file.length,
                    table=[row[:_COLUMNS_OF_A_TABLE] for row in table[:_LINES_OF_A_TABLE]],
                    lines=len(table),
                )

    def _author_of_message(self, message: Json) -> MessageAuthor:
        return self._author(self.state.directory.users[message["user"]])

    def _author(self, user: WorkspaceUser) -> MessageAuthor:
        words = [word for word in user.real_name.replace("·", " ").split() if word[0].isalnum()]
        return MessageAuthor(
            id=user.id,
            name=user.real_name,
            role=_role(user),
            initials="".join(word[0] for word in words[:2]).upper(),
            color=sum(map(ord, user.id)) % _COLORS,
            is_bot=user.is_bot,
        )


def human_users(state: WorkspaceState) -> list[WorkspaceUser]:
    """All users except bots and deleted users."""
    users = state.directory.users.values()
    return [user for user in users if not (user.is_bot or user.deleted)]


def _role(user: WorkspaceUser) -> str:
    if user.is_bot:
        return "App"
    if not user.belongs_to(TEAM_ID):
        return "Member of another workspace"
    if user.is_guest:
        return "Guest"
    return "Admin" if user.is_admin else "Member"


def _surface_of_view(view: Json, where: Json) -> ShownSurface:
    return ShownSurface(
        key=view["id"], where=where, blocks=view["blocks"], values=view["state"]["values"]
    )


def _continues_previous(before: Json, message: Json) -> bool:
    """Whether the message is shown without a name, below the author's previous one."""
    same = before["user"] == message["user"] and before["ephemeral"] == message["ephemeral"]
    is_plain = not (message.get("blocks") or before.get("blocks"))
    return (
        same and is_plain and float(message["ts"]) - float(before["ts"]) < SECONDS_BETWEEN_MESSAGES
    )


def _table(file: UploadedFile) -> Sequence[Sequence[str]]:
    if not file.name.endswith(".csv") or file.content is None:
        return []
    lines = io.StringIO(file.content.decode(errors="replace"))
    return list(csv.reader(lines))
