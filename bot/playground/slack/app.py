"""The installed app: who it is here, and the tokens it calls with."""

from dataclasses import dataclass
from typing import Literal

from bot.playground.slack.errors import SlackError
from bot.playground.slack.manifest import Manifest

BOT_TOKEN = "xoxb-1000000001-2000000001-standin"  # noqa: S105 - opens nothing but the stand-in
APP_TOKEN = "xapp-1-A0000000001-3000000001-standin"  # noqa: S105 - the same
SIGNING_SECRET = "signing-secret-of-the-stand-in"  # noqa: S105 - the same

TokenKind = Literal["bot", "app"]


@dataclass(frozen=True)
class Token:
    kind: TokenKind
    scopes: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class App:
    id: str
    bot_id: str
    user_id: str
    manifest: Manifest


class Tokens:
    """A bot token has the manifest's scopes, an app-level token those that it was made with."""

    def __init__(self, manifest: Manifest) -> None:
        self._known = {
            BOT_TOKEN: Token("bot", manifest.scopes),
            APP_TOKEN: Token("app", frozenset({"connections:write"})),
        }
        self._revoked: set[str] = set()

    def set_scopes(self, token: str, scopes: frozenset[str]) -> None:
        """As if the app had been installed with other scopes than the manifest's."""
        self._known[token] = Token(self._known[token].kind, scopes)

    def revoke(self, token: str) -> None:
        self._revoked.add(token)

    def behind(self, text: str) -> Token:
        """Raises SlackError."""
        if not text:
            raise SlackError("not_authed")
        if text in self._revoked:
            raise SlackError("token_revoked")
        if text not in self._known:
            raise SlackError("invalid_auth")
        return self._known[text]
