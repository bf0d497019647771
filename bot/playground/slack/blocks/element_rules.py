"""Rules for the elements in blocks.

RateLimiter as in docs.slack.dev/reference/block-kit/block-elements and composition-objects, read on
2026-11-23; also checks what slack_sdk's models do not check.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.playground.slack.blocks.problems import BlockProblems, BlockRule
from bot.playground.slack.blocks.schema import (
    BOTH,
    PLAIN,
    all_of,
    anything,
    array,
    boolean,
    integer,
    one_of,
    record,
    string,
    text,
    typed,
)

MAX_OPTIONS = 100
MAX_CHECKABLE_OPTIONS = 10
_MAX_IN_OVERFLOW = 5
_MAX_CHARACTERS_OF_AN_INPUT = 3000
_MAX_TIMESTAMP = 9_999_999_999

_CONFIRM = record(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
    },
    {"style": one_of("primary", "danger")},
)
_WITH_ACTION_ID = {"action_id": string(255)}
_WITH_CONFIRM = {**_WITH_ACTION_ID, "confirm": _CONFIRM}
_WITH_FOCUS = {**_WITH_CONFIRM, "focus_on_load": boolean}
_MENU = {**_WITH_FOCUS, "placeholder": text(150, PLAIN)}
_MULTI = {**_MENU, "max_selected_items": integer(1, MAX_OPTIONS)}
_TEXT_FIELD = {
    **_WITH_ACTION_ID,
    "focus_on_load": boolean,
    "placeholder": text(150, PLAIN),
    "dispatch_action_config": record(
        {
            "trigger_actions_on": array(
                one_of("on_enter_pressed", "on_character_entered"), most=2, least=1
            )
        }
    ),
}


def option(
    kinds: tuple[str, ...] = PLAIN,
    value: int = 150,
    own: Mapping[str, BlockRule] | None = None,
) -> BlockRule:
    return record(
        {"text": text(75, kinds), "value": string(value)},
        {"description": text(75, kinds), **(own or {})},
    )


OPTION = option()
_CHECKABLE_OPTION = option(BOTH)
_OVERFLOW_OPTION = option(value=75, own={"url": string(3000)})
OPTIONS = array(OPTION, MAX_OPTIONS)
OPTION_GROUPS = array(record({"label": text(75, PLAIN), "options": OPTIONS}), MAX_OPTIONS)


def options_of(element: Mapping[str, Any]) -> list[Any]:
    """The options in the element, including those in its groups."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def _one_list_of_options(value: Any, at: str, problems: BlockProblems) -> None:
    if ("options" in value) == ("option_groups" in value):
        problems.add(at, "must define either options or option_groups")


def _initial_among_options(value: Any, at: str, problems: BlockProblems) -> None:
    """Only checked if the options themselves have no problems."""
    if problems.all:
        return
    initial = value.get("initial_options", [])
    if "initial_option" in value:
        initial = [value["initial_option"]]
    listed = options_of(value)
    if any(one not in listed for one in initial):
        problems.add(at, "initial options must be among the options")


def _matching(pattern: str, form: str) -> BlockRule:
    def check(value: Any, at: str, problems: BlockProblems) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            problems.add(at, f"must be in the form {form}")

    return check


def _element(
    required: Mapping[str, BlockRule], optional: Mapping[str, BlockRule], *more: BlockRule
) -> BlockRule:
    return all_of(record({"type": anything, **required}, optional), *more)


def _static(optional: Mapping[str, BlockRule]) -> BlockRule:
    lists = {"options": OPTIONS, "option_groups": OPTION_GROUPS}
    return _element({}, {**lists, **optional}, _one_list_of_options, _initial_among_options)


def _checkable(optional: Mapping[str, BlockRule]) -> BlockRule:
    return _element(
        {"options": array(_CHECKABLE_OPTION, MAX_CHECKABLE_OPTIONS)},
        optional,
        _initial_among_options,
    )


def _listing(initial: str, optional: Mapping[str, BlockRule]) -> BlockRule:
    """A menu of users or channels, with options from the client."""
    rule = array(string(255), MAX_OPTIONS) if initial.endswith("s") else string(255)
    return _element({}, {initial: rule, **optional})


