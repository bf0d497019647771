"""Everything that the workspace knows, and what a test or a demo may do to it."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from threading import RLock
from typing import Any

from bot.playground.call_log import CallLog
from bot.playground.faults import FaultRules
from bot.playground.slack.app import APP_TOKEN, BOT_TOKEN, App, Tokens
from bot.playground.slack.calls import Call
from bot.playground.slack.clock import WorkspaceClock
from bot.playground.slack.deliveries import Deliveries
from bot.playground.slack.directory import TEAM_ID, Directory
from bot.playground.slack.faults import DeliveryFault, Fault
from bot.playground.slack.feed import Feed
from bot.playground.slack.files import Files
from bot.playground.slack.ids import Ids
from bot.playground.slack.limits import Limits
from bot.playground.slack.manifest import read_manifest
from bot.playground.slack.messages import Messages
from bot.playground.slack.models import (
    AppWarning,
    Channel,
    ChannelKind,
    Message,
    User,
    UserGroup,
)
from bot.playground.slack.tickets import LinkTickets, ResponseUrls, Triggers
from bot.playground.slack.values import Fields
from bot.playground.slack.views import Views


class State:
    """The state behind the wire. Whoever reads or changes it holds `lock`; the methods do.

    - `ack_timeout` and `retries_after` are seconds: how long the app has to acknowledge an
      envelope, and when an event that it did not is sent again.
    - `warnings` are what Slack lets pass and no app should do; a test asserts that there are none.
    """

    def __init__(self, manifest: Mapping[str, Any] | Path) -> None:
        read = read_manifest(manifest)
        self.lock = RLock()
        self.clock = WorkspaceClock()
        self.ids = Ids(self.clock)
        self.feed = Feed()
        self.app = App(
            id=self.ids.new("A"),
            bot_id=self.ids.new("B"),
            user_id=self.ids.new("U"),
            manifest=read,
        )
        self.tokens = Tokens(read)
        self.directory = Directory(self.ids, self.feed, self.app)
        self.messages = Messages(self.feed)
        self.views = Views(self.ids, self.feed)
        self.fields = Fields()
        self.files = Files(self.ids)
        self.triggers = Triggers(self.ids, self.clock)
        self.link_tickets = LinkTickets(self.ids, self.clock)
        self.response_urls = ResponseUrls(self.ids, self.clock)
        self.limits = Limits(self.clock)
        self.faults = FaultRules[Fault]()
        self.delivery_faults = FaultRules[DeliveryFault]()
        self.calls = CallLog[Call]()
        self.deliveries = Deliveries()
        self.warnings: list[AppWarning] = []
        self.bugs: list[str] = []
        self.ack_timeout = 3.0
        self.retries_after: tuple[float, ...] = (0, 60, 300)

    @property
    def seconds(self) -> int:
        """The time now, as Slack writes times in whole seconds."""
        return int(self.clock.now().timestamp())

    def add_user(self, name: str, **traits: Any) -> User:
        """A person; `traits` are those of User, and `id` may be one of them."""
        with self.lock:
            given = {"id": self.ids.new("U"), "real_name": name, "team_id": TEAM_ID, **traits}
            return self.directory.put_user(User(name=name, **given))

    def change_user(self, user: str, **traits: Any) -> User:
        with self.lock:
            return self.directory.put_user(replace(self.directory.users[user], **traits))

    def add_channel(
        self,
        name: str,
        members: Iterable[str] = (),
        *,
        kind: ChannelKind = "public",
        with_bot: bool = True,
    ) -> Channel:
        """`members` are users' ids, to which the bot's is added unless it stays outside."""
        with self.lock:
            bot = [self.app.user_id] if with_bot else []
            return self.directory.create_channel(name, kind, [*members, *bot], self.seconds)

    def add_user_group(self, handle: str, users: Iterable[str] = (), **traits: Any) -> UserGroup:
        with self.lock:
            given = {"id": self.ids.new("S"), "name": handle, **traits}
            return self.directory.put_user_group(
                UserGroup(handle=handle, users=tuple(users), **given)
            )

    def change_user_group(self, group: str, **traits: Any) -> UserGroup:
        with self.lock:
            known = self.directory.user_groups[group]
            if "users" in traits:
                traits["users"] = tuple(traits["users"])
            return self.directory.put_user_group(replace(known, **traits))

    def write(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """A person's message, of which the app hears nothing; raises KeyError."""
        with self.lock:
            return self.messages.put(
                Message(
                    channel=self.directory.channels[channel].id,
                    ts=self.ids.stamp(),
                    user=self.directory.users[user].id,
                    text=text,
                    thread_ts=thread_ts,
                )
            )

    def set_scopes(self, scopes: Iterable[str]) -> None:
        """As if the app had been installed with these scopes, whatever its manifest says."""
        with self.lock:
            self.tokens.set_scopes(BOT_TOKEN, frozenset(scopes))

    def set_app_scopes(self, scopes: Iterable[str]) -> None:
        with self.lock:
            self.tokens.set_scopes(APP_TOKEN, frozenset(scopes))

    def warn(self, where: str, text: str) -> None:
        with self.lock:
            self.warnings.append(AppWarning(where=where, text=text))
