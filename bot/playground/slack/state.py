"""The state of the workspace, and changes that tests and the demo make."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from bot.playground.call_log import CallLog
from bot.playground.faults import FaultRules
from bot.playground.slack.app_manifest import read_manifest
from bot.playground.slack.change_feed import ChangeFeed
from bot.playground.slack.directory import TEAM_ID, WorkspaceDirectory
from bot.playground.slack.expiring_ids import ConnectionTickets, ResponseUrls, TriggerIds
from bot.playground.slack.faults import CallFault, DeliveryFault
from bot.playground.slack.field_values import EnteredFieldValues
from bot.playground.slack.file_store import FileStore
from bot.playground.slack.id_generator import IdGenerator
from bot.playground.slack.installed_app import APP_TOKEN, BOT_TOKEN, InstalledApp, SlackTokens
from bot.playground.slack.message_store import MessageStore
from bot.playground.slack.models import (
    AppWarning,
    Channel,
    ChannelKind,
    Message,
    UserGroup,
    WorkspaceUser,
)
from bot.playground.slack.rate_limits import RateLimiter
from bot.playground.slack.recorded_traffic import CallRecord, DeliveryLog
from bot.playground.slack.view_store import ViewStore
from bot.playground.slack.workspace_clock import WorkspaceClock


class WorkspaceState:
    """The state of the workspace. Hold `lock` to read or change it; the methods here take it.

    - `ack_timeout`: the seconds that the app has to acknowledge an envelope.
    - `retries_after`: the seconds before each retry of an unacknowledged event.
    - `warnings`: mistakes of the app that Slack ignores. Tests check that there are none.
    - `bugs`: internal errors of the stand-in.
    """

    def __init__(self, manifest: Mapping[str, Any] | Path) -> None:
        read = read_manifest(manifest)
        self.lock = RLock()
        self.clock = WorkspaceClock()
        self.ids = IdGenerator(self.clock)
        self.feed = ChangeFeed()
        self.app = InstalledApp(
            id=self.ids.new("A"),
            bot_id=self.ids.new("B"),
            user_id=self.ids.new("U"),
            manifest=read,
        )
        self.tokens = SlackTokens(read)
        self.directory = WorkspaceDirectory(self.ids, self.feed, self.app)
        self.messages = MessageStore(self.feed)
        self.views = ViewStore(self.ids, self.feed)
        self.fields = EnteredFieldValues()
        self.files = FileStore(self.ids)
        self.triggers = TriggerIds(self.ids, self.clock)
        self.connection_tickets = ConnectionTickets(self.ids, self.clock)
        self.response_urls = ResponseUrls(self.ids, self.clock)
        self.limits = RateLimiter(self.clock)
        self.faults = FaultRules[CallFault]()
        self.delivery_faults = FaultRules[DeliveryFault]()
        self.calls = CallLog[CallRecord]()
        self.deliveries = DeliveryLog()
        self.warnings: list[AppWarning] = []
        self.bugs: list[str] = []
        self.ack_timeout = 3.0
        self.retries_after: tuple[float, ...] = (0, 60, 300)

    @property
    def seconds(self) -> int:
        """The current time in whole seconds."""
        return int(self.clock.now().timestamp())

    def add_user(self, name: str, **fields: Any) -> WorkspaceUser:
        """Adds a user. `fields` are those of User, optionally `id`."""
        with self.lock:
            given = {"id": self.ids.new("U"), "real_name": name, "team_id": TEAM_ID, **fields}
            return self.directory.put_user(WorkspaceUser(name=name, **given))

    def change_user(self, user: str, **fields: Any) -> WorkspaceUser:
        with self.lock:
            return self.directory.put_user(replace(self.directory.users[user], **fields))

    def add_channel(
        self,
        name: str,
        members: Iterable[str] = (),
        *,
        kind: ChannelKind = "public",
        with_bot: bool = True,
    ) -> Channel:
        """`members` are user IDs. The bot is added to them by `with_bot`."""
        with self.lock:
            bot = [self.app.user_id] if with_bot else []
            return self.directory.create_channel(name, kind, [*members, *bot], self.seconds)

    def add_user_group(self, handle: str, users: Iterable[str] = (), **fields: Any) -> UserGroup:
        with self.lock:
            given = {"id": self.ids.new("S"), "name": handle, **fields}
            return self.directory.put_user_group(
                UserGroup(handle=handle, users=tuple(users), **given)
            )

    def change_user_group(self, group: str, **fields: Any) -> UserGroup:
        with self.lock:
            known = self.directory.user_groups[group]
            if "users" in fields:
                fields["users"] = tuple(fields["users"])
            return self.directory.put_user_group(replace(known, **fields))

    def write(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Posts a user's message without an event to the app; raises KeyError."""
        with self.lock:
            return self.messages.put(
                Message(
                    channel=self.directory.channels[channel].id,
                    ts=self.ids.timestamp(),
                    user=self.directory.users[user].id,
                    text=text,
                    thread_ts=thread_ts,
                )
            )

    def set_scopes(self, scopes: Iterable[str]) -> None:
        """Simulates an installation with these scopes instead of the manifest's."""
        with self.lock:
            self.tokens.set_scopes(BOT_TOKEN, frozenset(scopes))

    def set_app_scopes(self, scopes: Iterable[str]) -> None:
        with self.lock:
            self.tokens.set_scopes(APP_TOKEN, frozenset(scopes))

    def warn(self, where: str, text: str) -> None:
        with self.lock:
            self.warnings.append(AppWarning(where=where, text=text))