_CONVERSATIONS = {
    "default_to_current_conversation": boolean,
    "filter": record(
        {},
        {
            "include": array(one_of("im", "mpim", "private", "public"), 4),
            "exclude_external_shared_channels": boolean,
            "exclude_bot_users": boolean,
        },
    ),
}
_WITH_RESPONSE_URL = {"response_url_enabled": boolean}
_CHARACTERS = {
    "initial_value": string(_MAX_CHARACTERS_OF_AN_INPUT, least=0),
    **_TEXT_FIELD,
}

IMAGE = _element({"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": anything})

ELEMENTS: dict[str, BlockRule] = {
    "button": _element(
        {"text": text(75, PLAIN)},
        {
            **_WITH_CONFIRM,
            "url": string(3000),
            "value": string(2000),
            "style": one_of("primary", "danger"),
            "accessibility_label": string(75),
        },
    ),
    "static_select": _static({**_MENU, "initial_option": OPTION}),
    "multi_static_select": _static({**_MULTI, "initial_options": OPTIONS}),
    "external_select": _element(
        {}, {**_MENU, "initial_option": OPTION, "min_query_length": integer(0, 150)}
    ),
    "multi_external_select": _element(
        {}, {**_MULTI, "initial_options": OPTIONS, "min_query_length": integer(0, 150)}
    ),
    "users_select": _listing("initial_user", _MENU),
    "multi_users_select": _listing("initial_users", _MULTI),
    "conversations_select": _listing(
        "initial_conversation", {**_MENU, **_CONVERSATIONS, **_WITH_RESPONSE_URL}
    ),
    "multi_conversations_select": _listing("initial_conversations", {**_MULTI, **_CONVERSATIONS}),
    "channels_select": _listing("initial_channel", {**_MENU, **_WITH_RESPONSE_URL}),
    "multi_channels_select": _listing("initial_channels", _MULTI),
    "overflow": _element({"options": array(_OVERFLOW_OPTION, _MAX_IN_OVERFLOW)}, _WITH_CONFIRM),
    "checkboxes": _checkable(
        {**_WITH_FOCUS, "initial_options": array(_CHECKABLE_OPTION, MAX_CHECKABLE_OPTIONS)}
    ),
    "radio_buttons": _checkable({**_WITH_FOCUS, "initial_option": _CHECKABLE_OPTION}),
    "datepicker": _element(
        {}, {**_MENU, "initial_date": _matching(r"\d{4}-\d\d-\d\d", "YYYY-MM-DD")}
    ),
    "timepicker": _element(
        {},
        {
            **_MENU,
            "initial_time": _matching(r"([01]\d|2[0-3]):[0-5]\d", "HH:mm"),
            "timezone": string(255),
        },
    ),
    "datetimepicker": _element(
        {}, {**_WITH_FOCUS, "initial_date_time": integer(1_000_000_000, _MAX_TIMESTAMP)}
    ),
    "plain_text_input": _element(
        {},
        {
            **_CHARACTERS,
            "multiline": boolean,
            "min_length": integer(0, _MAX_CHARACTERS_OF_AN_INPUT),
            "max_length": integer(1, _MAX_CHARACTERS_OF_AN_INPUT),
        },
    ),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {
            **_TEXT_FIELD,
            "initial_value": string(100),
            "min_value": string(100),
            "max_value": string(100),
        },
    ),
    "email_text_input": _element({}, _CHARACTERS),
    "url_text_input": _element({}, _CHARACTERS),
    "image": IMAGE,
}

_SINGLE_MENUS = {
    "static_select",
    "external_select",
    "users_select",
    "conversations_select",
    "channels_select",
}
_MENUS = _SINGLE_MENUS | {f"multi_{name}" for name in _SINGLE_MENUS}
_CHOICES = {"checkboxes", "radio_buttons", "datepicker", "timepicker"}
_TEXT_INPUTS = {"plain_text_input", "number_input", "email_text_input", "url_text_input"}

ACCESSORY = typed(ELEMENTS, {"button", "overflow", "image", *_CHOICES, *_MENUS})
IN_ACTIONS = typed(ELEMENTS, {"button", "overflow", "datetimepicker", *_CHOICES, *_SINGLE_MENUS})
IN_INPUT = typed(ELEMENTS, {"datetimepicker", *_CHOICES, *_MENUS, *_TEXT_INPUTS})
