"""Short messages: what is going on before there is a plan, and what went wrong."""

from bot.core.decision_reasons import OnlyInChannel
from bot.core.errors import RefusedError
from bot.core.records import PlanRecord
from bot.render.errors import error_words
from bot.slack.api import MessageContent
from bot.slack.blocks.kit import context, section
from bot.slack.blocks.under_way import bar
from bot.slack.wording import channel_link, code, escape, mention, prose, shortened

MOST_IN_SENTENCE = 1500
MOST_IN_NAME = 256


def asked_message(repository: str, by: str) -> MessageContent:
    """`repository`: as somebody typed it; `by`: Slack's id of who."""
    who = mention(by)
    return MessageContent(
        f"Looking into {escape(shortened(repository, MOST_IN_NAME))} for {who} …",
        [context(f":hourglass_flowing_sand: Looking into {code(repository)} for {who} …")],
    )


def planning_message(repository: str, step: str, done: int, total: int) -> MessageContent:
    """`step`: what is done just now, of which `done` of `total` is done; `total` 0: nobody knows
    how much there is."""
    how_far = f": {done:,} of {total:,}" if total else ""
    progress = f"  {bar(done, total)}" if total else ""
    said = f"{prose(step)}{how_far}"
    return MessageContent(
        f"{escape(shortened(repository, MOST_IN_NAME))}: {said} …",
        [context(f":hourglass_flowing_sand: {code(repository)}: {said}{progress}")],
    )


def newer_message(plan: PlanRecord) -> MessageContent:
    """Instead of a report that was posted once more."""
    name, said = plan.repository.name, "a newer report on this plan is below."
    return MessageContent(
        f"{escape(shortened(name, MOST_IN_NAME))}: {said}", [context(f"{code(name)}: {said}")]
    )


def failed_message(sentence: str) -> MessageContent:
    """Instead of a plan that could not be made."""
    said = prose(sentence, MOST_IN_SENTENCE)
    return MessageContent(said, [section(f":warning: {said}")])


def refusal(sentence: str) -> MessageContent:
    """For whoever clicked, and for nobody else."""
    return _said(prose(sentence, MOST_IN_SENTENCE))


def refused(error: Exception) -> MessageContent:
    """The same, with a link to the channel where it can be approved."""
    if isinstance(error, RefusedError) and isinstance(error.refusal, OnlyInChannel):
        repository, channel = error.refusal.repository, error.refusal.channel
        where = channel_link(channel) if channel else str(channel)
        return _said(f"{prose(repository)} can be approved only in its own channel, {where}")
    return refusal(error_words(error))


def _said(text: str) -> MessageContent:
    return MessageContent(text, [section(text)])
