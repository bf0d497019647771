"""A stored plan as one JSON object on one line: `docs/commands.md` tells its keys."""

from collections.abc import Iterator, Sequence
from typing import Any

from bot.core.plan import Plan
from bot.core.records import Item, PlanRecord
from bot.render.events_words import item_words
from bot.render.json_text import dumps
from bot.render.places import place
from bot.render.plan_json import plan_as_json
from bot.render.words import iso

ITEMS_A_PIECE = 1000


def stored_plan_as_json(plan: PlanRecord, items: Sequence[Item]) -> Iterator[bytes]:
    """In pieces: a receipt may be long. The last ends the line."""
    beside = {**place(plan.repository)._asdict(), "complete": plan.complete}
    yield dumps(_standing(plan) | beside)[:-1]
    yield from _receipt(items)
    yield b"}\n"


def proposal_as_json(plan: PlanRecord, items: Sequence[Item], content: Plan) -> Iterator[bytes]:
    """With all that the plan itself has."""
    yield dumps(_standing(plan))[:-1]
    yield from _receipt(items)
    pieces = plan_as_json(content)
    yield b"," + next(pieces).removeprefix(b"{")
    yield from pieces


def _standing(plan: PlanRecord) -> dict[str, Any]:
    return {
        "plan": plan.id,
        "version": plan.version,
        "state": plan.state,
        "approvals": [
            {"by": each.by, "at": iso(each.at), "version": each.version} for each in plan.approvals
        ],
        "execute_after": iso(plan.execute_after),
        "freed_bytes": plan.freed_bytes,
        "unconfirmed_bytes": plan.unconfirmed_bytes,
        "proposed_at": iso(plan.proposed_at),
        "expires_at": iso(plan.expires_at),
    }


def _receipt(items: Sequence[Item]) -> Iterator[bytes]:
    """One more key of an object that is open."""
    yield b',"receipt":['
    for start in range(0, len(items), ITEMS_A_PIECE):
        piece = items[start : start + ITEMS_A_PIECE]
        lines = [_line(item) for item in piece]
        yield (b"," if start else b"") + dumps(lines)[1:-1]
    yield b"]"


def _line(item: Item) -> dict[str, Any]:
    return {
        "digest": item.digest,
        "tags": item.tags,
        "outcome": item.outcome,
        "reason": item_words(item),
    }
