"""Why one manifest stays or goes, as JSON and CSV."""

from collections.abc import Iterator, Sequence

from bot.core.judge import Judged
from bot.core.repository import RepositoryId
from bot.render import plan_csv
from bot.render.json_text import dumps
from bot.render.plan_json import manifest_as_entry

COLUMNS = (*plan_csv.COLUMNS, "family")


def explained_as_json(judged: Judged, family: Sequence[Judged]) -> Iterator[bytes]:
    yield dumps({**manifest_as_entry(judged), "family": _digests(family)}) + b"\n"


def explained_as_rows(
    repository: RepositoryId, judged: Judged, family: Sequence[Judged]
) -> Iterator[tuple[object, ...]]:
    """The digests of the family are parted by spaces."""
    yield (*plan_csv.manifest_as_row(repository, judged), " ".join(_digests(family)))


def _digests(family: Sequence[Judged]) -> list[str]:
    return [each.manifest.digest for each in family]
