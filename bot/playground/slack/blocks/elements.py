"""The rules of the elements that blocks hold.

Limits as in docs.slack.dev/reference/block-kit/block-elements and composition-objects, read on
2026-11-23; what slack_sdk's models do not check is checked here too.
"""

import re
from collections.abc import Mapping
from typing import Any

from bot.playground.slack.blocks.report import Report, Rule
from bot.playground.slack.blocks.rules import (
    BOTH,
    PLAIN,
    anything,
    array,
    boolean,
    both,
    integer,
    one_of,
    record,
    string,
    text,
    typed,
)

MOST_OPTIONS = 100
MOST_BOXES = 10
_MOST_IN_OVERFLOW = 5
_MOST_CHARACTERS_OF_AN_INPUT = 3000
_FOREVER = 9_999_999_999

_CONFIRM = record(
    {
        "title": text(100, PLAIN),
        "text": text(300),
        "confirm": text(30, PLAIN),
        "deny": text(30, PLAIN),
    },
    {"style": one_of("primary", "danger")},
)
_ACTED = {"action_id": string(255)}
_CONFIRMED = {**_ACTED, "confirm": _CONFIRM}
_FOCUSED = {**_CONFIRMED, "focus_on_load": boolean}
_MENU = {**_FOCUSED, "placeholder": text(150, PLAIN)}
_MULTI = {**_MENU, "max_selected_items": integer(1, MOST_OPTIONS)}
_TYPED_IN = {
    **_ACTED,
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
    own: Mapping[str, Rule] | None = None,
) -> Rule:
    return record(
        {"text": text(75, kinds), "value": string(value)},
        {"description": text(75, kinds), **(own or {})},
    )


OPTION = option()
_BOX = option(BOTH)
_OVERFLOW_OPTION = option(value=75, own={"url": string(3000)})
OPTIONS = array(OPTION, MOST_OPTIONS)
OPTION_GROUPS = array(record({"label": text(75, PLAIN), "options": OPTIONS}), MOST_OPTIONS)


def options_of(element: Mapping[str, Any]) -> list[Any]:
    """The options that an element lists itself, those of its groups among them."""
    groups = element.get("option_groups", [])
    return [*element.get("options", []), *(one for group in groups for one in group["options"])]


def _one_list_of_options(value: Any, at: str, report: Report) -> None:
    if ("options" in value) == ("option_groups" in value):
        report.blame(at, "must define either options or option_groups")


def _initial_among_options(value: Any, at: str, report: Report) -> None:
    """Looked at last; what has no proper options has been blamed already."""
    if report.problems:
        return
    initial = value.get("initial_options", [])
    if "initial_option" in value:
        initial = [value["initial_option"]]
    listed = options_of(value)
    if any(one not in listed for one in initial):
        report.blame(at, "initial options must be among the options")


def _matching(pattern: str, form: str) -> Rule:
    def look(value: Any, at: str, report: Report) -> None:
        if not isinstance(value, str) or not re.fullmatch(pattern, value):
            report.blame(at, f"must be in the form {form}")

    return look


def _element(required: Mapping[str, Rule], optional: Mapping[str, Rule], *besides: Rule) -> Rule:
    return both(record({"type": anything, **required}, optional), *besides)


def _static(optional: Mapping[str, Rule]) -> Rule:
    lists = {"options": OPTIONS, "option_groups": OPTION_GROUPS}
    return _element({}, {**lists, **optional}, _one_list_of_options, _initial_among_options)


def _boxes(optional: Mapping[str, Rule]) -> Rule:
    return _element({"options": array(_BOX, MOST_BOXES)}, optional, _initial_among_options)


def _listing(initial: str, optional: Mapping[str, Rule]) -> Rule:
    """A menu of people or conversations, which the client fills."""
    rule = array(string(255), MOST_OPTIONS) if initial.endswith("s") else string(255)
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
_ANSWERED = {"response_url_enabled": boolean}
_CHARACTERS = {
    "initial_value": string(_MOST_CHARACTERS_OF_AN_INPUT, least=0),
    **_TYPED_IN,
}

IMAGE = _element({"alt_text": string(2000)}, {"image_url": string(3000), "slack_file": anything})

ELEMENTS: dict[str, Rule] = {
    "button": _element(
        {"text": text(75, PLAIN)},
        {
            **_CONFIRMED,
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
        "initial_conversation", {**_MENU, **_CONVERSATIONS, **_ANSWERED}
    ),
    "multi_conversations_select": _listing("initial_conversations", {**_MULTI, **_CONVERSATIONS}),
    "channels_select": _listing("initial_channel", {**_MENU, **_ANSWERED}),
    "multi_channels_select": _listing("initial_channels", _MULTI),
    "overflow": _element({"options": array(_OVERFLOW_OPTION, _MOST_IN_OVERFLOW)}, _CONFIRMED),
    "checkboxes": _boxes({**_FOCUSED, "initial_options": array(_BOX, MOST_BOXES)}),
    "radio_buttons": _boxes({**_FOCUSED, "initial_option": _BOX}),
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
        {}, {**_FOCUSED, "initial_date_time": integer(1_000_000_000, _FOREVER)}
    ),
    "plain_text_input": _element(
        {},
        {
            **_CHARACTERS,
            "multiline": boolean,
            "min_length": integer(0, _MOST_CHARACTERS_OF_AN_INPUT),
            "max_length": integer(1, _MOST_CHARACTERS_OF_AN_INPUT),
        },
    ),
    "number_input": _element(
        {"is_decimal_allowed": boolean},
        {
            **_TYPED_IN,
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
