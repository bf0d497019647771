"""References in files, for workloads that no other source can scan."""

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from bot.core.errors import ServiceError
from bot.core.image_references import MalformedReferenceError, RegistryHosts, parse_reference
from bot.core.repository import RegistryId
from bot.core.text_formatting import decode_text
from bot.core.usage import ImageUse
from bot.sanitize import quoted


class _FileEntry(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    image: str
    used_by: str | None = None


@cache
def _entries() -> TypeAdapter[list[str | _FileEntry]]:
    """Created on first use, because most runs read no file."""
    return TypeAdapter(list[str | _FileEntry])


class FileSource:
    """Reads one file. Text: one reference per line, `#` starts a comment. JSON: a list of strings
    or of `{image, used_by}`.

    A reference without a host counts in each of `registries`. So does a reference whose host could
    be the first part of a repository name (`my.team/api`).
    """

    name = "files"

    def __init__(self, path: Path, registries: Sequence[RegistryId], hosts: RegistryHosts) -> None:
        self.scope = str(path)
        self._path = path
        self._registries = registries
        self._hosts = hosts

    def image_uses(self) -> Iterator[ImageUse]:
        for where, entry in self._entries():
            yield from self._everywhere(where, entry)

    def _entries(self) -> Iterator[tuple[str, _FileEntry]]:
        """Yields each entry with its file name and line or entry number."""
        try:
            text = decode_text(self._path.read_bytes())
        except OSError as error:
            raise ServiceError(
                f"{self._path} cannot be read ({quoted(error)}): make it readable, or remove it "
                "from usage.files"
            ) from error
        except ValueError as error:
            raise ServiceError(
                f"{self._path} cannot be read: {error}, or remove it from usage.files"
            ) from error
        if not text.lstrip().startswith(("[", "{")):
            return _from_lines(self._path, text)
        try:
            return _from_json(self._path, _entries().validate_json(text))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise ServiceError(
                f"{self._path} is not a list of references or of {{image, used_by}}: "
                f"{first['msg']} at {'.'.join(map(str, first['loc'][:1])) or 'its start'}"
            ) from error

    def _everywhere(self, where: str, entry: _FileEntry) -> Iterator[ImageUse]:
        try:
            reference = parse_reference(entry.image)
        except MalformedReferenceError as error:
            raise ServiceError(f"{where}: {error}") from error
        used_by = entry.used_by or where
        if reference.host is not None:
            yield ImageUse(entry.image, used_by)
        if self._hosts.places(reference) or ":" in (reference.host or ""):
            return
        for registry in self._registries:
            host = f"{registry.account}.dkr.ecr.{registry.region}.amazonaws.com"
            yield ImageUse(f"{host}/{entry.image}", used_by, is_guess=True)


def _from_lines(path: Path, text: str) -> Iterator[tuple[str, _FileEntry]]:
    for number, line in enumerate(text.splitlines(), start=1):
        if reference := line.partition("#")[0].strip():
            yield f"{path.name} line {number}", _FileEntry(image=reference)


def _from_json(path: Path, entries: Sequence[str | _FileEntry]) -> Iterator[tuple[str, _FileEntry]]:
    for number, entry in enumerate(entries, start=1):
        where = f"{path.name} entry {number}"
        yield where, entry if isinstance(entry, _FileEntry) else _FileEntry(image=entry)
