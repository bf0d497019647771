"""Lookups of users, user groups and channels in Slack."""

import re
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import chain, filterfalse
from typing import Any

from slack_sdk import WebClient

from bot.core.approver_arns import is_arn_pattern
from bot.core.errors import RequestError
from bot.core.permissions import SlackUser
from bot.parallel import ExpiringCache
from bot.slack.api import SlackError, calling
from bot.slack.mrkdwn import is_user
from bot.slack.user_handles import HandleOwners, SlackHandleLookup
from bot.slack.view_models import ApproverList

SECONDS_CACHED = 60.0
"""An answer is cached this long, so a former approver counts as an approver this long."""

SECONDS_ERRORS_CACHED = 5.0

_UNKNOWN_USER = frozenset({"user_not_found", "user_not_visible"})

CHANNEL_TYPES = "public_channel,private_channel"
CHANNELS_PER_PAGE = 1000

_CHANNEL_ID = re.compile(r"[CG][A-Z0-9]{6,}", re.ASCII)
"""Does not match names, which are in lower case."""


class SlackUsers:
    """Looks up users and caches the answers. Thread-safe. `workspace`: the team's ID; `groups`: the
    user groups (S…) and handles (@…) that the settings name as approvers."""

    def __init__(
        self,
        client: WebClient,
        workspace: str,
        groups: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._workspace = workspace
        self._groups = sorted(groups)
        handles = [group for group in self._groups if group.startswith("@")]
        self._handles = SlackHandleLookup(client, handles, clock)
        self._users: ExpiringCache[str, dict[str, Any]] = ExpiringCache(
            self._ask_user, SECONDS_CACHED, SECONDS_ERRORS_CACHED, clock
        )
        self._members: ExpiringCache[str, frozenset[str]] = ExpiringCache(
            self._ask_members, SECONDS_CACHED, SECONDS_ERRORS_CACHED, clock
        )

    def person(self, user_id: str, team_id: str) -> SlackUser:
        """`team_id`: the workspace that the payload names. Raises RequestError for bots,
        deactivated and unknown users, ServiceError if Slack fails."""
        return self._person(user_id, team_id, self._groups_of(user_id))

    def profile(self, user_id: str, team_id: str) -> SlackUser:
        """As `person`, but without user groups: one call at most. Enough to recognize guests and
        users of other workspaces, whom user groups do not give any permission."""
        return self._person(user_id, team_id, groups=None)

    def member(self, user_id: str) -> SlackUser:
        """The current state of the user who did an earlier action. Raises as `person` does, and
        ServiceError if a user group cannot be read."""
        return self._person(user_id, self._workspace, self._readable_groups_of(user_id))

    def _person(self, user_id: str, team_id: str, groups: frozenset[str] | None) -> SlackUser:
        user = self._users.get(user_id)
        if user.get("deleted"):
            raise RequestError(f"{user_id} is deactivated: only active members may do this")
        if user.get("is_bot") or user.get("is_workflow_bot"):
            raise RequestError(f"{user_id} is a bot: only human users may do this")
        return SlackUser(
            id=user_id,
            workspace=self._workspace_of(user, team_id),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            groups=groups,
        )

    def members(self, group: str) -> frozenset[str]:
        """IDs of the group's members. Raises SlackError."""
        return self._members.get(group)

    def approver_list(self, approvers: Collection[str]) -> ApproverList:
        """`approvers`: from the settings. Omits AWS ARNs, and handles that do not count or cannot
        be looked up."""
        try:
            ids = self._ids_of(approvers)
        except SlackError:
            in_slack = filterfalse(is_arn_pattern, approvers)
            ids = [each for each in in_slack if not each.startswith("@")]
            return ApproverList(*_users_and_groups(ids), people=None)
        users, groups = _users_and_groups(ids)
        try:
            members = chain.from_iterable(map(self.members, groups))
            return ApproverList(users, groups, len({*users, *members}))
        except SlackError:
            return ApproverList(users, groups, people=None)

    def _ids_of(self, approvers: Collection[str]) -> Sequence[str]:
        in_slack = filterfalse(is_arn_pattern, approvers)
        owners = (self.owners(each).only if each.startswith("@") else each for each in in_slack)
        return [*dict.fromkeys(filter(None, owners))]

    def owners(self, handle: str) -> HandleOwners:
        """Of a handle in the settings. Raises SlackError."""
        return self._handles.owners(handle)

    def _workspace_of(self, user: dict[str, Any], team_id: str) -> str:
        """The bot's workspace only if both the user's profile and the payload name it.

        In an Enterprise organization, users belong to several workspaces. A command names the
        workspace where it was sent; a click always names the user's own workspace or the
        organization: docs.slack.dev, user object and block_suggestion payload.
        """
        home, enterprise = str(user.get("team_id")), user.get("enterprise_user") or {}
        teams = {home, *enterprise.get("teams", ())}
        if user.get("is_stranger") or self._workspace not in teams:
            return home if home != self._workspace else "another workspace"
        is_their_own = team_id in {*teams, enterprise.get("enterprise_id")}
        return self._workspace if is_their_own else team_id

    def _groups_of(self, user_id: str) -> frozenset[str] | None:
        try:
            return self._readable_groups_of(user_id)
        except SlackError:
            return None

    def _readable_groups_of(self, user_id: str) -> frozenset[str]:
        return frozenset(group for group in self._groups if self._includes(group, user_id))

    def _includes(self, group: str, user_id: str) -> bool:
        """`group`: a user group or a handle. A handle without an owner, or with several, includes
        no user."""
        id_ = self.owners(group).only if group.startswith("@") else group
        if id_ is None or is_user(id_):
            return id_ == user_id
        return user_id in self.members(id_)

    def _ask_user(self, user_id: str) -> dict[str, Any]:
        return _user(self._client, user_id)

    def _ask_members(self, group: str) -> frozenset[str]:
        with calling("Reading a user group"):
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])


