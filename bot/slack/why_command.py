"""Answers `/ecr-clean why` with the stored verdict on one image, or with its deletion."""

from collections.abc import Sequence

from bot.core.pins import Pin, PinIndex
from bot.core.records import PlanItem, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.text_formatting import format_time
from bot.core.verdict_reasons import Verdict
from bot.slack.action_ids import COMMAND
from bot.slack.api import MessageContent
from bot.slack.command_parser import CommandLine
from bot.slack.listener_context import SlackContext
from bot.slack.messages.answers import CommandSuggestion, choices
from bot.slack.messages.why import WhyView, deleted_message, why_message
from bot.usecases.explanations import (
    DeletedManifest,
    Explanation,
    ManifestNotFoundError,
    explain,
    find_deleted,
    with_last_use,
)


def why_answer(
    context: SlackContext, plan: PlanRecord, reference: str, line: CommandLine
) -> MessageContent:
    """`plan`: the last of the repository. `line`: the command, to suggest it with another tag."""
    deleted = find_deleted(context.store, plan.repository, reference)
    try:
        explanation = explain(context.contents.content(plan.id, plan.version), reference)
    except ManifestNotFoundError as error:
        if deleted:
            return _deleted(context, deleted, reference)
        return _unknown(context, plan, error.close, line)
    if deleted and deleted.plan == plan:
        return _deleted(context, deleted, reference)
    return why_message(
        WhyView(
            reference=reference,
            plan=plan,
            scanned_at=context.store.scanned_at(plan),
            explanation=with_last_use(context.store, explanation),
            new_pins=_new_pins(context, plan.repository, explanation),
            item=_item(context, plan, explanation),
            pause=context.store.pause(),
            now=context.clock(),
        )
    )


def _item(context: SlackContext, plan: PlanRecord, explanation: Explanation) -> PlanItem | None:
    """None if the plan keeps the image."""
    digest = explanation.judged.manifest.digest
    items = context.store.items(plan.id, plan.version)
    return next((each for each in items if each.digest == digest), None)


def _new_pins(
    context: SlackContext, repository: RepositoryId, explanation: Explanation
) -> Sequence[Pin]:
    """Pins that are newer than the plan and keep an image that the plan would delete."""
    if explanation.judged.verdict is Verdict.KEEP:
        return ()
    pins = [each.pin for each in context.store.pins(repository.uri)]
    board = PinIndex([*pins, *context.file_pins(repository)], context.clock())
    return board.of(explanation.judged.manifest)


def _deleted(context: SlackContext, deleted: DeletedManifest, reference: str) -> MessageContent:
    return deleted_message(reference, deleted, context.store.last_event(deleted.plan.id))


def _unknown(
    context: SlackContext, plan: PlanRecord, close: str | None, line: CommandLine
) -> MessageContent:
    """`close`: a tag with a similar name."""
    name, reference = plan.repository.name, line.names[2]
    text = (
        f"{name} had no tag or digest {reference[:300]} at the last scan, "
        f"{format_time(context.store.scanned_at(plan))}."
    )
    if not close:
        return choices(text, [CommandSuggestion("Scan again", f"report {plan.repository.uri}")])
    suggested = line.with_word(2, close)
    return choices(
        f"{text} Did you mean this?", [CommandSuggestion(f"{COMMAND} {suggested}", suggested)]
    )
