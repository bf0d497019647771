"""What people are told of what they did."""

from bot.core.records import PlanRecord, PlanState
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
    until = max(pin.until for pin in made.pins if pin.until)
    names = codes(pin.pin for pin in made.pins)
    return _said(f"Pinned {names} in {code(repository)} until {date(until)}.")


def _said(sentence: str) -> Content:
    return Content(sentence, [section(sentence)])
