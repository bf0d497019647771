"""A plan that deletes nothing: one quiet line."""

from bot.render.plan_summary import PlanSummary
from bot.render.words import count
from bot.slack.api import MessageContent
from bot.slack.blocks import phrases
from bot.slack.blocks.kit import context
from bot.slack.view import PlanView
from bot.slack.wording import escape


def nothing_to_delete(view: PlanView) -> MessageContent:
    said = _said(view)
    return MessageContent(
        f"{escape(view.plan.repository.name)}: {said}",
        [
            context(
                f"{phrases.repository(view)}: {said}",
                *phrases.pinned(PlanSummary(view.content)),
                *phrases.not_checked(view),
                *phrases.paused(view.pause),
            )
        ],
    )


def _said(view: PlanView) -> str:
    number = view.plan.manifests
    if not number:
        return "the repository is empty."
    stays = count(number, "manifest stays", "manifests stay")
    return f"nothing to delete. {stays}: {phrases.what_stays(PlanSummary(view.content))}."