def user_name(client: WebClient, user_id: str) -> str:
    """The full name. Raises RequestError for an unknown user, SlackError."""
    user = _user(client, user_id)
    profile = user.get("profile") or {}
    return str(profile.get("real_name") or profile.get("display_name") or user.get("name") or "")


def _user(client: WebClient, user_id: str) -> dict[str, Any]:
    try:
        with calling("Looking up a user"):
            user: dict[str, Any] = client.users_info(user=user_id)["user"]
    except SlackError as error:
        if error.code in _UNKNOWN_USER:
            raise RequestError(f"This Slack workspace has no user {user_id}") from error
        raise
    return user


def _users_and_groups(ids: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    return [*filter(is_user, ids)], [each for each in ids if not is_user(each)]


def channel_ids(client: WebClient, channels: Collection[str]) -> Mapping[str, str]:
    """The ID of each channel, by the text in the settings: `C…`, `#name` or `name`. Calls Slack
    only for names. Raises RequestError for an unknown name, ServiceError if Slack fails."""
    ids: dict[str, str] = {}
    for channel, found in look_up_channels(client, channels).items():
        if isinstance(found, RequestError):
            raise found
        ids[channel] = found
    return ids


def look_up_channels(
    client: WebClient, channels: Collection[str]
) -> Mapping[str, str | RequestError]:
    """As `channel_ids`, with a RequestError in place of the ID of an unknown channel."""
    wanted = {each: each.removeprefix("#") for each in channels if not _CHANNEL_ID.fullmatch(each)}
    known = _ids_by_name(client, set(wanted.values())) if wanted else {}
    return {each: _channel_id(wanted[each], known) if each in wanted else each for each in channels}


def _ids_by_name(client: WebClient, wanted: set[str]) -> Mapping[str, str]:
    """Channel IDs by name. Stops when all wanted names are found."""
    known: dict[str, str] = {}
    for page in _pages_of_channels(client):
        known |= {channel["name"]: channel["id"] for channel in page}
        if wanted <= known.keys():
            break
    return known


def _pages_of_channels(client: WebClient) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while True:
        with calling("Listing channels"):
            answer = client.conversations_list(
                types=CHANNEL_TYPES, exclude_archived=True, limit=CHANNELS_PER_PAGE, cursor=cursor
            )
        yield answer["channels"]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _channel_id(name: str, known: Mapping[str, str]) -> str | RequestError:
    return known.get(name) or RequestError(_unknown_channel(name, known))


def _unknown_channel(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = (
        f"did you mean #{close[0]}?"
        if close
        else "check the name; if the channel is private, invite the bot"
    )
    return f"The bot cannot see the channel #{name} in `reports`: {hint}"
