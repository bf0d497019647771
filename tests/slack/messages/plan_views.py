"""Builds plans for messages, and renders blocks as readable text."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from bot.core.audit_details import EventDetail
from bot.core.errors import ErrorText
from bot.core.pins import Pin
from bot.core.plan import Plan, PlanState
from bot.core.plan_transitions import proposed
from bot.core.prices import NO_COST
from bot.core.records import Approval, AuditEvent, AuditEventName, ImageOutcome, PlanItem
from bot.core.result_reasons import ResultReason
from bot.core.usage import RepositoryUsage, SourceScan
from bot.playground.slack.blocks.checks import (
    check_message,
    check_view,
    is_too_large,
    is_too_long,
)
from bot.playground.slack.blocks.traversal import elements_with_blocks, texts_in
from bot.render.plan_summary import PlanSummary
from bot.slack.api import Json, MessageContent
from bot.slack.view_models import PlanView
from tests.render.builders import GB, image, plan
from tests.support import NOW, PRICE

STAR = "\N{ASTERISK OPERATOR}"
"""Replaces `*` in names, since `*` would style the text."""

ANN, BOB = "U0000000001", "U0000000002"
BY_ROLE = "arn:aws:sts::123456789012:assumed-role/Deployer/carla"
HOME, ELSEWHERE = "C0000000001", "C0000000002"
SCANNED = (SourceScan("ecs", "a", 3), SourceScan("ecs", "b", 0), SourceScan("lambda", "a", 2))
USED = RepositoryUsage(
    by_tag={"1.3.0": ("ECS shop/web",), "1.5.0": ("Lambda resize", "ECS a/b", "ECS a/c", "ECS d")},
    scans=SCANNED,
    not_checked=("batch", "sagemaker"),
)

NO_DETAIL = ErrorText("")

MAX_CHARACTERS = 10_000
MAX_BLOCKS = 50


def usual_plan() -> Plan:
    """20 releases: 5 newest, 2 in use, 1 pinned; 2 of the others were pulled recently."""
    releases = [
        image(
            number,
            f"1.{number}.0",
            size=GB + number * GB // 10,
            age=400 - 10 * number,
            pulled=number - 2 if number in (7, 9) else None,
            shared=GB // 4,
        )
        for number in range(20)
    ]
    return plan(*releases, newest=5, usage=USED, pins=(Pin("1.8.0", ANN, "the audit"),))


def view(
    content: Plan | None = None, record: Mapping[str, Any] | None = None, **facts: Any
) -> PlanView:
    """`record`: fields of the stored plan that differ from a plan that was just proposed."""
    content = content or usual_plan()
    stored = proposed("p7k2", content, NOW, NOW + timedelta(days=7))
    shown: dict[str, Any] = {
        "plan": replace(stored, **(record or {})),
        "summary": PlanSummary(content),
        "scanned_at": NOW,
        "counts": {},
        "listed_items": (),
        "required_approvals": 1,
        "channel": HOME,
        "approval_channel": HOME,
        "report_only": False,
        "price": PRICE,
        "saved": PRICE.cost_of(50 * GB),
        "saved_here": NO_COST,
        "last_scan": None,
        "why_not_started": None,
        "now": NOW,
        "needs_typing": False,
        "undo_window": timedelta(minutes=5),
        "last_event": None,
        "pause": None,
    }
    return PlanView(**(shown | facts))


def approvals(*by: str) -> tuple[Approval, ...]:
    return tuple(Approval(each, NOW, 1) for each in by)


def event(name: AuditEventName, by: str = ANN, detail: EventDetail = NO_DETAIL) -> AuditEvent:
    return AuditEvent(NOW + timedelta(hours=1), name, by, detail, "p7k2", 1)


def items(outcome: ImageOutcome, reason: ResultReason, *tags: str) -> tuple[PlanItem, ...]:
    return tuple(PlanItem(f"sha256:{tag:>064}", (tag,), outcome, reason) for tag in tags)


def ended(state: PlanState, counts: Mapping[ImageOutcome, int], **facts: Any) -> PlanView:
    record = {"state": state, "approvals": approvals(ANN), **facts.pop("record", {})}
    return view(record=record, counts=counts, **facts)


def checked(content: MessageContent) -> MessageContent:
    """Asserts that the message passes Slack's checks and our stricter ones."""
    blocks = list(content.blocks)
    assert content.text.strip()
    assert check_message(blocks) == []
    assert not is_too_long(blocks)
    assert len(blocks) <= MAX_BLOCKS
    assert sum(map(len, texts_in(blocks))) + len(content.text) < MAX_CHARACTERS
    return content


def checked_view(modal: Json) -> Json:
    assert check_view(modal, kind="modal") == []
    assert not is_too_large(modal)
    return modal


def action_ids(blocks: Iterable[Json]) -> list[str]:
    return [each.action_id for each in elements_with_blocks(list(blocks))]


def values(blocks: Iterable[Json]) -> dict[str, str]:
    return {each.action_id: each.element["value"] for each in elements_with_blocks(list(blocks))}


def read(blocks: Iterable[Json]) -> str:
    """The blocks as text: `#` is a header, `~` small print, brackets are buttons, `!` a danger
    style."""
    return "\n".join(line for block in blocks for line in _lines(block))


def _lines(block: Json) -> Iterator[str]:
    match block["type"]:
        case "header":
            yield f"# {block['text']['text']}"
        case "section":
            texts = [block["text"]] if "text" in block else block["fields"]
            yield from (with_dates(each["text"]) for each in texts)
            yield from [_button(block["accessory"])] if "accessory" in block else []
        case "context":
            for line in with_dates(block["elements"][0]["text"]).splitlines():
                yield f"~ {line}"
        case "actions":
            yield " ".join(map(_button, block["elements"]))
        case "data_visualization":
            yield f"[{block['chart']['type']} chart: {block['title']}]"
        case "data_table":
            yield f"[table: {block['caption']}]"
            yield from (" | ".join(cell["text"] for cell in row) for row in block["rows"])


def with_dates(text: str) -> str:
    return re.sub(r"<!date\^\d+\^[^|]+\|([^>]+)>", r"\1", text)


def _button(element: Json) -> str:
    if "placeholder" in element:
        return f"[{element['placeholder']['text']} ▾]"
    strong = "!" if element.get("style") == "danger" else ""
    return f"[{element['text']['text']}{strong}]"
