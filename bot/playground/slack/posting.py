"""What the app may put into a message: checked, and with ids filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.arguments import Arguments
from bot.playground.slack.blocks import (
    MOST_CHARACTERS_OF_A_TEXT,
    check_message,
    is_too_long,
)
from bot.playground.slack.blocks.walking import Block, elements_of
from bot.playground.slack.errors import SlackError, wrong
from bot.playground.slack.ids import Ids

_MOST_ATTACHMENTS = 100


@dataclass(frozen=True)
class Content:
    """`blocks` is None where none were given at all, which is not the same as an empty list."""

    text: str
    blocks: tuple[Block, ...] | None
    attachments: tuple[Any, ...] | None
    metadata: Mapping[str, Any] | None

    @property
    def lacks_text(self) -> bool:
        """Whether screen readers and notifications would have nothing to read."""
        return not self.text.strip()


def read_content(arguments: Arguments, ids: Ids) -> Content:
    """Raises SlackError for what Slack would not take."""
    text = arguments.text("text")
    if len(text) > MOST_CHARACTERS_OF_A_TEXT:
        raise SlackError("msg_too_long")
    blocks = _read_blocks(arguments, ids)
    attachments = _read_attachments(arguments, ids)
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    return Content(text, blocks, attachments, _read_metadata(arguments))


def _read_blocks(arguments: Arguments, ids: Ids) -> tuple[Block, ...] | None:
    if "blocks" not in arguments:
        return None
    blocks = arguments.parsed("blocks", "invalid_blocks_format")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    return _checked(blocks, "/blocks", ids)


def _checked(blocks: list[Block], at: str, ids: Ids) -> tuple[Block, ...]:
    if problems := check_message(blocks, at):
        raise wrong("invalid_blocks", problems)
    if is_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks, ids)


def _read_attachments(arguments: Arguments, ids: Ids) -> tuple[Any, ...] | None:
    if "attachments" not in arguments:
        return None
    attachments = arguments.parsed("attachments", "invalid_attachments")
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > _MOST_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return tuple(
        {**one, "blocks": list(_checked(one["blocks"], f"/attachments/{index}/blocks", ids))}
        if "blocks" in one
        else one
        for index, one in enumerate(attachments)
    )


def _read_metadata(arguments: Arguments) -> Mapping[str, Any] | None:
    if "metadata" not in arguments:
        return None
    metadata = arguments.parsed("metadata", "invalid_metadata_format")
    if not isinstance(metadata, dict) or metadata.keys() - {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    return metadata


def with_ids(blocks: Iterable[Block], ids: Ids) -> tuple[Block, ...]:
    """Gives ids to the blocks and elements that came without."""
    return tuple(_with_ids(block, ids) for block in blocks)


def _with_ids(block: Block, ids: Ids) -> Block:
    filled = {**block, "block_id": block.get("block_id") or ids.short()}
    match block["type"]:
        case "section" if elements_of(block):
            filled["accessory"] = _with_action_id(block["accessory"], ids)
        case "actions":
            filled["elements"] = [_with_action_id(each, ids) for each in block["elements"]]
        case "input":
            filled["element"] = _with_action_id(block["element"], ids)
    return filled


def _with_action_id(element: dict[str, Any], ids: Ids) -> dict[str, Any]:
    return {**element, "action_id": element.get("action_id") or ids.short()}
