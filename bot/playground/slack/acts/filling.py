"""Putting values into the fields of a surface."""

from typing import Any

from bot.playground.slack.acts.choosing import chosen
from bot.playground.slack.acts.outcome import refused
from bot.playground.slack.acts.surfaces import Surface
from bot.playground.slack.blocks.walking import Place
from bot.playground.slack.state import State
from bot.playground.slack.values import Value, holder_of


def value_for(state: State, surface: Surface, place: Place, given: Any) -> Value:
    """What an element holds once a person has put this into it; raises NotPossibleError."""
    if place.element["type"] == "button":
        return {"type": "button"}
    options = state.fields.options(surface.user.id, surface.key, place)
    value = chosen(place, given, options)
    _check_known(state, place, value)
    return value


def _check_known(state: State, place: Place, value: Value) -> None:
    """People and channels can be chosen only where they exist."""
    holder = holder_of(value["type"]).removesuffix("s")
    if holder in ("selected_user", "selected_conversation", "selected_channel"):
        known = state.directory.users.keys() | state.directory.channels.keys()
        held = value[holder_of(value["type"])]
        for each in [held] if isinstance(held, str) else held or ():
            if each not in known:
                raise refused(place.block_id, f"there is no {each}")
