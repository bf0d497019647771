"""JSON and CSV without secrets and control characters, and the columns of lists. One definition of
a column serves JSON, CSV and the table in a terminal."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TextIO, TypeVar

import orjson

from bot.core.redaction import Redactor
from bot.core.repository import RepositoryId, parse_registry_host
from bot.core.text_formatting import visible, visible_json
from bot.render.terminal import Heading, table
from bot.sanitize import own_redactor

if TYPE_CHECKING:
    from rich.console import RenderableType

_ESCAPE = re.compile(r"\\(?:u[0-9a-f]{4}|.)")
"""An escape sequence of JSON. Its letter is not part of the text: in `\\nsecret` it would join the
secret's word."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""OWASP, CSV Injection. The last four are the full-width forms of the first. Tabs and line ends are
escaped."""

_CELLS: Mapping[type, Callable[[Any], str]] = {
    bool: lambda value: "yes" if value else "no",
    list: " ".join,
    tuple: " ".join,
}
"""How CSV shows values of these types. Other values are shown as they are."""

Entity = TypeVar("Entity")
Outer = TypeVar("Outer")
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class TableColumn(Generic[Row]):
    """A column of the table in a terminal. `cell` gets the row and the current time."""

    heading: Heading
    cell: Callable[[Row, datetime], "RenderableType"]


@dataclass(frozen=True, slots=True)
class Column(Generic[Entity, Row]):
    """A column of a list of entities. `key` is its name in JSON and CSV.

    `json` gives the value in JSON; None: only CSV has the column. `csv` gives the value in CSV; by
    default the same as in JSON, with yes or no for a boolean and spaces between the texts of a
    list. `table`: None if the table does not have the column.
    """

    key: str
    json: Callable[[Entity], Any] | None
    csv: Callable[[Entity], Any] | None = None
    table: TableColumn[Row] | None = None


class Columns(Generic[Entity, Row]):
    """The columns of a list of entities, in the order of CSV.

    `json_first`, `table_first`: keys of the first columns in JSON and in the table. The other
    columns follow in the order of CSV.
    """

    def __init__(
        self,
        *columns: Column[Entity, Row],
        json_first: Sequence[str] = (),
        table_first: Sequence[str] = (),
    ) -> None:
        self.header = tuple(column.key for column in columns)
        self._columns = {column.key: column for column in columns}
        self._cells = [value for each in columns if (value := each.csv or each.json)]
        self._values = {each.key: each.json for each in _first(columns, json_first) if each.json}
        self._table = [each.table for each in _first(columns, table_first) if each.table]

    def through(
        self, entity_of: Callable[[Outer], Entity], keys: Iterable[str], prefix: str = ""
    ) -> Iterator["Column[Outer, Any]"]:
        """These columns, without those of the table, of something that has such an entity.
        `prefix`: of their keys."""
        for column in map(self._columns.__getitem__, keys):
            yield Column(
                f"{prefix}{column.key}",
                _after(entity_of, column.json) if column.json else None,
                _after(entity_of, column.csv) if column.csv else None,
            )

    def as_object(self, entity: Entity) -> dict[str, Any]:
        """For JSON."""
        return {key: value(entity) for key, value in self._values.items()}

    def as_line(self, entity: Entity) -> Iterator[bytes]:
        """JSON, one object on a line."""
        yield dumps(self.as_object(entity)) + b"\n"

    def as_row(self, entity: Entity) -> tuple[object, ...]:
        """For CSV."""
        values = [value(entity) for value in self._cells]
        return tuple(
            [_CELLS[type(each)](each) if type(each) in _CELLS else each for each in values]
        )

    def as_rows(self, entity: Entity) -> Iterator[tuple[object, ...]]:
        yield self.as_row(entity)

    def as_table(self, rows: Iterable[Row], now: datetime) -> "RenderableType":
        return table(
            [column.heading for column in self._table],
            ([column.cell(row, now) for column in self._table] for row in rows),
        )


class RepositoryPlace(NamedTuple):
    """A repository's name, account and Region."""

    repository: str | None
    registry_id: str | None
    region: str | None


def place(repository: RepositoryId) -> RepositoryPlace:
    registry = repository.registry
    return RepositoryPlace(repository.name, registry.account, registry.region)


def place_of(uri: str | None) -> RepositoryPlace:
    """A text that is not the URI of a repository, such as a glob of the settings, becomes the
    name."""
    host, _, name = (uri or "").partition("/")
    registry = parse_registry_host(host)
    if registry is None:
        return RepositoryPlace(uri, None, None)
    return RepositoryPlace(name, registry.account, registry.region)


def place_columns(
    place_of_entity: Callable[[Entity], RepositoryPlace], shown: TableColumn[Row] | None = None
) -> tuple[Column[Entity, Row], ...]:
    """`shown`: how the table shows the repository."""
    return (
        Column("repository", lambda entity: place_of_entity(entity).repository, table=shown),
        Column("registry_id", lambda entity: place_of_entity(entity).registry_id),
        Column("region", lambda entity: place_of_entity(entity).region),
    )


def dumps(value: object) -> bytes:
    """JSON of the same data, without secrets. JSON escapes control characters below U+0020; other
    control characters and bidirectional formatting are escaped here."""
    redactor = own_redactor()
    text = orjson.dumps(value).decode()
    if _holds_secrets(text, redactor):
        text = orjson.dumps(_redacted(orjson.loads(text), redactor)).decode()
    return visible_json(text).encode()


def _holds_secrets(text: str, redactor: Redactor) -> bool:
    """One search of the whole text is much faster than a search of each value."""
    spaced = _ESCAPE.sub(" ", text) if "\\" in text else text
    return any(redactor.redact(each) != each for each in {text, spaced})


def _redacted(value: Any, redactor: Redactor) -> Any:
    """Keys of objects are the bot's own texts, without secrets."""
    match value:
        case str():
            return redactor.redact(value)
        case list():
            return [_redacted(each, redactor) for each in value]
        case dict():
            return {key: _redacted(each, redactor) for key, each in value.items()}
        case _:
            return value


def write_rows(rows: Iterable[Iterable[object]], to: TextIO) -> None:
    """Writes CSV. A text that a spreadsheet would interpret as a formula gets a leading apostrophe.
    Control characters and line ends are escaped. Secrets are removed."""
    redactor = own_redactor()
    safe = (_safe(tuple(row), redactor) for row in rows)
    csv.writer(to, lineterminator="\n").writerows(safe)


def _safe(row: Sequence[object], redactor: Redactor) -> Sequence[object]:
    """One search of the whole row is much faster than a search of each cell."""
    whole = "\n".join([cell for cell in row if isinstance(cell, str)])
    if redactor.redact(whole) != whole:
        row = [redactor.redact(cell) if isinstance(cell, str) else cell for cell in row]
    return [_harmless(cell) if isinstance(cell, str) else cell for cell in row]


def _harmless(text: str) -> str:
    text = visible(text)
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def _after(
    entity_of: Callable[[Outer], Entity], value: Callable[[Entity], Any]
) -> Callable[[Outer], Any]:
    return lambda outer: value(entity_of(outer))


def _first(
    columns: Sequence[Column[Entity, Row]], keys: Sequence[str]
) -> Sequence[Column[Entity, Row]]:
    """The columns, those of `keys` first."""
    by_key = {column.key: column for column in columns}
    return list({key: by_key[key] for key in (*keys, *by_key)}.values())
