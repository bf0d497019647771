"""A modal with all manifests of a plan, their verdicts and reasons, in pages."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from slack_sdk.models.blocks import ActionsBlock, Block, ButtonElement
from slack_sdk.models.views import View

from bot.core.judge import JudgedManifest
from bot.core.plan import Plan
from bot.core.text_formatting import first_few, short_digest
from bot.core.verdict_reasons import Verdict
from bot.render.plan_summary import PlannedImageGroup, PlanSummary, why
from bot.render.quantities import count, size
from bot.render.reasons import user_words
from bot.slack.action_ids import IMAGES, IMAGES_PAGE, PlanRef
from bot.slack.api import Json
from bot.slack.messages.block_kit import button, context, header, plain, section
from bot.slack.mrkdwn import code, codes, day, prose

A_PAGE = 20
"""Manifests."""

MOST_IN_REASON = 240
MOST_IN_USER = 60

_HEADINGS = {Verdict.DELETE: "Delete", Verdict.KEEP: "Keep"}


@dataclass(frozen=True, slots=True)
class _ImageLine:
    """One manifest in the list. `is_part`: it belongs to the last root above it."""

    judged: JudgedManifest
    is_part: bool


def images_view(content: Plan, page: int, ref: PlanRef) -> Json:
    """`page`: from 0; a number past the last page shows the last page. Image groups to delete come
    first, largest first; then image groups to keep, newest first."""
    rows = _rows(content)
    last = max(0, (len(rows) - 1) // A_PAGE)
    page = min(max(page, 0), last)
    shown = rows[page * A_PAGE : (page + 1) * A_PAGE]
    return View(
        type="modal",
        callback_id=IMAGES,
        private_metadata=str(ref),
        title=plain("Images"),
        close=plain("Close"),
        blocks=[
            section(_heading(content), _where(page, shown, len(rows))),
            *_page_buttons(page, last, _first_kept_page(content), ref),
            *_listed(shown),
        ],
    ).to_dict()


def _heading(content: Plan) -> str:
    kept = len(content.judged) - len(content.delete)
    return (
        f"{code(content.repository.name, most=300)}: {len(content.delete):,} to delete, "
        f"{kept:,} to keep"
    )


def _where(page: int, shown: Sequence[_ImageLine], total: int) -> str:
    if not shown:
        return "The repository is empty."
    first = page * A_PAGE + 1
    return f"{first:,} to {first + len(shown) - 1:,} of {count(total, 'manifest')}"


def _rows(content: Plan) -> Sequence[_ImageLine]:
    summary = PlanSummary(content)
    return [*_group_rows(summary.deleted_groups), *_group_rows(summary.kept_groups)]


def _group_rows(groups: Iterable[PlannedImageGroup]) -> Iterator[_ImageLine]:
    for group in groups:
        yield _ImageLine(group.root, is_part=False)
        yield from (_ImageLine(each, is_part=True) for each in group.others)


def _first_kept_page(content: Plan) -> int:
    return len(content.delete) // A_PAGE


def _page_buttons(page: int, last: int, first_kept: int, ref: PlanRef) -> Iterator[Block]:
    """One button for each page, so that every action_id is unique."""
    texts = {0: "First", last: "Last", first_kept: "Kept images"}
    texts |= {page - 1: "Previous", page + 1: "Next"}
    pages = [number for number in sorted(texts) if 0 <= number <= last and number != page]
    if pages:
        yield ActionsBlock(elements=[_page_button(number, texts[number], ref) for number in pages])


def _page_button(page: int, text: str, ref: PlanRef) -> ButtonElement:
    return button(text, f"{IMAGES_PAGE}:{page}", PlanRef(ref.plan, ref.version, str(page)))


def _listed(rows: Iterable[_ImageLine]) -> Iterator[Block]:
    """Under a heading for each verdict."""
    for verdict, group in groupby(rows, key=lambda row: row.judged.verdict):
        yield header(_HEADINGS[verdict])
        for row in group:
            indent = "↳ " if row.is_part else ""
            yield section(f"{indent}{_name(row.judged)}: {prose(why(row.judged), MOST_IN_REASON)}")
            yield context(*_facts(row.judged))


def _name(judged: JudgedManifest) -> str:
    return codes(judged.manifest.tags) if judged.manifest.tags else "no tag"


def _facts(judged: JudgedManifest) -> Iterator[str]:
    manifest = judged.manifest
    pushed = f" · pushed {day(manifest.pushed_at)}" if manifest.pushed_at else ""
    pulled = f" · last pulled {day(manifest.pulled_at)}" if manifest.pulled_at else ""
    kind = f"{manifest.kind} {code(short_digest(manifest.digest))}"
    yield f"{kind} · {size(manifest.size_bytes)}{pushed}{pulled}"
    if judged.used_by:
        users = [prose(user_words(user), MOST_IN_USER) for user in judged.used_by]
        yield f"used by {first_few(users)}"
