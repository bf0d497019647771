"""Supported and refused URLs. Errors never show their passwords."""

import traceback

import pytest

from bot.core.errors import RequestError
from bot.store.store import open_database, open_store
from tests.store.support import SECRET


@pytest.mark.parametrize(
    "url",
    [
        "",
        SECRET,
        f"mysql://ann:{SECRET}@host/db",
        f"postgres+psycopg2://ann:{SECRET}@host/db",
        f"postgresql+psycopg2://ann:{SECRET}@host/db",
        f"postgresql://ann:{SECRET}@host",
        f"postgresql://ann:{SECRET}@host:port/db",
        f"postgresql://ann:p@{SECRET}@host/db",
        f"postgresql:///ann:{SECRET}@host/db",
        f"postgresql:///ann:{SECRET}",
        f"postgresql://u:a@{SECRET}/c@host/db",
        f"postgresql://us/er:{SECRET}@host/db",
        f"postgresql://ann:a@host/{SECRET}?c=d@host/db",
        f"postgresql://u:a@[{SECRET}:b]/db",
        f"postgresql:///db?host=ann:{SECRET}@host",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///file:x?mode=ro&uri=true",
    ],
)
def test_invalid_urls_are_refused(url: str) -> None:
    with pytest.raises(RequestError, match="sqlite:///FILE or postgresql://USER") as caught:
        open_store(url)
    assert_is_told_in_secret(caught.value)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("postgresql://ann:a%40b%2Fc@host/db", "The database db on host"),
        ("postgresql://ann:a/b?c#d@host:5433/db", "The database db on host"),
        ("postgresql://ann:a@[::1]:5432/db", "The database db on ::1"),
        ("postgresql:///db?host=/run/postgresql", "The database db on /run/postgresql"),
        ("postgresql://host/db", "The database db on host"),
        ("postgres://ann:a@host/db", "The database db on host"),
    ],
)
def test_names_of_databases(url: str, name: str) -> None:
    assert open_database(url).name == name


def assert_is_told_in_secret(error: Exception) -> None:
    assert "\n" not in str(error)
    assert SECRET not in "".join(traceback.format_exception(error))
