"""The base class of the sections of the settings file, and the types of their lists."""

from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class SettingsSection(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )


Item = TypeVar("Item")


def as_tuple(value: Any) -> Any:
    """A list as a tuple, any other value as it is."""
    return tuple(value) if isinstance(value, list) else value


Entries = Annotated[tuple[Item, ...], BeforeValidator(as_tuple), Field(description="a list")]
SomeEntries = Annotated[
    tuple[Item, ...],
    BeforeValidator(as_tuple),
    Field(min_length=1, description="a non-empty list"),
]
