"""Channels by name."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from slack_sdk import WebClient

from bot.core.errors import RequestError
from bot.slack.api import calling

KINDS = "public_channel,private_channel"
A_PAGE = 1000

_ID = re.compile(r"[CG][A-Z0-9]{6,}", re.ASCII)
"""No name: those are in lower case."""


def ids_of(client: WebClient, channels: Collection[str]) -> Mapping[str, str]:
    """The ids of channels that the settings name, by what they say: `C…`, `#name` or `name`. Slack
    is asked only if there are names. Raises RequestError for a name that is none here, ServiceError
    if Slack cannot tell."""
    ids: dict[str, str] = {}
    for channel, found in look_up(client, channels).items():
        if isinstance(found, RequestError):
            raise found
        ids[channel] = found
    return ids


def look_up(client: WebClient, channels: Collection[str]) -> Mapping[str, str | RequestError]:
    """The same, with the error in the place of an id. Raises ServiceError if Slack cannot tell."""
    wanted = {each: each.removeprefix("#") for each in channels if not _ID.fullmatch(each)}
    known = _ids_by_name(client, set(wanted.values())) if wanted else {}
    return {each: _found(wanted[each], known) if each in wanted else each for each in channels}


def _ids_by_name(client: WebClient, wanted: set[str]) -> Mapping[str, str]:
    """Of all channels that the bot sees, up to the last that is wanted."""
    known: dict[str, str] = {}
    for page in _pages(client):
        known |= {channel["name"]: channel["id"] for channel in page}
        if wanted <= known.keys():
            break
    return known


def _pages(client: WebClient) -> Iterator[list[dict[str, Any]]]:
    cursor = ""
    while True:
        with calling("Listing channels"):
            answer = client.conversations_list(
                types=KINDS, exclude_archived=True, limit=A_PAGE, cursor=cursor
            )
        yield answer["channels"]
        cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
        if not cursor:
            return


def _found(name: str, known: Mapping[str, str]) -> str | RequestError:
    return known.get(name) or RequestError(_unknown(name, known))


def _unknown(name: str, known: Collection[str]) -> str:
    close = get_close_matches(name, known, n=1)
    hint = (
        f"did you mean #{close[0]}?" if close else "check the name, or invite it if it is private"
    )
    return f"`reports` names the channel #{name}, which the bot does not see: {hint}"
