"""The reports, once they stand in the workspace."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bot.playground.slack import Person

Json = dict[str, Any]


def report_on(repository: str, person: "Person", channel: str) -> Json | None:
    """The newest one, once it is there."""
    for message in reversed(person.messages(channel)):
        if is_report(message) and message["text"].startswith(f"{repository}: "):
            return message
    return None


def is_report(message: Json) -> bool:
    """And not a word about one that is being made."""
    blocks = message.get("blocks", ())
    return bool(blocks) and ":hourglass_flowing_sand:" not in str(blocks[0])
