"""Answers to commands and clicks, and the steps until a report is ready."""

from collections.abc import Iterable
from typing import NamedTuple

from bot.core.decision_reasons import OnlyInChannel
from bot.core.errors import RefusedError
from bot.core.records import PlanRecord
from bot.core.savings import usd_per_month
from bot.render.errors import error_words
from bot.render.words import count, money, size
from bot.slack.api import Block, MessageContent
from bot.slack.ids import COMMAND, CONFIRM_PLAN, MOST_IN_LINE, RUN_COMMAND, TYPED_NAME, PlanRef
from bot.slack.messages.kit import Element, actions, button, context, field, plain, section
from bot.slack.messages.progress import bar
from bot.slack.wording import channel_link, code, codes, escape, mention, prose, shortened

MOST_IN_ANSWER = 1500
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
    said = prose(sentence, MOST_IN_ANSWER)
    return MessageContent(said, [section(f":warning: {said}")])


def refusal(sentence: str) -> MessageContent:
    """For whoever clicked, and for nobody else."""
    return _answer(prose(sentence, MOST_IN_ANSWER))


def refused(error: Exception) -> MessageContent:
    """The same, with a link to the channel where it can be approved."""
    if isinstance(error, RefusedError) and isinstance(error.refusal, OnlyInChannel):
        repository, channel = error.refusal.repository, error.refusal.channel
        where = channel_link(channel) if channel else str(channel)
        return _answer(f"{prose(repository)} can be approved only in its own channel, {where}")
    return refusal(error_words(error))


def _answer(text: str) -> MessageContent:
    return MessageContent(text, [section(text)])


MOST_CHOICES = 10
MOST_IN_BUTTON = 75
MOST_IN_SENTENCE = 1000


class Choice(NamedTuple):
    """`line`: what would be typed after `/ecr-clean`."""

    label: str
    line: str


def choices(sentence: str, offered: Iterable[Choice]) -> MessageContent:
    """What has no button, since its line is longer than a button carries or there are too many, has
    to be typed."""
    every = list(offered)
    fitting = [each for each in every if len(each.line) <= MOST_IN_LINE][:MOST_CHOICES]
    others = [each.label for each in every if each not in fitting]
    hint = f" To get {codes(others)}, type the line anew." if others else ""
    said = prose(sentence, MOST_IN_SENTENCE) + hint
    buttons = [line_button(each.label, place, each.line) for place, each in enumerate(fitting)]
    return MessageContent(said, [section(said), *([actions(*buttons)] if buttons else [])])


def line_button(label: str, number: int, line: str, *, style: str | None = None) -> Element:
    """Does what typing the line would do. `number`: of the buttons of one message."""
    text = shortened(label, MOST_IN_BUTTON)
    return button(text, f"{RUN_COMMAND}:{number}", line, style=style)


_REPORT = (
    f"`{COMMAND} REPOSITORY` looks into a repository of AWS ECR, and reports here what could go "
    "and what that saves. Nothing is deleted before somebody approves it."
)
_NAMES = (
    "REPOSITORY is a name (`team/api`) or a full address "
    "(`123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api`); for reports also a pattern "
    "(`team/*`).",
    "TAG is a tag, a digest, or for pins a pattern (`v1.*`). For example: "
    f"`{COMMAND} pin team/api v1.2 for 30d because QA tests it until Friday`",
)


def help_message(commands: Iterable[tuple[str, str]]) -> MessageContent:
    """`commands`: how each is written, and what it does."""
    lines = [f"`{COMMAND} {usage}`: {does}" for usage, does in commands]
    blocks = [section(_REPORT), section(*lines), context(*_NAMES)]
    return MessageContent("\n".join((_REPORT, *lines, *_NAMES)), blocks)


LONGEST_NAME = 256
"""ECR API reference, CreateRepository."""


def typing_view(plan: PlanRecord, channel: str, usd_per_gb_month: float) -> Block:
    """Approves once the repository's name is typed. `private_metadata` is a PlanRef whose detail is
    the channel."""
    name = plan.repository.name
    usd = usd_per_month(plan.freed_bytes, usd_per_gb_month)
    return {
        "type": "modal",
        "callback_id": CONFIRM_PLAN,
        "private_metadata": str(PlanRef(plan.id, plan.version, channel)),
        "title": plain("Approve a large plan"),
        "submit": plain("Approve"),
        "close": plain("Cancel"),
        "blocks": [
            section(
                f"*{plan.deletions:,} of {count(plan.manifests, 'manifest')}* go, which frees up "
                f"to {size(plan.freed_bytes)} and saves up to {money(usd)} a month. It can be "
                "stopped at any time; what is deleted by then is gone for good.",
                f"To approve, type the repository's name: {code(name, LONGEST_NAME)}",
            ),
            field(
                TYPED_NAME,
                "Name of the repository",
                {"type": "plain_text_input", "focus_on_load": True},
            ),
        ],
    }


def loading_view() -> Block:
    """Opened at once, while what it shall show is read."""
    return {
        "type": "modal",
        "title": plain("ecr-clean"),
        "close": plain("Close"),
        "blocks": [section(":hourglass_flowing_sand: One moment …")],
    }
