"""The users, the channels with their members, and the user groups of the workspace."""

from collections.abc import Iterable
from dataclasses import replace

from bot.playground.slack.change_feed import ChangeFeed
from bot.playground.slack.id_generator import IdGenerator
from bot.playground.slack.installed_app import InstalledApp
from bot.playground.slack.models import Channel, ChannelKind, UserGroup, WorkspaceUser

TEAM_ID = "T0000000001"
TEAM_DOMAIN = "stand-in"
TEAM_NAME = "Stand-in"
ENTERPRISE_ID = "E0000000001"
ENTERPRISE_NAME = "Stand-in organization"


class WorkspaceDirectory:
    """Methods that change an entry raise KeyError if it does not exist."""

    def __init__(self, ids: IdGenerator, feed: ChangeFeed, app: InstalledApp) -> None:
        self.users: dict[str, WorkspaceUser] = {}
        self.channels: dict[str, Channel] = {}
        self.user_groups: dict[str, UserGroup] = {}
        self._ids = ids
        self._feed = feed
        self._app = app
        name = app.manifest.bot_name
        self.put_user(
            WorkspaceUser(
                id=app.user_id, name=name, real_name=name, team_id=TEAM_ID, is_bot=True, tz="UTC"
            )
        )

    def put_user(self, user: WorkspaceUser) -> WorkspaceUser:
        self.users[user.id] = user
        self._feed.add("user", user=user.id)
        return user

    def create_channel(
        self, name: str, kind: ChannelKind, members: Iterable[str], created: int
    ) -> Channel:
        if any(each.name == name for each in self.channels.values()):
            raise ValueError(f"channel {name} already exists")
        members = frozenset(members)
        if unknown := members - self.users.keys():
            raise ValueError(f"unknown users: {', '.join(sorted(unknown))}")
        return self._put(
            Channel(id=self._ids.new("C"), name=name, kind=kind, members=members, created=created)
        )

    def im_with(self, user: str, created: int) -> Channel:
        """The direct messages of the bot and one user, created if missing."""
        members = frozenset({user, self._app.user_id})
        for channel in self.channels.values():
            if channel.kind == "im" and channel.members == members:
                return channel
        return self._put(
            Channel(id=self._ids.new("D"), name="", kind="im", members=members, created=created)
        )

    def join(self, channel: str, user: str) -> Channel:
        found = self.channels[channel]
        return self._put(replace(found, members=found.members | {self.users[user].id}))

    def leave(self, channel: str, user: str) -> Channel:
        found = self.channels[channel]
        return self._put(replace(found, members=found.members - {user}))

    def archive(self, channel: str, *, is_archived: bool = True) -> Channel:
        return self._put(replace(self.channels[channel], is_archived=is_archived))

    def put_user_group(self, group: UserGroup) -> UserGroup:
        """Raises ValueError if a user, a channel or another user group has the handle:
        docs.slack.dev, reference/methods/usergroups.create."""
        taken = {
            *(each.name for each in self.users.values()),
            *(each.name for each in self.channels.values()),
            *(each.handle for each in self.user_groups.values() if each.id != group.id),
        }
        if group.handle in taken:
            raise ValueError(f"the handle {group.handle} is taken")
        self.user_groups[group.id] = group
        return group

    def can_see(self, channel: Channel, user: WorkspaceUser) -> bool:
        """Full members of the workspace can read public channels without joining."""
        is_full = user.belongs_to(TEAM_ID) and not user.is_guest
        return user.id in channel.members or (channel.kind == "public" and is_full)

    def is_stranger(self, user: WorkspaceUser) -> bool:
        """Whether the user is from another workspace and shares no channel with the bot."""
        return not user.belongs_to(TEAM_ID) and not any(
            {user.id, self._app.user_id} <= channel.members for channel in self.channels.values()
        )

    def _put(self, channel: Channel) -> Channel:
        self.channels[channel.id] = channel
        self._feed.add("channel", channel=channel.id)
        return channel
