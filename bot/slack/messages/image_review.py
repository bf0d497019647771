"""The modal *Review images*: the images that a plan deletes or keeps, a search by tag, and a button
to keep an image."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    InputBlock,
    PlainTextInputElement,
    SectionBlock,
)
from slack_sdk.models.blocks.basic_components import DispatchActionConfig
from slack_sdk.models.views import View

from bot.core.last_use import LastUse
from bot.core.pins import Pin, PinIndex
from bot.core.records import PlanRecord
from bot.core.text_formatting import short_digest
from bot.core.usage import SourceScan
from bot.core.verdict_reasons import Verdict
from bot.render.image_sections import (
    ImageSection,
    ListedImage,
    SectionKind,
    deleted_sections,
    found_sections,
    kept_sections,
)
from bot.render.last_uses import users_words
from bot.render.plan_problem_sentences import last_whole_scan_words, plan_problem_words
from bot.render.plan_summary import PlanSummary
from bot.render.quantities import age, count, size
from bot.slack.action_ids import (
    REVIEW_IMAGES,
    REVIEW_PAGE,
    REVIEW_PIN,
    REVIEW_SEARCH,
    REVIEW_TAB,
    ReviewState,
)
from bot.slack.api import Json
from bot.slack.messages.block_kit import and_more, button, context, plain, section
from bot.slack.messages.common_texts import source_name
from bot.slack.messages.recent_pulls import PIN_LASTS
from bot.slack.mrkdwn import code, codes, date, day, mention, pretty_day, prose

A_PAGE = 15
"""Images."""

LONGEST_SEARCH = 300
"""As the longest tag: ECR API reference, PutImage, imageTag."""

MOST_IN_REASON = 240
MOST_IN_HEADING = 200
MOST_IN_NAME = 256

SIZES = "sizes as ECR lists them; layers that images share are stored once"

SCOPES = 5
"""Scopes of one usage source that are listed. Failed ones come first."""

MOST_IN_SCOPE = 160


@dataclass(frozen=True)
class ImageReview:
    """The content of the modal. `opened`: the version that was the newest when the modal opened,
    whose deletions are listed, so that an image keeps its place when it is pinned; `newest`: the
    newest version, of which the kept images are listed. `pins`: those in force. `may_pin`: the user
    has the permission. `notice`: the result of the last action, mrkdwn. `pending`: the digest of an
    image that is being pinned."""

    state: ReviewState
    plan: PlanRecord
    opened: PlanSummary
    newest: PlanSummary
    pins: Sequence[Pin]
    may_pin: bool
    now: datetime
    notice: str = ""
    pending: str = ""

    @cached_property
    def still_deleted(self) -> frozenset[str]:
        """Digests."""
        return frozenset(self.newest.plan.delete)

    @cached_property
    def pin_index(self) -> PinIndex:
        return PinIndex(self.pins, self.now)

    @cached_property
    def deleted(self) -> Sequence[ImageSection]:
        if self.state.search:
            return found_sections(self.opened, Verdict.DELETE, self.state.search)
        return deleted_sections(self.opened)

    @cached_property
    def kept(self) -> Sequence[ImageSection]:
        if self.state.search:
            return found_sections(self.newest, Verdict.KEEP, self.state.search)
        return kept_sections(self.newest)

    @property
    def shown(self) -> Sequence[ImageSection]:
        return self.deleted if self.state.verdict is Verdict.DELETE else self.kept

    @cached_property
    def rows(self) -> Sequence[tuple[ImageSection, ListedImage]]:
        return [(each, image) for each in self.shown for image in each.images]

    @property
    def last_page(self) -> int:
        return max(0, (len(self.rows) - 1) // A_PAGE)

    @property
    def page(self) -> int:
        """A page number past the last page means the last page."""
        return min(max(self.state.page, 0), self.last_page)

    @property
    def rows_of_page(self) -> Sequence[tuple[ImageSection, ListedImage]]:
        return self.rows[self.page * A_PAGE : (self.page + 1) * A_PAGE]

    @property
    def deleted_images(self) -> int:
        """Without those that a pin keeps by now."""
        images = (image for each in self.deleted for image in each.images)
        return sum(image.digest in self.still_deleted for image in images)

    @property
    def kept_images(self) -> int:
        return sum(len(each.images) for each in self.kept)


LastUses = Mapping[str, LastUse]
"""By the digest of the root, when a scan last saw the image in use; not of images in use now."""


def image_review(review: ImageReview, last_uses: LastUses) -> Json:
    """`last_uses`: of the images on the page."""
    return View(
        type="modal",
        callback_id=REVIEW_IMAGES,
        private_metadata=str(review.state),
        title=plain("Review images"),
        submit=plain("Search"),
        close=plain("Close"),
        blocks=[
            *([section(review.notice)] if review.notice else []),
            ActionsBlock(elements=[*_tabs(review)]),
            _search(review),
            *_listed(review, last_uses),
            *_page_buttons(review.page, review.last_page),
            *(_sources(review) if _ends_with_sources(review) else ()),
            context(_small_print(review)),
        ],
    ).to_dict()


def _tabs(review: ImageReview) -> Iterator[ButtonElement]:
    numbers = {Verdict.DELETE: review.deleted_images, Verdict.KEEP: review.kept_images}
    for place, (verdict, number) in enumerate(numbers.items()):
        style = "primary" if verdict is review.state.verdict else None
        label = f"To {verdict} ({number:,})"
        yield button(label, f"{REVIEW_TAB}:{place}", verdict, style=style)


def _search(review: ImageReview) -> Block:
    """Enter sends a click, the button *Search* a submission."""
    typed = PlainTextInputElement(
        action_id=REVIEW_SEARCH,
        placeholder=plain("Part of a tag or digest"),
        initial_value=review.state.search or None,
        max_length=LONGEST_SEARCH,
        dispatch_action_config=DispatchActionConfig(trigger_actions_on=["on_enter_pressed"]),
    )
    return InputBlock(
        block_id=REVIEW_SEARCH,
        label=plain("Search by tag"),
        element=typed,
        dispatch_action=True,
        optional=True,
    )


def _listed(review: ImageReview, last_uses: LastUses) -> Iterator[Block]:
    if not review.rows:
        yield section(_nothing(review))
    number = 0
    for _, group in groupby(review.rows_of_page, key=lambda row: id(row[0])):
        for place, (of, image) in enumerate(group):
            if not place and (heading := _heading(of)):
                yield section(heading)
            yield _row(review, of, image, number, last_uses.get(image.digest))
            number += 1


def _nothing(review: ImageReview) -> str:
    deletes = review.state.verdict is Verdict.DELETE
    if review.state.search:
        which = f"image to {review.state.verdict}"
        if not (review.deleted or review.kept):
            which = "image"
        return f"No {which} has a tag like {code(review.state.search)}."
    if not review.newest.plan.judged:
        return "The repository is empty."
    return "The plan deletes no images." if deletes else "The plan keeps no images."


def _heading(of: ImageSection) -> str:
    number = len(of.images)
    match of.kind:
        case SectionKind.PULLED:
            was, it = ("image was", "it") if number == 1 else ("images were", "them")
            return (
                f":warning: *{number:,} {was} pulled in the last 30 days.* No known workload uses "
                f"{it}."
            )
        case SectionKind.REASON:
            return f"*{prose(of.heading[:1].upper() + of.heading[1:], MOST_IN_HEADING)}*"
        case SectionKind.FOUND:
            return ""


def _row(
    review: ImageReview,
    of: ImageSection,
    image: ListedImage,
    number: int,
    last_use: LastUse | None,
) -> SectionBlock:
    pin = next(iter(review.pin_index.of(image.group.root.manifest)), None)
    is_deleted = image.group.root.verdict is Verdict.DELETE
    lines = [_name(image), _facts(review, of, image)]
    if image.digest == review.pending:
        lines.append(":hourglass_flowing_sand: Pinning …")
    elif pin and is_deleted:
        lines.append(f":pushpin: *{_pinned(pin)}*")
    elif pin:
        lines.append(f"{_pinned(pin)}: {prose(pin.reason, MOST_IN_REASON)}")
    elif words := (image.whole_reason if of.kind is SectionKind.FOUND else image.own_reason):
        lines.append(prose(words[:1].upper() + words[1:], MOST_IN_REASON))
    if last_use:
        users = prose(users_words(last_use.users, last_use.others), MOST_IN_REASON)
        lines.append(f"Last seen in use {date(last_use.at)} by {users}")
    return section(*lines, button=_keep_button(review, image, number, pin))


def _name(image: ListedImage) -> str:
    name = codes(image.tags) if image.tags else f"{code(short_digest(image.digest))} (no tag)"
    return f"{name} ({len(image.group.members):,} manifests)" if image.group.others else name


def _facts(review: ImageReview, of: ImageSection, image: ListedImage) -> str:
    manifest = image.group.root.manifest
    facts = [size(image.group.listed_bytes)]
    if manifest.pushed_at:
        facts.append(f"pushed {age(review.now - manifest.pushed_at)} ago")
    if image.pulled_at:
        sign = ":warning: " if of.kind is SectionKind.FOUND else ""
        facts.append(f"{sign}last pulled {date(image.pulled_at)}")
    return " · ".join(facts)


def _pinned(pin: Pin) -> str:
    until = f" until {day(pin.until)}" if pin.until else ""
    by = prose(pin.by) if " " in pin.by else mention(pin.by)
    return f"Pinned{until} by {by}"


def _keep_button(
    review: ImageReview, image: ListedImage, number: int, pin: Pin | None
) -> ButtonElement | None:
    is_deleted = image.group.root.verdict is Verdict.DELETE and image.digest in review.still_deleted
    can_pin = review.may_pin and review.plan.is_open and image.digest != review.pending
    if pin or not is_deleted or not can_pin:
        return None
    return button(f"Keep {PIN_LASTS.days} days", f"{REVIEW_PIN}:{number}", image.digest)


def _page_buttons(page: int, last: int) -> Iterator[Block]:
    """One button for each page, so that every action_id is unique."""
    texts = {0: "First", last: "Last"} if last > 1 else {}
    texts |= {page - 1: "Previous", page + 1: "Next"}
    pages = [number for number in sorted(texts) if 0 <= number <= last and number != page]
    if pages:
        yield ActionsBlock(
            elements=[button(texts[number], f"{REVIEW_PAGE}:{number}", number) for number in pages]
        )


def _ends_with_sources(review: ImageReview) -> bool:
    is_last = review.page == review.last_page
    return review.state.verdict is Verdict.KEEP and is_last and not review.state.search


def _sources(review: ImageReview) -> Iterator[Block]:
    """The scanned sources, place by place, and those that are switched off."""
    usage = review.newest.plan.usage
    yield section("*Usage sources* · images in use, of all repositories")
    by_source = sorted(usage.scans, key=lambda scan: scan.source)
    for source, scans in groupby(by_source, key=lambda scan: scan.source):
        yield section(*_source_lines(source, list(scans)))
    if usage.not_checked:
        off = ", ".join(map(source_name, usage.not_checked))
        yield section(f":warning: *Switched off:* {off}. Images used only there are not protected.")
    if regions := usage.unscanned_regions:
        shown = [f"{each.place} ({', '.join(map(source_name, each.sources))})" for each in regions]
        more = and_more(len(regions) - SCOPES)
        yield section(":warning: *Regions not scanned:*", *shown[:SCOPES], *more)


def _source_lines(source: str, scans: Sequence[SourceScan]) -> Iterator[str]:
    number = f" · {count(len(scans), 'place')}" if len(scans) > 1 else ""
    yield f"*{source_name(source)}*{number}"
    ordered = sorted(scans, key=lambda scan: (scan.problem is None, scan.scope))
    yield from map(_scan_line, ordered[:SCOPES])
    yield from and_more(len(ordered) - SCOPES)


def _scan_line(scan: SourceScan) -> str:
    if scan.problem:
        last = last_whole_scan_words(scan if scan.is_unread else None, pretty_day)
        return f"• :warning: {prose(plan_problem_words(scan.problem), MOST_IN_REASON)}{last}"
    return f"• {prose(scan.scope, MOST_IN_SCOPE)}: {count(scan.images, 'image')}"


def _small_print(review: ImageReview) -> str:
    total = len(review.rows)
    name = code(review.plan.repository.name, MOST_IN_NAME)
    plan = f"{name} · plan {review.plan.id} v{review.plan.version} · {SIZES}"
    if total <= A_PAGE:
        return plan
    first = review.page * A_PAGE
    return f"{first + 1:,} to {min(first + A_PAGE, total):,} of {count(total, 'image')} · {plan}"
