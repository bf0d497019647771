"""Ways through blocks that have been found well-formed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

Block = dict[str, Any]
Element = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """An element that people can use, and the block that holds it."""

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
    """The elements of one block that people can use, in their order."""
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


def places_in(blocks: Sequence[Block]) -> Iterator[Place]:
    for block in blocks:
        for element in elements_of(block):
            yield Place(block, element)


def find_place(
    blocks: Sequence[Block], action_id: str, block_id: str | None = None
) -> Place | None:
    """The element of this name, or None where there is none."""
    for place in places_in(blocks):
        if place.action_id == action_id and block_id in (None, place.block_id):
            return place
    return None


def texts_in(part: Any) -> Iterator[str]:
    """Everything that stands under `text` anywhere, and so can be read."""
    if isinstance(part, dict):
        if isinstance(part.get("text"), str):
            yield part["text"]
        for each in part.values():
            yield from texts_in(each)
    elif isinstance(part, list):
        for each in part:
            yield from texts_in(each)


def containers_in(part: Any) -> int:
    """How many typed objects there are."""
    if isinstance(part, dict):
        return ("type" in part) + sum(containers_in(each) for each in part.values())
    if isinstance(part, list):
        return sum(containers_in(each) for each in part)
    return 0
