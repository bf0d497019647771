"""Short messages: what is going on before there is a plan, and what went wrong."""

from bot.core.records import PlanRecord
from bot.slack.blocks.kit import context, section
from bot.slack.blocks.under_way import bar
from bot.slack.message import Content
from bot.slack.wording import code, escape, mention, prose, shortened

MOST_IN_SENTENCE = 1500
MOST_IN_NAME = 256


def asked_message(repository: str, by: str) -> Content:
    """`repository`: as somebody typed it; `by`: Slack's id of who."""
    who = mention(by)
    return Content(
        f"Looking into {escape(shortened(repository, MOST_IN_NAME))} for {who} …",
        [context(f":hourglass_flowing_sand: Looking into {code(repository)} for {who} …")],
    )


def planning_message(repository: str, step: str, done: int, total: int) -> Content:
    """`step`: what is done just now, of which `done` of `total` is done; `total` 0: nobody knows
    how much there is."""
    how_far = f": {done:,} of {total:,}" if total else ""
    progress = f"  {bar(done, total)}" if total else ""
    said = f"{prose(step)}{how_far}"
    return Content(
        f"{escape(shortened(repository, MOST_IN_NAME))}: {said} …",
        [context(f":hourglass_flowing_sand: {code(repository)}: {said}{progress}")],
    )


def newer_message(plan: PlanRecord) -> Content:
    """Instead of a report that was posted once more."""
    name, said = plan.repository.name, "a newer report on this plan is below."
    return Content(
        f"{escape(shortened(name, MOST_IN_NAME))}: {said}", [context(f"{code(name)}: {said}")]
    )


def failed_message(sentence: str) -> Content:
    """Instead of a plan that could not be made."""
    said = prose(sentence, MOST_IN_SENTENCE)
    return Content(said, [section(f":warning: {said}")])


def refusal(sentence: str) -> Content:
    """For whoever clicked, and for nobody else."""
    said = prose(sentence, MOST_IN_SENTENCE)
    return Content(said, [section(said)])
