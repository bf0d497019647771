"""The modals in which a user approves several plans of a digest."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, assert_never

from slack_sdk.models.blocks import (
    Block,
    CheckboxesElement,
    DividerBlock,
    ExternalDataMultiSelectElement,
    InputBlock,
    Option,
    PlainTextInputElement,
)
from slack_sdk.models.views import View

from bot.core.judge import PULLED_RECENTLY
from bot.core.plan_choices import (
    ChoiceTotals,
    ChoosablePlan,
    PlanOffer,
    PlanWarning,
    RefusedPlan,
)
from bot.core.prices import StorageCost
from bot.core.records import PlanRecord
from bot.core.refusal_reasons import (
    NoSourceEnabled,
    PlanIncomplete,
    Refusal,
    RepositoryNameNotTyped,
)
from bot.render.quantities import count, yearly
from bot.render.refusals import refusal_words
from bot.slack.action_ids import (
    ALL_WITHOUT_WARNINGS,
    CHOOSE_PLANS,
    CHOSEN_PLANS,
    CONFIRM_PLANS,
    TYPED_TOTAL,
    SelectionRef,
)
from bot.slack.api import Json
from bot.slack.messages.block_kit import (
    MOST_IN_OPTION,
    and_more,
    as_json,
    context,
    full_sections,
    option,
    plain,
    section,
    text_view,
)
from bot.slack.mrkdwn import code, escape, prose, shortened

MOST_LISTED = 10
"""Plans of a kind that a modal lists apart."""

MOST_CONFIRMED = 100
"""Plans in the list of the choice; the CSV file has all."""

MOST_OPTIONS = 100
"""docs.slack.dev, Block Kit, select menu."""

LONGEST_NAME = 256
"""ECR API reference, CreateRepository."""

_TITLE = "Approve several plans"
_TYPED = (RepositoryNameNotTyped,)
_BLOCKED = (PlanIncomplete, NoSourceEnabled)

Links = Mapping[str, str]
"""By plan, a link to its report. Plans without a report have none."""


@dataclass(frozen=True, slots=True)
class ChoiceView:
    """The first modal. `chosen`: IDs of plans. `digest`: a link to the digest."""

    ref: SelectionRef
    offer: PlanOffer
    chosen: frozenset[str]
    digest: str
    links: Links


class ConfirmationView(NamedTuple):
    """The second modal. `offer`: the chosen plans; those apart are not approved. `csv`: a link to
    the list of all images."""

    ref: SelectionRef
    offer: PlanOffer
    csv: str
    start: str


def listed_apart(offer: PlanOffer) -> Sequence[PlanRecord]:
    """The plans that the first modal lists with links."""
    typed, blocked = _because(offer, _TYPED), _because(offer, _BLOCKED)
    return [each.plan for each in (*typed[:MOST_LISTED], *blocked[:MOST_LISTED])]


def choice_view(view: ChoiceView) -> Json:
    """The modal in which the user chooses. Nothing is chosen when it opens."""
    if not view.offer.choosable:
        nothing = section("No plan of this digest can be approved together with others now.")
        return text_view(as_json([nothing, *_apart(view)]))
    return View(
        type="modal",
        callback_id=CHOOSE_PLANS,
        private_metadata=str(view.ref),
        title=plain(_TITLE),
        submit=plain("Next"),
        close=plain("Cancel"),
        blocks=[*_inputs(view.offer), *_sum(view), *_apart(view)],
    ).to_dict()


def confirmation_view(view: ConfirmationView) -> Json:
    """The modal in which the user types the number of images. Without plans, it has no input."""
    chosen, refused = view.offer.choosable, view.offer.apart
    left_out = _named_refusals("Not included", refused)
    if not chosen:
        none = section("None of the chosen plans can be approved any more.")
        return text_view(as_json([none, *left_out]))
    totals = ChoiceTotals.of(chosen)
    lines = [f"• {_plan_line(each)}" for each in chosen[:MOST_CONFIRMED]]
    typed = InputBlock(
        block_id=TYPED_TOTAL,
        label=plain("Total number of images to delete"),
        hint=plain("Type it to approve these plans"),
        element=PlainTextInputElement(action_id=TYPED_TOTAL, max_length=20, focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=CONFIRM_PLANS,
        private_metadata=str(view.ref),
        title=plain(f"Approve {count(totals.plans, 'plan')}"),
        submit=plain("Approve"),
        close=plain("Back"),
        blocks=[
            section(f"*{totals_words(totals)}*"),
            *full_sections([*lines, *and_more(len(chosen) - MOST_CONFIRMED)]),
            *left_out,
            section(f"<{view.csv}|CSV file with every image> in the digest's thread"),
            context(view.start, "Deleted images cannot be restored."),
            typed,
        ],
    ).to_dict()


def totals_words(totals: ChoiceTotals) -> str:
    """`25 repositories: 1,234 images, $394 a year`"""
    repositories = count(totals.plans, "repository", "repositories")
    saving = escape(yearly(totals.usd_per_month))
    return f"{repositories}: {count(totals.images, 'image')}, {saving}"


def plan_option(choice: ChoosablePlan) -> Option:
    """An option of the select in the first modal."""
    deleted = count(choice.images.to_delete, "image")
    facts = [deleted, yearly(choice.usd_per_month), *_warnings(choice)]
    return _option(choice.plan, " · ".join(facts))


def report_option(plan: PlanRecord, saving: StorageCost) -> Option:
    """An option of the select in the digest."""
    return _option(plan, yearly(saving.usd_per_month) if plan.complete else "blocked")


def _option(plan: PlanRecord, effect: str) -> Option:
    """Names the registry, since several may have a repository of this name."""
    registry = plan.repository.registry
    words = f"{effect} · {registry.region} {registry.account}"
    return option(plan.repository.name, plan.id, shortened(words, MOST_IN_OPTION))


def refusal_line(refused: RefusedPlan) -> str:
    name = code(refused.plan.repository.name, LONGEST_NAME)
    return f"{name}: {prose(refusal_words(refused.reason))}"


def _inputs(offer: PlanOffer) -> Iterator[Block]:
    more = len(offer.choosable) > MOST_OPTIONS
    yield InputBlock(
        block_id=CHOSEN_PLANS,
        label=plain("Repositories"),
        hint=plain(f"Lists {MOST_OPTIONS} at a time: type a part of the name") if more else None,
        element=ExternalDataMultiSelectElement(
            action_id=CHOSEN_PLANS, placeholder=plain("Search by name"), min_query_length=0
        ),
        optional=True,
        dispatch_action=True,
    )
    if number := sum(not each.warnings for each in offer.choosable):
        text = f"All without warnings ({number:,})"
        means = f"No pulls in {PULLED_RECENTLY.days} days, and no tags that the keep rules forgot"
        yield InputBlock(
            block_id=ALL_WITHOUT_WARNINGS,
            label=plain("Or choose together"),
            element=CheckboxesElement(
                action_id=ALL_WITHOUT_WARNINGS,
                options=[option(text, ALL_WITHOUT_WARNINGS, means)],
            ),
            optional=True,
            dispatch_action=True,
        )


def _sum(view: ChoiceView) -> Iterator[Block]:
    chosen = view.offer.only(view.chosen)
    totals = ChoiceTotals.of(chosen.choosable)
    yield section(f"*{totals_words(totals)}*" if totals.plans else "Nothing is chosen yet.")
    yield from _named_refusals("No longer possible", chosen.apart)


def _apart(view: ChoiceView) -> Iterator[Block]:
    typed, blocked = _because(view.offer, _TYPED), _because(view.offer, _BLOCKED)
    if typed or blocked:
        yield DividerBlock()
        yield context(f"Open their reports in the <{view.digest}|digest>.")
    if typed:
        title = "*Approved alone*, since the repository's name must be typed:"
        yield from _linked(title, typed, view.links)
    if blocked:
        yield from _linked(":no_entry: *Blocked:* cannot be approved:", blocked, view.links)


def _linked(title: str, apart: Sequence[RefusedPlan], links: Links) -> Iterator[Block]:
    lines = [_linked_line(each.plan, links) for each in apart[:MOST_LISTED]]
    yield from full_sections([title, *lines, *and_more(len(apart) - MOST_LISTED)])


def _linked_line(plan: PlanRecord, links: Links) -> str:
    link = links.get(plan.id)
    report = f": <{link}|report>" if link else ""
    return f"• {code(plan.repository.name, LONGEST_NAME)}{report}"


def _named_refusals(title: str, refused: Sequence[RefusedPlan]) -> Iterator[Block]:
    if refused:
        lines = [f"• {refusal_line(each)}" for each in refused[:MOST_CONFIRMED]]
        more = and_more(len(refused) - MOST_CONFIRMED)
        yield from full_sections([f"*{title}:* {len(refused):,}", *lines, *more])


def _plan_line(choice: ChoosablePlan) -> str:
    name = code(choice.plan.repository.name, LONGEST_NAME)
    images = count(choice.images.to_delete, "image")
    warnings = "".join(f" · :warning: {each}" for each in _warnings(choice))
    return f"{name}: {images}, {escape(yearly(choice.usd_per_month))}{warnings}"


def _warnings(choice: ChoosablePlan) -> Iterator[str]:
    images = choice.images
    for warning in choice.warnings:
        match warning:
            case PlanWarning.RECENT_PULLS:
                yield f"{images.recent_pulls:,} pulled recently"
            case PlanWarning.FORGOTTEN:
                yield f"{images.forgotten:,} that no keep rule matches"
            case PlanWarning.UNKNOWN:
                yield "made by an earlier version of ecr-clean"
            case _:
                assert_never(warning)


def _because(offer: PlanOffer, reasons: tuple[type[Refusal], ...]) -> Sequence[RefusedPlan]:
    return [each for each in offer.apart if isinstance(each.reason, reasons)]
