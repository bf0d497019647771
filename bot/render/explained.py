"""Why one manifest is kept or deleted, as a few sentences, JSON and CSV."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.core.judge import Judged
from bot.core.manifest import Manifest, ManifestKind
from bot.core.reasons import Verdict
from bot.core.repository import RepositoryId
from bot.core.words import moment, named, restoration
from bot.render.output import Column, Columns, dumps, place
from bot.render.plans import CSV_HEADER, MANIFEST_COLUMNS
from bot.render.reasons import reason_words, user_words
from bot.render.terminal import ROWS, bullets, how_many_more, shown, stacked
from bot.render.words import count, size

if TYPE_CHECKING:
    from rich.console import RenderableType

KINDS = {
    ManifestKind.IMAGE: "an image",
    ManifestKind.INDEX: "an index",
    ManifestKind.ARTIFACT: "an artifact",
    ManifestKind.REFERRER: "a referrer, which is about another manifest",
}
VERDICTS = {
    Verdict.KEEP: ("It stays:", "bold green"),
    Verdict.DELETE: ("It may go:", "bold yellow"),
}

FAMILY_COLUMNS: Columns[Sequence[Judged], Any] = Columns(
    Column("family", lambda family: [each.manifest.digest for each in family])
)

EXPLANATION_HEADER = (*CSV_HEADER, *FAMILY_COLUMNS.header)


def explained_as_json(judged: Judged, family: Sequence[Judged]) -> Iterator[bytes]:
    found = MANIFEST_COLUMNS.as_object(judged) | FAMILY_COLUMNS.as_object(family)
    yield dumps(found) + b"\n"


def explained_as_rows(
    repository: RepositoryId, judged: Judged, family: Sequence[Judged]
) -> Iterator[tuple[object, ...]]:
    manifest = MANIFEST_COLUMNS.as_row(judged)
    yield (*place(repository), *manifest, *FAMILY_COLUMNS.as_row(family))


def explained_as_text(
    repository: RepositoryId, judged: Judged, family: Sequence[Judged]
) -> "RenderableType":
    verdict, style = VERDICTS[judged.verdict]
    parts = [_what(repository, judged.manifest), shown(verdict, style=style)]
    parts.append(bullets(map(reason_words, judged.reasons)))
    if judged.used_by:
        parts.append(shown(f"In use by {', '.join(map(user_words, judged.used_by))}."))
    parts += _relatives([each for each in family if each is not judged])
    return stacked(*parts, shown(_times(judged.manifest)))


def _what(repository: RepositoryId, manifest: Manifest) -> "RenderableType":
    tags = f" (tags {', '.join(manifest.tags)})" if len(manifest.tags) > 1 else ""
    return shown(
        (repository.name, "bold"),
        f": {named(manifest.digest, manifest.tags)}{tags} is {KINDS[manifest.kind]} of "
        f"{size(manifest.size_bytes)}.",
    )


def _relatives(others: Sequence[Judged]) -> Iterator["RenderableType"]:
    if not others:
        yield shown("Nothing hangs on it, and it hangs on nothing.")
        return
    yield shown(f"It hangs together with {count(len(others), 'other manifest')}:")
    yield bullets(named(each.manifest.digest, each.manifest.tags) for each in others[:ROWS])
    yield from how_many_more(len(others), "--format json lists all")


def _times(manifest: Manifest) -> str:
    pushed, pulled, restored = manifest.pushed_at, manifest.pulled_at, manifest.restored_at
    since = f"Pushed {moment(pushed)}" if pushed else "ECR tells no push time"
    back = f"; {restoration(restored)}" if restored else ""
    return f"{since}{back}; {f'last pulled {moment(pulled)}' if pulled else 'no pull is recorded'}."
