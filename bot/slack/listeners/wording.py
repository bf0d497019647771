"""What people are told of what they did."""

from collections.abc import Iterable, Iterator

from bot.core.records import PlanRecord, PlanState
from bot.render.words import count
from bot.slack.blocks.kit import section
from bot.slack.ids import COMMAND
from bot.slack.message import Content
from bot.slack.wording import code, codes, date
from bot.usecases.pin import Pinned

_USAGE = (
    f"`{COMMAND} REPOSITORY` looks into a repository of AWS ECR, and reports here what could go "
    "and what that saves. Nothing is deleted before somebody approves it.",
    "REPOSITORY is a name (`team/api`), a pattern (`team/*`), or a full address "
    "(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api`).",
    f"`{COMMAND} help` shows this.",
)
HELP = Content("\n".join(_USAGE), [section(*_USAGE)])


def approved(plan: PlanRecord) -> Content:
    if plan.state is PlanState.APPROVED and plan.execute_after:
        return _said(
            f"Approved. Deletion starts {date(plan.execute_after)}; until then, *Stop* in the "
            "channel calls it off."
        )
    return _said("You approved. Others have to approve, too, before anything is deleted.")


def pinned(made: Pinned, repository: str) -> Content:
    names = codes(pin.pin for pin in made.pins)
    until = max((pin.until for pin in made.pins if pin.until), default=None)
    lasts = f"until {date(until)}" if until else "without end"
    return _said(f"Pinned {names} in {code(repository)} {lasts}.", *_afterwards(made))


def unpinned(texts: Iterable[str], repository: str) -> Content:
    return _said(
        f"Unpinned {codes(texts)} in {code(repository)}. Plans that are open keep what it kept; "
        "the next one is made without it."
    )


def _afterwards(made: Pinned) -> Iterator[str]:
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


def _said(*sentences: str) -> Content:
    said = " ".join(sentences)
    return Content(said, [section(said)])
