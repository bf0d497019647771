"""Converts Slack markup (mrkdwn) to HTML. All text of messages is escaped.

docs.slack.dev, formatting message text, read on 2026-11-23.
"""

import re
from collections.abc import Iterator
from html import unescape
from typing import Protocol

from markupsafe import Markup, escape

_PREFORMATTED = re.compile(r"```\n?(.+?)\n?```", re.DOTALL)
_ATOM = r"`[^`\n]+`|<[^>\n]+>"
_PIECE = re.compile(
    r"`(?P<code>[^`\n]+)`"
    r"|<(?P<entity>[^>\n]+)>"
    r"|:(?P<emoji>[a-z0-9_+-]+):"
    rf"|(?<!\w)(?P<sign>[*_~])(?=\S)(?P<styled>(?:{_ATOM}|[^`<\n])+?)(?<=\S)(?P=sign)(?!\w)"
)
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_TAGS = {"*": "strong", "_": "em", "~": "s"}
_EMOJI_CHARACTERS = {
    "hourglass_flowing_sand": "⏳",
    "pushpin": "📌",
    "tada": "🎉",
    "warning": "⚠️",
    "white_check_mark": "✅",
    "x": "❌",
}


class NameLookup(Protocol):
    """Resolves mentions, links and dates for the user of the page."""

    def mention(self, id_: str) -> str: ...

    def channel(self, id_: str) -> tuple[str, str | None]:
        """Its name and its path, or None if the user cannot see it."""

    def message(self, link: str) -> str | None:
        """The path of a linked message of this workspace; None for other links."""

    def date(self, form: str, seconds: int) -> str: ...


def as_html(text: str, names: NameLookup) -> Markup:
    """Each line is an element, so that wrapped lines of a bullet are indented."""
    parts = _PREFORMATTED.split(text)
    return Markup().join(
        _preformatted(part) if number % 2 else _lines(part, names)
        for number, part in enumerate(parts)
    )


def with_emoji(text: str) -> str:
    """Plain text with emoji. Unknown names are kept."""
    return _EMOJI.sub(lambda found: _EMOJI_CHARACTERS.get(found[1], found[0]), text)


def _preformatted(text: str) -> Markup:
    return Markup("<pre>{}</pre>").format(unescape(text))


def _lines(text: str, names: NameLookup) -> Markup:
    return Markup().join(_line(line, names) for line in text.strip("\n").split("\n") if text)


def _line(line: str, names: NameLookup) -> Markup:
    if line.startswith("&gt;"):
        quoted = line.removeprefix("&gt;").strip()
        return Markup("<blockquote>{}</blockquote>").format(_inline(quoted, names))
    kind = "line bullet" if line.startswith("•") else "line"
    return Markup('<div class="{}">{}</div>').format(kind, _inline(line, names) or Markup("<br>"))


def _inline(text: str, names: NameLookup) -> Markup:
    return Markup().join(_pieces(text, names))


def _pieces(text: str, names: NameLookup) -> Iterator[Markup]:
    end = 0
    for found in _PIECE.finditer(text):
        yield escape(unescape(text[end : found.start()]))
        yield _piece(found, names)
        end = found.end()
    yield escape(unescape(text[end:]))


def _piece(found: re.Match[str], names: NameLookup) -> Markup:
    if code := found["code"]:
        return Markup("<code>{}</code>").format(unescape(code))
    if entity := found["entity"]:
        return _entity(entity, names)
    if emoji := found["emoji"]:
        return escape(_EMOJI_CHARACTERS.get(emoji, found[0]))
    tag = Markup(_TAGS[found["sign"]])  # noqa: S704 - one of three constants
    return Markup("<{0}>{1}</{0}>").format(tag, _inline(found["styled"], names))


def _entity(entity: str, names: NameLookup) -> Markup:
    target, _, label = entity.partition("|")
    label = unescape(label)
    if target.startswith("!date^"):
        return _date(target, label, names)
    if target.startswith("#"):
        return _channel(*names.channel(target[1:]))
    if target.startswith(("@", "!")):
        return _mention(names.mention(target[1:].removeprefix("subteam^")))
    return _link(unescape(target), label, names)


def _link(target: str, label: str, names: NameLookup) -> Markup:
    """A link to a message, page or mailbox. Other targets are shown as text."""
    if address := names.message(target):
        return Markup('<a href="{}">{}</a>').format(address, label or target)
    if not target.startswith(("https://", "http://", "mailto:")):
        return escape(f"<{target}>")
    link = Markup('<a href="{}" rel="noreferrer" target="_blank">{}</a>')
    return link.format(target, label or target)


def _mention(name: str) -> Markup:
    return Markup('<span class="mention">{}</span>').format(name)


def _channel(name: str, address: str | None) -> Markup:
    if address is None:
        return _mention(name)
    return Markup('<a class="mention" href="{}">{}</a>').format(address, name)


def _date(target: str, fallback: str, names: NameLookup) -> Markup:
    parts = target.split("^")
    if len(parts) < 3 or not parts[1].isdecimal():
        return escape(fallback)
    return Markup('<time title="{}">{}</time>').format(
        fallback, names.date(parts[2], int(parts[1]))
    )
