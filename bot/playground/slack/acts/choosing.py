"""What people can put into elements, as their client would let them."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from bot.playground.slack.acts.outcome import NotPossibleError, refused
from bot.playground.slack.blocks.walking import Place
from bot.playground.slack.values import Value, holder_of

_EMPTY: tuple[Any, ...] = (None, "", [])
_FORMS = {
    "email_text_input": r"[^@\s]+@[^@\s]+\.[^@\s]+",
    "url_text_input": r"https?://\S+",
    "datepicker": r"\d{4}-\d\d-\d\d",
    "timepicker": r"([01]\d|2[0-3]):[0-5]\d",
}
REQUIRED = "Please complete this required field."


def chosen(place: Place, given: Any, options: Sequence[Any]) -> Value:
    """`given` is a text, a number, the `value` of an option, or a list; None empties.

    Raises NotPossibleError for what the client does not let pass.
    """
    kind = place.element["type"]
    holder = holder_of(kind)
    if holder in ("selected_option", "selected_options"):
        return {"type": kind, holder: _options(place, given, options)}
    if given not in _EMPTY:
        _check(place, given)
    return {"type": kind, holder: given if given not in _EMPTY else _nothing(holder)}


def complaint(place: Place, value: Value) -> str | None:
    """Why an input block cannot be submitted like this, or None."""
    content = value[holder_of(place.element["type"])]
    if content in _EMPTY:
        return None if place.block.get("optional") else REQUIRED
    try:
        if not isinstance(content, dict | list):
            _check(place, content)
    except NotPossibleError as error:
        return error.outcome.detail
    return None


def _nothing(holder: str) -> list[Any] | None:
    return [] if holder.endswith("s") else None


def _options(place: Place, given: Any, options: Sequence[Any]) -> Any:
    if not holder_of(place.element["type"]).endswith("s"):
        return None if given in _EMPTY else _option(place, given, options)
    wanted = list(given or ())
    most = place.element.get("max_selected_items")
    if most is not None and len(wanted) > most:
        raise refused(place.block_id, f"no more than {most} can be chosen")
    return [_option(place, value, options) for value in wanted]


def _option(place: Place, value: Any, options: Sequence[Any]) -> Any:
    for option in options:
        if option["value"] == value:
            return option
    raise refused(place.block_id, f"{value} is not among the options")


def _check(place: Place, given: Any) -> None:
    element = place.element
    check = _CHECKS.get(element["type"])
    problem = check(element, given) if check else None
    if problem:
        raise refused(place.block_id, problem)


def _check_text(element: dict[str, Any], given: str) -> str | None:
    least, most = element.get("min_length", 0), element.get("max_length", 3000)
    if not least <= len(given) <= most:
        return f"must have between {least} and {most} characters"
    return _check_form(element, given)


def _check_form(element: dict[str, Any], given: str) -> str | None:
    form = _FORMS.get(element["type"])
    return "has the wrong form" if form and not re.fullmatch(form, given) else None


def _check_number(element: dict[str, Any], given: str) -> str | None:
    try:
        number = Decimal(given)
        least = Decimal(element.get("min_value", "-Infinity"))
        most = Decimal(element.get("max_value", "Infinity"))
    except InvalidOperation:
        return "is not a number"
    if number % 1 and not element["is_decimal_allowed"]:
        return "must be a whole number"
    return None if least <= number <= most else f"must be between {least} and {most}"


_CHECKS: dict[str, Callable[[dict[str, Any], Any], str | None]] = {
    "plain_text_input": _check_text,
    "email_text_input": _check_text,
    "url_text_input": _check_text,
    "number_input": _check_number,
    "datepicker": _check_form,
    "timepicker": _check_form,
}
