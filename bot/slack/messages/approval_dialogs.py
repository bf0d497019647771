"""The dialogs before an approval: to confirm it, and, for a large plan, to type a name."""

from collections.abc import Iterator
from datetime import timedelta

from slack_sdk.models.blocks import ConfirmObject, InputBlock, PlainTextInputElement
from slack_sdk.models.views import View

from bot.core.judge import PULLED_RECENTLY
from bot.core.records import Pause
from bot.render.quantities import count, duration_words, freed
from bot.slack.action_ids import CONFIRM_PLAN, TYPED_NAME, PlanRef
from bot.slack.api import Json
from bot.slack.messages import common_texts
from bot.slack.messages.block_kit import danger, plain, section
from bot.slack.messages.recent_pulls import pulled_names
from bot.slack.mrkdwn import code
from bot.slack.view_models import PlanView

LONGEST_NAME = 256
"""ECR API reference, CreateRepository."""


def approval_dialog(view: PlanView) -> ConfirmObject:
    return danger(
        f"Delete {common_texts.deletions(view)}?",
        " ".join(_consequences(view, pulled="")),
        yes="Approve",
        no="Cancel",
    )


def typing_view(view: PlanView) -> Json:
    """The modal in which the approver of a large plan types the repository's name.
    `private_metadata` is a PlanRef whose detail is the channel."""
    plan = view.plan
    share = f"{100 * plan.deletions // plan.manifests}%"
    head = f"*Deletes {common_texts.deletions_with_manifests(view)}*, {share} of the repository."
    typed = InputBlock(
        block_id=TYPED_NAME,
        label=plain("Repository name"),
        element=PlainTextInputElement(action_id=TYPED_NAME, focus_on_load=True),
    )
    return View(
        type="modal",
        callback_id=CONFIRM_PLAN,
        private_metadata=str(PlanRef(plan.id, plan.version, view.channel)),
        title=plain("Approve a large plan"),
        submit=plain("Approve"),
        close=plain("Cancel"),
        blocks=[
            section(head, *_consequences(view, pulled=_pulled(view))),
            section(
                f"To approve, type the repository's name: "
                f"{code(plan.repository.name, LONGEST_NAME)}"
            ),
            typed,
        ],
    ).to_dict()


def _pulled(view: PlanView) -> str:
    return f": {pulled_names(view)}" if view.summary.recent_pulls else ""


def _consequences(view: PlanView, pulled: str) -> Iterator[str]:
    """`pulled`: names of images that were pulled recently. Without them at most 300 characters
    together, the limit of a dialog."""
    savings = view.content.savings
    saving = common_texts.saves(savings.usd_per_month, exact=savings.exact)
    yield f"Frees {freed(savings)} in {common_texts.repository(view)}, {saving}."
    if number := len(view.summary.recent_pulls):
        were = count(number, "image was", "images were")
        yield f":warning: {were} pulled in the last {PULLED_RECENTLY.days} days{pulled}."
    yield start_words(view.pause, view.undo_window, view.required_approvals)
    yield "Deleted images cannot be restored."


def start_words(pause: Pause | None, undo_window: timedelta, required: int) -> str:
    """When the deletion starts. `required`: approvals."""
    if pause:
        return ":warning: ecr-clean is paused: deletion starts when someone resumes it."
    if not undo_window:
        return "Deletion starts at once; *Stop* ends it."
    last = "last " if required > 1 else ""
    wait = duration_words(undo_window)
    return f"Deletion starts {wait} after the {last}approval; *Stop* cancels it."
