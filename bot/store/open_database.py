"""Which database a URL means."""

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from bot.core.errors import RequestError
from bot.store.database import Database
from bot.store.postgresql import PostgresqlDatabase
from bot.store.sqlite import SqliteDatabase

_ALLOWED = "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE"


def open_database(url: str) -> Database:
    """Raises RequestError, without the URL in it: passwords stand there."""
    parsed = _parse(url)
    match parsed.drivername:
        case "sqlite" if _is_file(parsed):
            return SqliteDatabase(parsed)
        case "postgresql" | "postgresql+psycopg" if _is_served(parsed):
            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"))
        case _:
            raise RequestError(_not_allowed())


def _is_file(url: URL) -> bool:
    """What is kept in memory alone, no other process can see. A file has no host."""
    is_elsewhere = url.query or url.host or url.username
    return url.database not in {None, "", ":memory:"} and not is_elsewhere


def _is_served(url: URL) -> bool:
    """Of a password with an @ in it, what follows would be taken for the host."""
    return bool(url.database) and "@" not in (url.host or "")


def _parse(url: str) -> URL:
    try:
        return make_url(url)
    except (ArgumentError, ValueError):
        raise RequestError(_not_allowed()) from None


def _not_allowed() -> str:
    return (
        f"DATABASE_URL is no URL that can be used: {_ALLOWED} is allowed, with an @ in the "
        "password as %40"
    )
