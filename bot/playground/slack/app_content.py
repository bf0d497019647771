"""Messages and views that the app sends: checked, with missing IDs filled in."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.playground.slack.arguments import CallArguments
from bot.playground.slack.blocks import (
    MAX_CHARACTERS_OF_A_TEXT,
    check_message,
    check_view,
    is_too_large,
    is_too_long,
)
from bot.playground.slack.blocks.traversal import Block, elements_of
from bot.playground.slack.errors import SlackError, error_with_problems
from bot.playground.slack.id_generator import IdGenerator

_MAX_ATTACHMENTS = 100


@dataclass(frozen=True)
class MessageContent:
    """The content of a message. `blocks` is None if the call has no blocks argument."""

    text: str
    blocks: tuple[Block, ...] | None
    attachments: tuple[Any, ...] | None
    metadata: Mapping[str, Any] | None

    @property
    def lacks_text(self) -> bool:
        """Whether there is no text for screen readers and notifications."""
        return not self.text.strip()


def read_message_content(arguments: CallArguments, ids: IdGenerator) -> MessageContent:
    """Raises SlackError for content that Slack would reject."""
    text = arguments.text("text")
    if len(text) > MAX_CHARACTERS_OF_A_TEXT:
        raise SlackError("msg_too_long")
    blocks = _read_blocks(arguments, ids)
    attachments = _read_attachments(arguments, ids)
    if not (text or blocks or attachments):
        raise SlackError("no_text")
    return MessageContent(text, blocks, attachments, _read_metadata(arguments))


def _read_blocks(arguments: CallArguments, ids: IdGenerator) -> tuple[Block, ...] | None:
    if "blocks" not in arguments:
        return None
    blocks = arguments.parsed("blocks", "invalid_blocks_format")
    if not isinstance(blocks, list):
        raise SlackError("invalid_blocks_format")
    return _checked(blocks, "/blocks", ids)


def _checked(blocks: list[Block], at: str, ids: IdGenerator) -> tuple[Block, ...]:
    if problems := check_message(blocks, at):
        raise error_with_problems("invalid_blocks", problems)
    if is_too_long(blocks):
        raise SlackError("msg_blocks_too_long")
    return with_ids(blocks, ids)


def _read_attachments(arguments: CallArguments, ids: IdGenerator) -> tuple[Any, ...] | None:
    if "attachments" not in arguments:
        return None
    attachments = arguments.parsed("attachments", "invalid_attachments")
    if not isinstance(attachments, list) or not all(isinstance(one, dict) for one in attachments):
        raise SlackError("invalid_attachments")
    if len(attachments) > _MAX_ATTACHMENTS:
        raise SlackError("too_many_attachments")
    return tuple(
        {**one, "blocks": list(_checked(one["blocks"], f"/attachments/{index}/blocks", ids))}
        if "blocks" in one
        else one
        for index, one in enumerate(attachments)
    )


def _read_metadata(arguments: CallArguments) -> Mapping[str, Any] | None:
    if "metadata" not in arguments:
        return None
    metadata = arguments.parsed("metadata", "invalid_metadata_format")
    if not isinstance(metadata, dict) or metadata.keys() - {"event_type", "event_payload"}:
        raise SlackError("invalid_metadata_format")
    return metadata


def with_ids(blocks: Iterable[Block], ids: IdGenerator) -> tuple[Block, ...]:
    """Fills in missing block IDs and action IDs."""
    return tuple(_with_ids(block, ids) for block in blocks)


def _with_ids(block: Block, ids: IdGenerator) -> Block:
    filled = {**block, "block_id": block.get("block_id") or ids.short_id()}
    match block["type"]:
        case "section" if elements_of(block):
            filled["accessory"] = _with_action_id(block["accessory"], ids)
        case "actions":
            filled["elements"] = [_with_action_id(each, ids) for each in block["elements"]]
        case "input":
            filled["element"] = _with_action_id(block["element"], ids)
    return filled


def _with_action_id(element: dict[str, Any], ids: IdGenerator) -> dict[str, Any]:
    return {**element, "action_id": element.get("action_id") or ids.short_id()}


def read_view(view: Any, kind: str, ids: IdGenerator) -> Mapping[str, Any]:
    """`kind` is `modal` or `home`. Raises SlackError for a view that Slack would reject."""
    if problems := check_view(view, kind=kind):
        raise error_with_problems("invalid_arguments", problems)
    if is_too_large(view):
        raise SlackError("view_too_large")
    return {**view, "blocks": list(with_ids(view["blocks"], ids))}
