"""What a workspace holds, as plain values: a change is a new value in the old one's place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.playground.slack.blocks.walking import Block

ChannelKind = Literal["public", "private", "im"]


@dataclass(frozen=True, kw_only=True)
class User:
    """A person or a bot.

    `tz` is an IANA name. `team_id` is the person's own workspace, and `teams` are all workspaces of
    the Enterprise organization that they belong to, if there is one. `is_restricted` are guests of
    several channels, and `is_ultra_restricted` besides are those of a single one, as Slack flags
    them.
    """

    id: str
    name: str
    real_name: str
    team_id: str
    teams: tuple[str, ...] = ()
    tz: str = "Europe/Berlin"
    email: str | None = None
    is_admin: bool = False
    is_restricted: bool = False
    is_ultra_restricted: bool = False
    is_bot: bool = False
    deleted: bool = False

    def belongs_to(self, team_id: str) -> bool:
        return team_id in (self.team_id, *self.teams)

    @property
    def is_guest(self) -> bool:
        return self.is_restricted or self.is_ultra_restricted


@dataclass(frozen=True, kw_only=True)
class Channel:
    """A conversation; an `im` is one person's with the bot, and has no name."""

    id: str
    name: str
    kind: ChannelKind
    members: frozenset[str]
    created: int
    is_archived: bool = False


@dataclass(frozen=True, kw_only=True)
class UserGroup:
    id: str
    handle: str
    name: str
    users: tuple[str, ...]
    is_disabled: bool = False


@dataclass(frozen=True, kw_only=True)
class Message:
    """A message; `only_for` is the one person who sees an ephemeral one.

    `is_tombstone` is what remains of a deleted message that has replies.
    """

    channel: str
    ts: str
    user: str
    text: str
    blocks: tuple[Block, ...] = ()
    attachments: tuple[Any, ...] = ()
    metadata: Mapping[str, Any] | None = None
    thread_ts: str | None = None
    reply_broadcast: bool = False
    only_for: str | None = None
    by_app: bool = False
    edited_ts: str | None = None
    files: tuple[str, ...] = ()
    is_tombstone: bool = False

    @property
    def is_reply(self) -> bool:
        return self.thread_ts is not None and self.thread_ts != self.ts

    @property
    def all_blocks(self) -> tuple[Block, ...]:
        """Those of its attachments too."""
        inner = (block for each in self.attachments for block in each.get("blocks", ()))
        return (*self.blocks, *inner)


@dataclass(frozen=True, kw_only=True)
class View:
    """A modal or a Home tab; `content` is what the app gave, with ids filled in."""

    id: str
    user: str
    content: Mapping[str, Any]
    hash: str
    root_id: str
    previous_id: str | None = None

    @property
    def kind(self) -> str:
        return str(self.content["type"])

    @property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self.content["blocks"])

    @property
    def external_id(self) -> str:
        return str(self.content.get("external_id", ""))


@dataclass(frozen=True, kw_only=True)
class File:
    """A file; its content is None until it has been uploaded."""

    id: str
    name: str
    title: str
    length: int
    user: str
    created: int
    content: bytes | None = None
    shared_in: tuple[tuple[str, str], ...] = ()
    """Pairs of a channel's id and a message's timestamp."""


@dataclass(frozen=True, kw_only=True)
class Trigger:
    """What lets the app open a modal for a person, once and for three seconds."""

    id: str
    user: str
    at: datetime
    view_id: str | None = None
    is_spent: bool = False


@dataclass(frozen=True, kw_only=True)
class ResponseUrl:
    """What lets the app answer a person five times within 30 minutes."""

    path: str
    user: str
    channel: str
    at: datetime
    message_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True, kw_only=True)
class AppWarning:
    """Something that Slack lets pass, or answers to nobody, and that no app should do."""

    where: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entry of the feed; numbers count upwards from 1."""

    number: int
    kind: str
    about: Mapping[str, Any] = field(default_factory=dict)
