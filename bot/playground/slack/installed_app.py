"""The installed app: its IDs and its tokens."""

from dataclasses import dataclass
from typing import Literal

from bot.playground.slack.app_manifest import AppManifest
from bot.playground.slack.errors import SlackError

BOT_TOKEN = "xoxb-1000000001-2000000001-standin"  # noqa: S105 - only valid in the stand-in
APP_TOKEN = "xapp-1-A0000000001-3000000001-standin"  # noqa: S105 - the same
SIGNING_SECRET = "signing-secret-of-the-stand-in"  # noqa: S105 - the same

TokenKind = Literal["bot", "app"]


@dataclass(frozen=True)
class SlackToken:
    kind: TokenKind
    scopes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class InstalledApp:
    id: str
    bot_id: str
    user_id: str
    manifest: AppManifest


class SlackTokens:
    """The bot token has the manifest's scopes, the app-level token has `connections:write`."""

    def __init__(self, manifest: AppManifest) -> None:
        self._known = {
            BOT_TOKEN: SlackToken("bot", manifest.scopes),
            APP_TOKEN: SlackToken("app", frozenset({"connections:write"})),
        }
        self._revoked: set[str] = set()

    def set_scopes(self, token: str, scopes: frozenset[str]) -> None:
        """Simulates an installation with other scopes than the manifest's."""
        self._known[token] = SlackToken(self._known[token].kind, scopes)

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def find(self, text: str) -> SlackToken:
        """The token with this text; raises SlackError if it is missing, revoked or unknown."""
        if not text:
            raise SlackError("not_authed")
        if text in self._revoked:
            raise SlackError("token_revoked")
        if text not in self._known:
            raise SlackError("invalid_auth")
        return self._known[text]
