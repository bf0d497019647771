"""Which database a URL means."""

from ipaddress import ip_address

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
        case "postgresql" | "postgres" | "postgresql+psycopg" if _is_served(parsed, url):
            return PostgresqlDatabase(parsed.set(drivername="postgresql+psycopg"))
        case _:
            raise RequestError(_not_allowed())


def _is_file(url: URL) -> bool:
    """What is kept in memory alone, no other process can see. A file has no host."""
    is_elsewhere = url.query or url.host or url.username
    return url.database not in {None, "", ":memory:"} and not is_elsewhere


def _is_served(url: URL, text: str) -> bool:
    """Of a password with an @ or a / in it, a part would be taken for the host or the database, and
    be shown."""
    ends_of_passwords = 1 if url.username else 0
    return (
        text.count("@") == ends_of_passwords
        and bool(url.database)
        and ":" not in str(url.database)
        and _is_host(url.host or "")
    )


def _is_host(name: str) -> bool:
    """Only what stood in brackets can have a colon."""
    if ":" not in name:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


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
