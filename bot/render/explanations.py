"""Why an image is kept or deleted, as text, JSON and CSV. `docs/output.md` lists the keys."""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from bot.core.judge import JudgedManifest
from bot.core.last_use import LastUse
from bot.core.manifest import Manifest, ManifestKind
from bot.core.repository import RepositoryId
from bot.core.text_formatting import format_time, manifest_label, restored_text
from bot.core.verdict_reasons import Verdict
from bot.render.last_uses import last_use_words
from bot.render.output import Column, Columns, dumps, place
from bot.render.plans import CSV_HEADER, MANIFEST_COLUMNS
from bot.render.quantities import count, iso, size
from bot.render.reasons import reason_words, user_words
from bot.render.terminal import ROWS, bullets, how_many_more, shown, stacked

if TYPE_CHECKING:
    from rich.console import RenderableType

KINDS = {
    ManifestKind.IMAGE: "an image",
    ManifestKind.INDEX: "an index",
    ManifestKind.ARTIFACT: "an artifact",
    ManifestKind.REFERRER: "a referrer of another manifest",
}

VERDICTS = {
    Verdict.KEEP: ("Keep:", "bold green"),
    Verdict.DELETE: ("Delete:", "bold yellow"),
}

IMAGE_GROUP_COLUMNS: Columns[Sequence[JudgedManifest], Any] = Columns(
    Column("family", lambda group: [each.manifest.digest for each in group])
)

EXPLANATION_HEADER = (*CSV_HEADER, *IMAGE_GROUP_COLUMNS.header)


def explained_as_json(
    judged: JudgedManifest, group: Sequence[JudgedManifest], last_use: LastUse | None
) -> Iterator[bytes]:
    found = MANIFEST_COLUMNS.as_object(judged) | IMAGE_GROUP_COLUMNS.as_object(group)
    yield dumps(found | {"last_use": _last_use_as_keys(last_use)}) + b"\n"


def _last_use_as_keys(last_use: LastUse | None) -> dict[str, Any] | None:
    if last_use is None:
        return None
    return {"at": iso(last_use.at), "users": last_use.users, "others": last_use.others}


def explained_as_rows(
    repository: RepositoryId, judged: JudgedManifest, group: Sequence[JudgedManifest]
) -> Iterator[tuple[object, ...]]:
    manifest = MANIFEST_COLUMNS.as_row(judged)
    yield (*place(repository), *manifest, *IMAGE_GROUP_COLUMNS.as_row(group))


def explained_as_text(
    repository: RepositoryId,
    judged: JudgedManifest,
    group: Sequence[JudgedManifest],
    last_use: LastUse | None,
) -> "RenderableType":
    verdict, style = VERDICTS[judged.verdict]
    parts = [_what(repository, judged.manifest), shown(verdict, style=style)]
    parts.append(bullets(map(reason_words, judged.reasons)))
    if judged.used_by:
        parts.append(shown(f"In use by {', '.join(map(user_words, judged.used_by))}."))
    if last_use:
        parts.append(shown(f"Not in use now, {last_use_words(last_use)}."))
    parts += _group_members([each for each in group if each is not judged])
    return stacked(*parts, shown(_times(judged.manifest)))


def _what(repository: RepositoryId, manifest: Manifest) -> "RenderableType":
    tags = f" (tags {', '.join(manifest.tags)})" if len(manifest.tags) > 1 else ""
    return shown(
        (repository.name, "bold"),
        f": {manifest_label(manifest.digest, manifest.tags)}{tags} is {KINDS[manifest.kind]} of "
        f"{size(manifest.size_bytes)}.",
    )


def _group_members(others: Sequence[JudgedManifest]) -> Iterator["RenderableType"]:
    if not others:
        yield shown("It has no parts and belongs to no other manifest.")
        return
    yield shown(f"Its image group has {count(len(others), 'other manifest')}:")
    yield bullets(
        manifest_label(each.manifest.digest, each.manifest.tags) for each in others[:ROWS]
    )
    yield from how_many_more(len(others), "--format json lists all")


def _times(manifest: Manifest) -> str:
    pushed, pulled, restored = manifest.pushed_at, manifest.pulled_at, manifest.restored_at
    since = f"Pushed {format_time(pushed)}" if pushed else "ECR returned no push time"
    back = f"; {restored_text(restored)}" if restored else ""
    last_pull = f"last pulled {format_time(pulled)}" if pulled else "no pull is recorded"
    return f"{since}{back}; {last_pull}."
