"""Slack messages as plain text, for terminals and logs."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from textwrap import fill, wrap
from typing import Any

Json = dict[str, Any]

WIDTH = 96
WIDTH_OF_A_COLUMN = 40

_ENTITY = re.compile(r"<(?P<kind>[@#!])(?P<rest>[^>|]+)(?:\|(?P<label>[^>]*))?>")
_LINK = re.compile(r"<(?P<url>https?://[^>|]+)(?:\|(?P<label>[^>]*))?>")
_STYLE = re.compile(r"(?<!\w)([*_~])(?=\S)(.+?)(?<=\S)\1(?!\w)")
_CODE = re.compile(r"(`[^`\n]+`)")
_EMOJI = re.compile(r":([a-z0-9_+-]+):")
_EMOJI_CHARACTERS = {
    "hourglass_flowing_sand": "⏳",
    "pushpin": "📌",
    "warning": "⚠",
    "white_check_mark": "✅",
    "x": "❌",
}


class PlainTextRenderer:
    """Renders with the names of users, channels and user groups.

    `workspace`: the answer of `/workspace` in the control API.
    """

    def __init__(self, workspace: Mapping[str, Any]) -> None:
        self._names: dict[str, str] = {
            **{each["id"]: f"@{each['name']}" for each in workspace["users"]},
            **{each["id"]: f"#{each['name']}" for each in workspace["channels"]},
            **{each["id"]: f"@{each['handle']}" for each in workspace["user_groups"]},
        }

    def name(self, id_: str) -> str:
        return self._names.get(id_, id_)

    def line(self, mrkdwn: str) -> str:
        """Slack markup (mrkdwn) as plain text."""
        pieces = _CODE.split(mrkdwn)
        text = "".join(each if each[:1] == "`" else _STYLE.sub(r"\2", each) for each in pieces)
        text = _ENTITY.sub(self._entity, text)
        text = _LINK.sub(lambda found: found["label"] or found["url"], text)
        return unescape(_EMOJI.sub(lambda found: _EMOJI_CHARACTERS.get(found[1], found[0]), text))

    def lines(self, message: Json) -> list[str]:
        """The lines of the message's blocks, or of its text if it has none.

        Wraps at WIDTH characters. Raises ValueError for an unsupported block type.
        """
        blocks = message.get("blocks") or [_section(message["text"])]
        return [line for block in blocks for line in self._block(block)]

    def text(self, blocks: Iterable[Json]) -> str:
        """The text of sections and headers in one line."""
        texts = (block["text"]["text"] for block in blocks if "text" in block)
        return " ".join(self.line(" ".join(texts)).split())

    def paragraph(self, prefix: str, mrkdwn: str) -> str:
        """Wraps the text after a prefix. The following lines are indented to match."""
        return fill(
            self.line(mrkdwn),
            WIDTH,
            initial_indent=prefix,
            subsequent_indent=" " * len(prefix),
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _block(self, block: Json) -> Iterator[str]:
        match block["type"]:
            case "header":
                yield from ("", block["text"]["text"])
            case "section":
                yield ""
                yield from self._section(block)
            case "context":
                yield ""
                for element in block["elements"]:
                    yield from self._wrapped(element.get("text", ""))
            case "actions":
                yield from ("", "  ".join(map(_button, block["elements"])))
            case "divider":
                yield from ("", "─" * 20)
            case "data_visualization":
                yield from ("", f"[{block['chart']['type']} chart: {block['title']}]")
            case "data_table":
                yield from ("", block["caption"], *_table(block["rows"]))
            case other:
                raise ValueError(f"block type {other} is not supported")

    def _section(self, block: Json) -> Iterator[str]:
        texts = [block["text"]] if "text" in block else []
        for each in (*texts, *block.get("fields", ())):
            yield from self._wrapped(each["text"])
        if "accessory" in block:
            yield f"  {_button(block['accessory'])}"

    def _wrapped(self, mrkdwn: str) -> Iterator[str]:
        for line in self.line(mrkdwn).splitlines():
            indent = "  " if line.startswith("•") else ""
            yield from wrap(
                line,
                WIDTH,
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [""]

    def _entity(self, found: re.Match[str]) -> str:
        if found["kind"] in "@#":
            return self.name(found["rest"])
        return found["label"] or self.name(found["rest"].rpartition("^")[2])


def _table(rows: Iterable[Sequence[Json]]) -> Iterator[str]:
    """The rows in columns, numbers to the right."""
    columns = [_column(cells) for cells in zip(*rows, strict=True)]
    for line in zip(*columns, strict=True):
        yield "  ".join(line).rstrip()


def _column(cells: Sequence[Json]) -> list[str]:
    texts = [cell.get("text", "…")[:WIDTH_OF_A_COLUMN] for cell in cells]
    width = max(map(len, texts))
    has_numbers = any(cell["type"] == "raw_number" for cell in cells)
    return [text.rjust(width) if has_numbers else text.ljust(width) for text in texts]


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def _button(element: Json) -> str:
    text = element.get("text") or element.get("placeholder") or {"text": element["type"]}
    return f"[{text['text']}]"
