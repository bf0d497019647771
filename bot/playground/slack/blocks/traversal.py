"""Iterates over the elements and texts of valid blocks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
Element = dict[str, Any]


@dataclass(frozen=True)
class ElementInBlock:
    """An interactive element and its block."""

    block: Block
    element: Element

    @property
    def block_id(self) -> str:
        return str(self.block["block_id"])

    @property
    def action_id(self) -> str:
        return str(self.element["action_id"])

    @property
    def is_input(self) -> bool:
        return bool(self.block["type"] == "input")


def elements_of(block: Block) -> list[Element]:
    """The interactive elements of a block, in order."""
    match block["type"]:
        case "section":
            held = [block["accessory"]] if "accessory" in block else []
        case "actions":
            held = block["elements"]
        case "input":
            held = [block["element"]]
        case _:
            held = []
    return [element for element in held if element["type"] != "image"]


def elements_with_blocks(blocks: Sequence[Block]) -> Iterator[ElementInBlock]:
    for block in blocks:
        for element in elements_of(block):
            yield ElementInBlock(block, element)


def find_element(
    blocks: Sequence[Block], action_id: str, block_id: str | None = None
) -> ElementInBlock | None:
    """The element with this action ID, or None."""
    for each in elements_with_blocks(blocks):
        if each.action_id == action_id and block_id in (None, each.block_id):
            return each
    return None


def texts_in(part: Any) -> Iterator[str]:
    """Every string with the key `text`, at any depth."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for each in part.values():
            yield from texts_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from texts_in(each)


def containers_in(part: Any) -> int:
    """The number of objects with a `type`, at any depth."""
    if isinstance(part, dict):
        return ("type" in part) + sum(containers_in(each) for each in part.values())
    if isinstance(part, list):
        return sum(containers_in(each) for each in part)
    return 0
