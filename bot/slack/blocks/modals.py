"""Modals: the one that asks for the repository's name, and the one that waits for another."""

from bot.core.records import PlanRecord
from bot.core.savings import usd_per_month
from bot.render.words import count, money, size
from bot.slack.api import Block
from bot.slack.blocks.kit import field, plain, section
from bot.slack.ids import CONFIRM_PLAN, TYPED_NAME, PlanRef
from bot.slack.wording import code

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
