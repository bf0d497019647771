"""What stands in the fields of messages and views, by person, until it is sent."""

from collections.abc import Sequence
from typing import Any

from bot.playground.slack.blocks.elements import options_of
from bot.playground.slack.blocks.walking import Block, Place, places_in

Value = dict[str, Any]
Values = dict[str, dict[str, Value]]

_INITIALS = {
    "initial_option": "selected_option",
    "initial_options": "selected_options",
    "initial_value": "value",
    "initial_date": "selected_date",
    "initial_time": "selected_time",
    "initial_date_time": "selected_date_time",
    "initial_user": "selected_user",
    "initial_users": "selected_users",
    "initial_conversation": "selected_conversation",
    "initial_conversations": "selected_conversations",
    "initial_channel": "selected_channel",
    "initial_channels": "selected_channels",
}
_STATELESS = {"button", "overflow"}
_HOLDER = {
    "plain_text_input": "value",
    "email_text_input": "value",
    "url_text_input": "value",
    "number_input": "value",
    "static_select": "selected_option",
    "external_select": "selected_option",
    "radio_buttons": "selected_option",
    "overflow": "selected_option",
    "multi_static_select": "selected_options",
    "multi_external_select": "selected_options",
    "checkboxes": "selected_options",
    "users_select": "selected_user",
    "multi_users_select": "selected_users",
    "conversations_select": "selected_conversation",
    "multi_conversations_select": "selected_conversations",
    "channels_select": "selected_channel",
    "multi_channels_select": "selected_channels",
    "datepicker": "selected_date",
    "timepicker": "selected_time",
    "datetimepicker": "selected_date_time",
}


def holder_of(element_type: str) -> str:
    """The key under which an element's value is sent, like `selected_option`."""
    return _HOLDER[element_type]


class Fields:
    """Values by person and surface; a surface is a view's id or a message's timestamp."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], dict[tuple[str, str], Value]] = {}
        self._offered: dict[tuple[str, str, str], list[Any]] = {}

    def set(self, user: str, surface: str, place: Place, value: Value) -> None:
        kept = self._values.setdefault((user, surface), {})
        kept[place.block_id, place.action_id] = value

    def values_of(self, user: str, surface: str, blocks: Sequence[Block]) -> Values:
        """What Slack sends as `state.values`: what was chosen, else what was there initially.

        A field keeps its value when its surface is updated, as long as its ids stay the same.
        """
        kept = self._values.get((user, surface), {})
        values: Values = {}
        for place in places_in(blocks):
            if place.element["type"] not in _STATELESS:
                value = kept.get((place.block_id, place.action_id), _initial(place.element))
                values.setdefault(place.block_id, {})[place.action_id] = value
        return values

    def offer(self, user: str, surface: str, place: Place, options: list[Any]) -> None:
        """Keeps what the app suggested last in an external menu."""
        self._offered[user, surface, place.action_id] = options

    def options(self, user: str, surface: str, place: Place) -> list[Any]:
        """The options that the person sees in a menu, with those that it started with and those
        that are chosen already."""
        element = place.element
        suggested = self._offered.get((user, surface, place.action_id), [])
        initial = [element["initial_option"]] if "initial_option" in element else []
        kept = self._values.get((user, surface), {}).get((place.block_id, place.action_id), {})
        return [
            *options_of(element),
            *suggested,
            *initial,
            *element.get("initial_options", []),
            *kept.get("selected_options", []),
        ]


def _initial(element: dict[str, Any]) -> Value:
    kind = element["type"]
    empty: Any = [] if holder_of(kind).endswith("s") else None
    value: Value = {"type": kind, holder_of(kind): empty}
    for initial, holder in _INITIALS.items():
        if initial in element:
            value[holder] = element[initial]
    return value
