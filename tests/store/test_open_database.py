"""A URL names a database, or it is refused; what is secret in it is never told."""

import traceback

import pytest

from bot.core.errors import RequestError
from bot.store.store import open_store

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    [
        "",
        SECRET,
        f"mysql://ann:{SECRET}@host/db",
        f"postgres://ann:{SECRET}@host/db",
        f"postgresql+psycopg2://ann:{SECRET}@host/db",
        f"postgresql://ann:{SECRET}@host",
        f"postgresql://ann:{SECRET}@host:port/db",
        f"postgresql://ann:p@{SECRET}@host/db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=ro&uri=true",
    ],
)
def test_nonsense_is_refused(url: str) -> None:
    with pytest.raises(RequestError, match="sqlite:///FILE or postgresql://USER") as caught:
        open_store(url)
    assert_is_told_in_secret(caught.value)


def assert_is_told_in_secret(error: Exception) -> None:
    assert "\n" not in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))
