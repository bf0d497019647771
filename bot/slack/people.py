"""Who clicks: as Slack's directory has them."""

import time
from collections.abc import Callable, Collection
from typing import Any

from slack_sdk import WebClient

from bot.core.authority import SlackPerson
from bot.core.errors import RequestError
from bot.slack.api import SlackError, calling
from bot.slack.keep import Keep

SECONDS = 60.0
"""That an answer stands: so long somebody who is no approver any more still passes for one."""

SECONDS_OF_ERRORS = 5.0

_UNKNOWN = frozenset({"user_not_found", "user_not_visible"})


class People:
    """May be used by several threads. `workspace`: the team's id; `groups`: the user groups whose
    members may approve something."""

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
        self._users: Keep[str, dict[str, Any]] = Keep(
            self._ask_user, SECONDS, SECONDS_OF_ERRORS, clock
        )
        self._members: Keep[str, frozenset[str]] = Keep(
            self._ask_members, SECONDS, SECONDS_OF_ERRORS, clock
        )

    def person(self, user_id: str, team_id: str) -> SlackPerson:
        """`team_id`: the workspace that the command, or the user of the click, names. Raises
        RequestError for whoever is nobody to decide anything, ServiceError if Slack cannot tell."""
        return self._person(user_id, team_id, self._groups_of(user_id))

    def member(self, user_id: str) -> SlackPerson:
        """Somebody who acted earlier, as the directory has them now. Raises as `person` does, and
        ServiceError if a user group cannot be read."""
        return self._person(user_id, self._workspace, self._readable_groups_of(user_id))

    def _person(self, user_id: str, team_id: str, groups: frozenset[str] | None) -> SlackPerson:
        user = self._users.get(user_id)
        if user.get("deleted"):
            raise RequestError(f"{user_id} is deactivated: only active members may do this")
        if user.get("is_bot") or user.get("is_workflow_bot"):
            raise RequestError(f"{user_id} is a bot: only people may do this")
        return SlackPerson(
            id=user_id,
            workspace=self._workspace_of(user, team_id),
            is_guest=bool(user.get("is_restricted") or user.get("is_ultra_restricted")),
            groups=groups,
        )

    def members(self, group: str) -> frozenset[str]:
        """Their ids. Raises SlackError if Slack cannot tell."""
        return self._members.get(group)

    def _workspace_of(self, user: dict[str, Any], team_id: str) -> str:
        """Ours only if the directory and the click agree.

        In an Enterprise organization people belong to several workspaces. A command names the one
        where it was sent; a click names the person's own workspace or the organization, wherever
        the click was: docs.slack.dev, user object and block_suggestion payload.
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
        return frozenset(group for group in self._groups if user_id in self.members(group))

    def _ask_user(self, user_id: str) -> dict[str, Any]:
        try:
            with calling("Looking somebody up"):
                user: dict[str, Any] = self._client.users_info(user=user_id)["user"]
        except SlackError as error:
            if error.code in _UNKNOWN:
                raise RequestError(f"Slack knows nobody called {user_id} here") from error
            raise
        return user

    def _ask_members(self, group: str) -> frozenset[str]:
        with calling("Reading a user group"):
            return frozenset(self._client.usergroups_users_list(usergroup=group)["users"])
