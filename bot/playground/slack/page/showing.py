"""What the templates are given: what a person sees, in the order in which they see it."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.acts.seeing import sight
from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.models import File, User
from bot.playground.slack.page.marks import Marks
from bot.playground.slack.page.reader import Reader
from bot.playground.slack.state import State

Json = dict[str, Any]

SECONDS_APART = 300
"""Who goes on writing within this time is not named again."""

_COLOURS = 6
_LINES_OF_A_TABLE = 6
_COLUMNS_OF_A_TABLE = 5


@dataclass(frozen=True, kw_only=True)
class Author:
    id: str
    name: str
    role: str
    initials: str
    colour: int
    is_bot: bool


@dataclass(frozen=True, kw_only=True)
class Surface:
    """Something with blocks. `key` begins the ids of its elements; `where` leads acts to it."""

    key: str
    where: Json
    blocks: Sequence[Json]
    values: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ShownFile:
    """`table`: its first lines, empty if it is no CSV."""

    id: str
    name: str
    title: str
    length: int
    table: Sequence[Sequence[str]]
    lines: int


@dataclass(frozen=True, kw_only=True)
class Said:
    """A message. `day`: the heading that comes before it, if a day begins with it."""

    json: Json
    author: Author
    surface: Surface
    attachments: Sequence[tuple[Json, Surface]]
    files: Sequence[ShownFile]
    replies: Sequence["Said"]
    day: str
    continues: bool

    @property
    def ts(self) -> str:
        return str(self.json["ts"])


@dataclass(frozen=True, kw_only=True)
class Place:
    """A line of the sidebar."""

    id: str
    name: str
    kind: str
    path: str
    unread: int
    is_here: bool


class Showing:
    """Everything of one page for one person. Whoever uses it holds the state's lock."""

    def __init__(self, reader: Reader, marks: Marks) -> None:
        self.reader = reader
        self.state: State = reader.state
        self.user: User = reader.user
        self._marks = marks
        self._sight = sight(self.state, self.user)
        self._channels = {each["id"]: each for each in self._sight["channels"]}

    @property
    def me(self) -> Author:
        return self._author(self.user)

    @property
    def everybody(self) -> list[Author]:
        """Who one may act as."""
        return [self._author(user) for user in people(self.state)]

    @property
    def feed(self) -> int:
        """The number of the last change that this page knows."""
        return len(self.state.feed.after(0))

    @property
    def modal(self) -> tuple[Json, Surface, int] | None:
        """The topmost one, and how many are stacked."""
        modals = self._sight["modals"]
        return (modals[-1], _surface_of_view(modals[-1], {}), len(modals)) if modals else None

    @property
    def home(self) -> Surface | None:
        home = self._sight["home"]
        return _surface_of_view(home, {"home": True}) if home else None

    def channel(self, id_: str) -> Json | None:
        """As `sight` tells it; None if the person does not see it."""
        return self._channels.get(id_)

    def mark_read(self, channel: Json) -> None:
        if channel["messages"]:
            last = max(message["ts"] for message in channel["messages"])
            self._marks.read(self.user.id, channel["id"], last)

    def places(self, here: str) -> list[Place]:
        """Channels by name, with `here` being the id of what is open."""
        seen = (each for each in self._channels.values() if each["kind"] != "im")
        return [
            Place(
                id=each["id"],
                name=each["name"],
                kind=each["kind"],
                path=f"/c/{each['id']}",
                unread=self._unread(each),
                is_here=each["id"] == here,
            )
            for each in sorted(seen, key=lambda each: (not each["joined"], each["name"]))
        ]

    def bot(self, here: str) -> Place:
        """The app's own line."""
        app = self.state.app
        im = self._im
        return Place(
            id=app.id,
            name=app.manifest.bot_name,
            kind="im",
            path=f"/home/{app.id}",
            unread=self._unread(im) if im else 0,
            is_here=here == app.id,
        )

    def messages(self, channel: Json) -> list[Said]:
        return list(self._said(channel["id"], channel["messages"]))

    def thread(self, channel: Json, ts: str) -> Said | None:
        found = [message for message in channel["messages"] if message["ts"] == ts]
        return next(self._said(channel["id"], found), None)

    @property
    def _im(self) -> Json | None:
        return next((each for each in self._channels.values() if each["kind"] == "im"), None)

    def _unread(self, channel: Json) -> int:
        until = self._marks.read_until(self.user.id, channel["id"])
        return sum(
            message["ts"] > until and message["user"] != self.user.id
            for message in channel["messages"]
        )

    def _said(self, channel: str, messages: Sequence[Json]) -> Iterator[Said]:
        before: Json | None = None
        for message in messages:
            day = self.reader.day(message["ts"])
            is_new_day = before is None or self.reader.day(before["ts"]) != day
            yield Said(
                json=message,
                author=self._author_of(message),
                surface=self._surface(channel, message, message.get("blocks", ())),
                attachments=[
                    (each, self._surface(channel, message, each.get("blocks", ())))
                    for each in message.get("attachments", ())
                ],
                files=list(self._files(message)),
                replies=list(self._said(channel, message.get("replies", ()))),
                day=day if is_new_day else "",
                continues=before is not None and not is_new_day and _continues(before, message),
            )
            before = message

    def _surface(self, channel: str, message: Json, blocks: Sequence[Json]) -> Surface:
        ts = message["ts"]
        return Surface(
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

    def _author_of(self, message: Json) -> Author:
        return self._author(self.state.directory.users[message["user"]])

    def _author(self, user: User) -> Author:
        words = [word for word in user.real_name.replace("·", " ").split() if word[0].isalnum()]
        return Author(
            id=user.id,
            name=user.real_name,
            role=_role(user),
            initials="".join(word[0] for word in words[:2]).upper(),
            colour=sum(map(ord, user.id)) % _COLOURS,
            is_bot=user.is_bot,
        )


def people(state: State) -> list[User]:
    """Everybody who is no bot and still there."""
    users = state.directory.users.values()
    return [user for user in users if not (user.is_bot or user.deleted)]


def _role(user: User) -> str:
    if user.is_bot:
        return "App"
    if not user.belongs_to(TEAM_ID):
        return "Of another workspace"
    if user.is_guest:
        return "Guest"
    return "Admin" if user.is_admin else "Member"


def _surface_of_view(view: Json, where: Json) -> Surface:
    return Surface(
        key=view["id"], where=where, blocks=view["blocks"], values=view["state"]["values"]
    )


def _continues(before: Json, message: Json) -> bool:
    """Whether it stands right below what the same person said just before, without a name."""
    same = before["user"] == message["user"] and before["ephemeral"] == message["ephemeral"]
    is_plain = not (message.get("blocks") or before.get("blocks"))
    return same and is_plain and float(message["ts"]) - float(before["ts"]) < SECONDS_APART


def _table(file: File) -> Sequence[Sequence[str]]:
    if not file.name.endswith(".csv") or file.content is None:
        return []
    lines = io.StringIO(file.content.decode(errors="replace"))
    return list(csv.reader(lines))
