"""The line of a key or value in a YAML text."""

from typing import Any

from bot.settings.wrong_values import KEY, Location


def find_line(text: str, location: Location) -> int | None:
    """The line, from 1, of the value at this location, or of the key if the error is about a key or
    about a whole section. For something that is not in the text: of the section in which it would
    be. None for an empty text. `text` is valid YAML."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - a run without a file need not load it

    node: Any = YAML(typ="safe", pure=True).compose(text)
    if node is None:
        return None
    line = node.start_mark.line
    for part in location:
        if part == KEY:
            break
        key, value = _entry(node, part)
        if value is None:
            break
        line, node = (key or value).start_mark.line, value
    return int(line) + 1


def _entry(node: Any, part: int | str) -> tuple[Any, Any]:
    """The nodes of a key and its value, or None and an item of a list. None, None: not found."""
    from ruamel.yaml.nodes import MappingNode, SequenceNode  # noqa: PLC0415

    if isinstance(node, MappingNode):
        found = (entry for entry in node.value if entry[0].value == str(part))
        return next(found, (None, None))
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        return None, node.value[part]
    return None, None
