"""The values of fields in messages and views, per user."""

from collections.abc import Sequence
from typing import Any

from bot.playground.slack.blocks.element_rules import options_of
from bot.playground.slack.blocks.traversal import Block, ElementInBlock, elements_with_blocks

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
_WITHOUT_STATE = {"button", "overflow"}
_VALUE_KEYS = {
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


def value_key(element_type: str) -> str:
    """The key of an element's value in payloads, like `selected_option`."""
    return _VALUE_KEYS[element_type]


class EnteredFieldValues:
    """Values by user and surface. A surface is a view ID or a message timestamp."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, str], dict[tuple[str, str], Value]] = {}
        self._suggestions: dict[tuple[str, str, str], list[Any]] = {}

    def set(self, user: str, surface: str, target: ElementInBlock, value: Value) -> None:
        stored = self._values.setdefault((user, surface), {})
        stored[target.block_id, target.action_id] = value

    def values_of(self, user: str, surface: str, blocks: Sequence[Block]) -> Values:
        """The `state.values` of a payload: entered values, otherwise initial values.

        A field keeps its value when its surface is updated, if its IDs do not change.
        """
        stored = self._values.get((user, surface), {})
        values: Values = {}
        for target in elements_with_blocks(blocks):
            if target.element["type"] not in _WITHOUT_STATE:
                value = stored.get((target.block_id, target.action_id), _initial(target.element))
                values.setdefault(target.block_id, {})[target.action_id] = value
        return values

    def set_suggestions(
        self, user: str, surface: str, target: ElementInBlock, options: list[Any]
    ) -> None:
        """Stores the app's latest suggestions for an external menu."""
        self._suggestions[user, surface, target.action_id] = options

    def options(self, user: str, surface: str, target: ElementInBlock) -> list[Any]:
        """The options of a menu: its own, suggested, initial and chosen ones."""
        element = target.element
        suggested = self._suggestions.get((user, surface, target.action_id), [])
        initial = [element["initial_option"]] if "initial_option" in element else []
        stored = self._values.get((user, surface), {}).get((target.block_id, target.action_id), {})
        return [
            *options_of(element),
            *suggested,
            *initial,
            *element.get("initial_options", []),
            *stored.get("selected_options", []),
            *filter(None, [stored.get("selected_option")]),
        ]


def _initial(element: dict[str, Any]) -> Value:
    kind = element["type"]
    empty: Any = [] if value_key(kind).endswith("s") else None
    value: Value = {"type": kind, value_key(kind): empty}
    for initial, key in _INITIALS.items():
        if initial in element:
            value[key] = element[initial]
    return value
