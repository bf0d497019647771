"""The answer that explains why one image is deleted or kept."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.core.pins import Pin
from bot.core.plan import PlanState
from bot.core.records import AuditEvent, ImageOutcome, Pause, PlanItem, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.verdict_reasons import Verdict
from bot.render.audit_events import item_words
from bot.render.last_uses import users_words
from bot.render.plan_summary import name_of, why
from bot.render.quantities import count
from bot.render.reasons import user_words
from bot.render.refusals import state_words
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import command_button, context, message, section
from bot.slack.messages.pins import pin_line
from bot.slack.mrkdwn import code, codes, date, mentions, prose
from bot.usecases.explanations import DeletedManifest, Explanation

USERS = 10
PINS = 5
MOST_IN_NAME = 256
MOST_IN_USER = 150
MOST_IN_WHY = 1000
MOST_IN_TAG = 128


@dataclass(frozen=True, slots=True)
class WhyView:
    """The verdict on one image. `reference`: a tag or digest, as the requester typed it. `plan`:
    the plan with the verdict; `scanned_at`: the time of the last scan that found the plan's content
    unchanged. `new_pins`: pins of the image that are newer than the plan. `item`: the result for
    the image in the plan, None if the plan keeps the image."""

    reference: str
    plan: PlanRecord
    scanned_at: datetime
    explanation: Explanation
    new_pins: Sequence[Pin]
    item: PlanItem | None
    pause: Pause | None
    now: datetime


def why_message(view: WhyView) -> MessageContent:
    judged = view.explanation.judged
    headline = f"{code(view.reference, MOST_IN_TAG)} in {_repository(view.plan)} {_verdict(view)}"
    lines = [f"*Why:* {prose(why(judged), MOST_IN_WHY)}.", *_users(view), *_image_group(view)]
    if view.new_pins:
        lines += ["*Pinned since that scan:*", *map(pin_line, view.new_pins[:PINS])]
    digest = code(judged.manifest.digest, MOST_IN_TAG)
    scanned = f"Scanned {date(view.scanned_at)} for plan {view.plan.id}"
    return message(
        f"{headline}: {prose(why(judged))}",
        section(f"*{headline}.*", *lines),
        context(
            f"{digest} · {_tags(judged.manifest.tags)}",
            f"{scanned}, version {view.plan.version}, which {state_words(view.plan.state)}.",
        ),
    )


def deleted_message(
    reference: str, deleted: DeletedManifest, last_event: AuditEvent | None
) -> MessageContent:
    """`last_event`: of the plan."""
    plan, item = deleted.plan, deleted.item
    headline = f"{code(reference, MOST_IN_TAG)} in {_repository(plan)} was deleted by ecr-clean"
    by = mentions(each.by for each in plan.current_approvals)
    approved = f", approved by {by}" if by else ""
    lines = [
        f"*{headline}*{_when(plan, last_event)}: plan {plan.id}, version {plan.version}{approved}.",
        f"*Why:* {prose(item_words(item), MOST_IN_WHY)}.",
    ]
    small_print = context(f"{code(item.digest, MOST_IN_TAG)} · {_tags(item.tags)}")
    return message("\n".join(lines), section(*lines), small_print)


def never_scanned_message(repository: RepositoryId) -> MessageContent:
    text = (
        f"{code(repository.name, MOST_IN_NAME)} has not been scanned yet, so its images are "
        f"unknown. `{COMMAND} REPOSITORY` scans it:"
    )
    button = command_button("Scan now", 0, f"report {repository.uri}")
    return message(text, section(text, button=button))


def _when(plan: PlanRecord, last_event: AuditEvent | None) -> str:
    if plan.is_open:
        return " in the running deletion"
    return f" in a deletion that ended {date(last_event.at)}" if last_event else ""


def _repository(plan: PlanRecord) -> str:
    return code(plan.repository.name, MOST_IN_NAME)


def _verdict(view: WhyView) -> str:
    if view.explanation.judged.verdict is Verdict.KEEP or view.new_pins:
        return "is kept"
    plan = view.plan
    if plan.state is PlanState.APPROVED and plan.execute_after:
        starts = common_texts.starts(plan.execute_after, view.pause, view.now)
        return f"will be deleted: the plan is approved, and deletion starts {starts}"
    if plan.state is PlanState.EXECUTING:
        return _result(view.item)
    if plan.state is PlanState.PROPOSED:
        return "will be deleted if the plan is approved"
    return "can be deleted by a later plan"


def _result(item: PlanItem | None) -> str:
    """While the plan is running."""
    if item and item.outcome is ImageOutcome.SKIPPED:
        return f"was skipped: {prose(item_words(item), MOST_IN_WHY)}"
    if item and item.outcome is ImageOutcome.FAILED:
        return f"could not be deleted: {prose(item_words(item), MOST_IN_WHY)}"
    return "is being deleted"


def _users(view: WhyView) -> Iterator[str]:
    if users := view.explanation.judged.used_by:
        more = len(users) - USERS
        listed = ", ".join(prose(user_words(user), MOST_IN_USER) for user in users[:USERS])
        yield f"*Used by:* {listed}" + (f" and {more:,} more" if more > 0 else "") + "."
    if last_use := view.explanation.last_use:
        by = prose(users_words(last_use.users, last_use.others), MOST_IN_WHY)
        yield f"*Last seen in use:* {date(last_use.at)} by {by}."


def _image_group(view: WhyView) -> Iterator[str]:
    others = [each for each in view.explanation.family if each != view.explanation.judged]
    if others:
        manifests = count(len(others), "other manifest", "other manifests")
        names = codes(map(name_of, others), most=5)
        yield f"*{manifests} of its image group, with the same verdict:* {names}."


def _tags(tags: Sequence[str]) -> str:
    return f"tags: {codes(tags, most=5)}" if tags else "no tags"
