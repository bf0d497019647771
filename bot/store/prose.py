"""Sentences in the database: reasons, details and errors, without secrets."""

from sqlalchemy import Dialect, String
from sqlalchemy.types import TypeDecorator

from bot import outgoing


class Prose(TypeDecorator[str]):
    """Line ends and control characters stay: they are made visible where they are shown."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, _: Dialect) -> str | None:
        return None if value is None else outgoing.redacted(value)
