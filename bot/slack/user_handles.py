"""Handles (@…) in the settings: which Slack users and user groups have them."""

import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk import WebClient

from bot.parallel import ExpiringCache
from bot.slack.api import calling

SECONDS_CACHED = 600.0
"""A workspace may have thousands of users, and Slack allows about 20 pages a minute:
docs.slack.dev, rate limits, Tier 2."""

SECONDS_ERRORS_CACHED = 5.0

USERS_PER_PAGE = 1000


@dataclass(frozen=True, slots=True)
class HandleOwners:
    """IDs of the users and user groups that have a handle. Users include deactivated ones, so that
    no other user can take over a handle by renaming themselves."""

    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @property
    def only(self) -> str | None:
        """The ID of the owner. None if there is no owner, or if there are several."""
        every = (*self.users, *self.groups)
        return every[0] if len(every) == 1 else None


class SlackHandleLookup:
    """Looks up the owners of handles, and caches them. Thread-safe. A user's handle is their user
    name, in upper or lower case. A display name is none: users choose it themselves, and several
    may have the same, so it must not give anyone a permission. `handles`: with `@`."""

    def __init__(
        self,
        client: WebClient,
        handles: Collection[str],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._wanted = frozenset(map(_as_compared, handles))
        self._owners: ExpiringCache[None, Mapping[str, HandleOwners]] = ExpiringCache(
            lambda _: self._ask(), SECONDS_CACHED, SECONDS_ERRORS_CACHED, clock
        )

    def owners(self, handle: str) -> HandleOwners:
        """Raises SlackError."""
        return self._owners.get(None).get(_as_compared(handle), HandleOwners())

    def _ask(self) -> Mapping[str, HandleOwners]:
        users, groups = self._users_by_handle(), self._groups_by_handle()
        return {
            handle: HandleOwners(tuple(sorted(users[handle])), tuple(sorted(groups[handle])))
            for handle in self._wanted
        }

    def _users_by_handle(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for user in self._users():
            found[_as_compared(user["name"])].add(user["id"])
        return found

    def _groups_by_handle(self) -> Mapping[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        with calling("Listing user groups"):
            groups = self._client.usergroups_list()["usergroups"]
        for group in groups:
            found[_as_compared(group["handle"])].add(group["id"])
        return found

    def _users(self) -> Iterator[dict[str, Any]]:
        """All users but bots, which cannot approve."""
        cursor = ""
        while True:
            with calling("Listing users"):
                answer = self._client.users_list(limit=USERS_PER_PAGE, cursor=cursor)
            yield from (user for user in answer["members"] if not user.get("is_bot"))
            cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
            if not cursor:
                return


def _as_compared(handle: str) -> str:
    return handle.removeprefix("@").strip().casefold()
