"""What people are told of what they did."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from bot.core.plan_state import PlanState
from bot.core.records import Pause, PlanRecord
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.blocks.kit import section
from bot.slack.blocks.phrases import starts
from bot.slack.wording import code, codes, date, mention
from bot.usecases.pins import NewPins


def approved(plan: PlanRecord, pause: Pause | None, now: datetime) -> MessageContent:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        at = starts(plan.execute_after, pause, now)
        return _said(
            f"Approved. Deletion starts {at}; until then, *Stop* in the channel calls it off."
        )
    return _said("You approved. Others have to approve, too, before anything is deleted.")


def pinned(made: NewPins, repository: str) -> MessageContent:
    names = codes(pin.pin for pin in made.pins)
    until = max((pin.until for pin in made.pins if pin.until), default=None)
    lasts = f"until {date(until)}" if until else "without end"
    return _said(f"Pinned {names} in {code(repository)} {lasts}.", *_afterwards(made))


def unpinned(texts: Iterable[str], repository: str) -> MessageContent:
    return _said(
        f"Unpinned {codes(texts)} in {code(repository)}. Plans that are open keep what it kept; "
        "the next one is made without it."
    )


def stopped(plan: PlanRecord) -> MessageContent:
    name = code(plan.repository.name)
    if plan.state is PlanState.EXECUTING:
        return _said(
            f"Stopping what is being deleted in {name}: it ends after the batches in flight."
        )
    return _said(
        f"Stopped: nothing was deleted in {name}. Plan {plan.id} is proposed again, and has to be "
        "approved anew."
    )


def resumed(pause: Pause) -> MessageContent:
    """`pause`: the one that is over."""
    return _said(
        f"Resumed: {mention(pause.by)} had paused ecr-clean {date(pause.at)}. Deletions may begin "
        "again."
    )


def _afterwards(made: NewPins) -> Iterator[str]:
    """What became of the open plan, and which pins may be mistyped."""
    plan = made.plan
    if plan and plan.state is PlanState.EXECUTING:
        yield "It is being deleted from just now: what is not gone yet is spared."
    elif plan:
        yield (
            f"The plan is version {plan.version} now, and deletes {plan.deletions:,} of "
            f"{count(plan.manifests, 'manifest')}."
        )
    if made.idle:
        yield (
            f"{codes(made.idle)} fits no image that was seen there last, so it protects nothing "
            "now."
        )


def _said(*sentences: str) -> MessageContent:
    said = " ".join(sentences)
    return MessageContent(said, [section(said)])
