"""`/ecr-clean why REPOSITORY TAG`."""

from collections.abc import Sequence

from bot.core.pins import Pin, PinBoard
from bot.core.reasons import Verdict
from bot.core.records import Item, PlanRecord
from bot.core.repository import RepositoryId
from bot.core.words import moment
from bot.slack.api import MessageContent
from bot.slack.blocks.choice import Choice, choices
from bot.slack.blocks.why import WhyView, deleted_message, never_looked_at, why_message
from bot.slack.ids import COMMAND
from bot.slack.listeners.commands.asked import Asked
from bot.slack.listeners.commands.grammar import arguments, as_repository
from bot.usecases.explanations import Deleted, Explanation, NotThereError, explain, find_deleted


def why(asked: Asked) -> None:
    name, reference = arguments(asked.line, 2, 2)
    repository = asked.find(as_repository(name))
    plan = asked.context.store.last_plan(repository)
    asked.answer(_explained(asked, plan, reference) if plan else never_looked_at(repository))


def _explained(asked: Asked, plan: PlanRecord, reference: str) -> MessageContent:
    context = asked.context
    deleted = find_deleted(context.store, plan.repository, reference)
    try:
        explanation = explain(context.content(plan.id, plan.version), reference)
    except NotThereError as error:
        return _deleted(asked, deleted, reference) if deleted else _unknown(asked, plan, error)
    if deleted and deleted.plan == plan:
        return _deleted(asked, deleted, reference)
    pins = _pins_that_keep(asked, plan.repository, explanation)
    return why_message(
        WhyView(
            asked=reference,
            plan=plan,
            looked_at=context.store.looked_at(plan),
            explanation=explanation,
            new_pins=pins,
            item=_item(asked, plan, explanation),
            pause=context.store.pause(),
            now=context.clock(),
        )
    )


def _item(asked: Asked, plan: PlanRecord, explanation: Explanation) -> Item | None:
    """None if it was not to go."""
    digest = explanation.judged.manifest.digest
    items = asked.context.store.items(plan.id, plan.version)
    return next((each for each in items if each.digest == digest), None)


def _deleted(asked: Asked, deleted: Deleted, reference: str) -> MessageContent:
    return deleted_message(reference, deleted, asked.context.store.last_event(deleted.plan.id))


def _unknown(asked: Asked, plan: PlanRecord, error: NotThereError) -> MessageContent:
    name, reference = plan.repository.name, asked.line.names[2]
    said = (
        f"{name} had no tag or digest {reference[:300]} when it was looked at, "
        f"{moment(asked.context.store.looked_at(plan))}."
    )
    if not error.close:
        return choices(said, [Choice("Look into it anew", f"report {plan.repository.uri}")])
    line = asked.line.with_word(2, error.close)
    return choices(f"{said} Did you mean this?", [Choice(f"{COMMAND} {line}", line)])


def _pins_that_keep(
    asked: Asked, repository: RepositoryId, explanation: Explanation
) -> Sequence[Pin]:
    """What the plan would delete, since it does not know them."""
    if explanation.judged.verdict is Verdict.KEEP:
        return ()
    context = asked.context
    pins = [each.pin for each in context.store.pins(repository.uri)]
    plan_messages = PinBoard([*pins, *context.file_pins(repository)], context.clock())
    return plan_messages.of(explanation.judged.manifest)
