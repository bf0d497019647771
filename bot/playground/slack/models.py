"""Immutable values of the workspace. A change replaces the old value."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from bot.playground.slack.blocks.traversal import Block

ChannelKind = Literal["public", "private", "im"]


@dataclass(frozen=True, kw_only=True)
class WorkspaceUser:
    """A user or a bot.

    - `display_name`: empty if it equals `name`.
    - `tz`: an IANA name.
    - `team_id`: the user's own workspace.
    - `teams`: the workspaces of the Enterprise organization that the user belongs to, if any.
    - `is_restricted`: a guest. `is_ultra_restricted`: additionally, a guest of a single channel.
    """

    id: str
    name: str
    real_name: str
    team_id: str
    display_name: str = ""
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
    """A channel. An `im` is a user's direct messages with the bot, and has no name."""

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
    """A message. `only_for`: the only user who sees an ephemeral message.

    `is_tombstone`: the placeholder of a deleted message with replies.
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
        """The blocks of the message and of its attachments."""
        inner = (block for each in self.attachments for block in each.get("blocks", ()))
        return (*self.blocks, *inner)


@dataclass(frozen=True, kw_only=True)
class SlackView:
    """A modal or a Home tab. `content` is the app's view, with missing IDs filled in."""

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
class UploadedFile:
    """A file. Its content is None until the upload."""

    id: str
    name: str
    title: str
    length: int
    user: str
    created: int
    content: bytes | None = None
    shared_in: tuple[tuple[str, str], ...] = ()
    """Pairs of a channel ID and a message timestamp."""


@dataclass(frozen=True, kw_only=True)
class ModalTrigger:
    """A trigger ID, with which the app can open one modal for a user within three seconds."""

    id: str
    user: str
    at: datetime
    view_id: str | None = None
    is_used: bool = False


@dataclass(frozen=True, kw_only=True)
class ResponseUrl:
    """A response URL, with which the app can answer a user five times within 30 minutes."""

    path: str
    user: str
    channel: str
    at: datetime
    message_ts: str | None = None
    uses: int = 0


@dataclass(frozen=True, kw_only=True)
class AppWarning:
    """A mistake of the app that Slack ignores, such as an unknown argument."""

    where: str
    text: str


@dataclass(frozen=True, kw_only=True)
class WorkspaceChange:
    """One change in the feed. Numbers start at 1."""

    number: int
    kind: str
    about: Mapping[str, Any] = field(default_factory=dict)
