"""Sentences about stored plans that command tests do not cover."""

import io
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from rich.console import Console, RenderableType

from bot.core.errors import ErrorText
from bot.core.plan import PlanState
from bot.core.plan_transitions import proposed
from bot.core.records import Approval, ImageOutcome, PlanItem, PlanRecord
from bot.core.result_reasons import PulledAfterPlanning
from bot.core.usage import RepositoryUsage, SourceScan
from bot.render.stored_plans import (
    ITEMS_PER_CHUNK,
    proposal_as_json,
    result_as_text,
    status_sentence,
    stored_plan_as_json,
    stored_plan_as_text,
    stored_plans_as_table,
)
from bot.render.terminal import ROWS
from tests.render.builders import image, plan
from tests.support import NOW

LOOKED_AT = RepositoryUsage(scans=(SourceScan("ecs", "here", 3),), not_checked=())
CONTENT = plan(image(1, "new", age=1), image(2, "old"), newest=1, usage=LOOKED_AT)
RECORD = proposed("k7m2x9qd", CONTENT, NOW, NOW + timedelta(days=7))


def shown(record: PlanRecord, items: list[PlanItem], required: int = 1) -> list[str]:
    return printed(stored_plan_as_text(record, items, required))


def printed(texts: Iterable[RenderableType]) -> list[str]:
    console = Console(width=80, file=io.StringIO())
    for text in texts:
        console.print(text)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def item(number: int, outcome: ImageOutcome, reason: str = "") -> PlanItem:
    return PlanItem(
        image(number).digest, (f"1.{number}",), outcome, ErrorText(reason) if reason else None
    )


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (PlanState.EXECUTING, "is being executed."),
        (PlanState.DONE, "was executed."),
        (PlanState.FAILED, "was executed, but some images could not be deleted."),
        (PlanState.STOPPED, "was stopped during the deletion."),
        (PlanState.DISMISSED, "was dismissed."),
        (PlanState.EXPIRED, "expired before it had enough approvals."),
    ],
)
def test_every_state_has_a_sentence(state: PlanState, words: str) -> None:
    assert status_sentence(replace(RECORD, state=state), 1) == f"Plan k7m2x9qd, version 1, {words}"


def test_the_number_of_approvals() -> None:
    record = replace(RECORD, version=2, approvals=(Approval("U1", NOW, 1), Approval("U2", NOW, 2)))
    assert status_sentence(record, 2).endswith("2 people must approve it in Slack; 1 have.")


def test_a_result_lists_skipped_and_failed_images() -> None:
    items = [
        item(1, ImageOutcome.DELETED),
        item(2, ImageOutcome.DELETED),
        item(3, ImageOutcome.SKIPPED, "it is pinned"),
        item(4, ImageOutcome.FAILED, "AWS refused it"),
    ]
    assert shown(replace(RECORD, state=PlanState.FAILED), items)[-3:] == [
        "Result: 2 deleted, 1 skipped, 1 failed.",
        "  - 1.4 (sha256:000000000000…) failed: AWS refused it",
        "  - 1.3 (sha256:000000000000…) skipped: it is pinned",
    ]


def test_unconfirmed_deletions_are_counted_separately() -> None:
    lost = replace(item(2, ImageOutcome.DELETED, "old; ECR's answer was lost"), is_unconfirmed=True)
    items = [item(1, ImageOutcome.DELETED), lost]
    done = replace(RECORD, state=PlanState.DONE, freed_bytes=2**30, unconfirmed_bytes=2**29)
    assert shown(done, items)[-1] == ("Result: 2 deleted (1 of the deletions ECR never confirmed).")
    lines = printed(result_as_text(done, items, 1, 0.1))
    assert lines[-3:-1] == [
        "team/api: freed 1 GB: saves $1.20 a year.",
        "ECR never confirmed the deletion of another 512 MB.",
    ]
    told = orjson.loads(b"".join(stored_plan_as_json(done, items)))
    assert (told["freed_bytes"], told["unconfirmed_bytes"]) == (2**30, 2**29)
    assert [*told["receipt"][1]] == ["digest", "tags", "outcome", "reason"]


@pytest.mark.parametrize(
    ("count", "last"), [(ROWS, "  - 1."), (ROWS + 1, "… and 1 more: --format")]
)
def test_a_long_result_is_limited(count: int, last: str) -> None:
    items = [item(number, ImageOutcome.FAILED, f"reason {number}") for number in range(count)]
    assert shown(RECORD, items)[-1].startswith(last)


def test_equal_reasons_are_one_line_and_failures_come_first() -> None:
    items = [
        *(item(number, ImageOutcome.SKIPPED, "was not reached") for number in range(1200)),
        item(1200, ImageOutcome.FAILED, "AWS refused it"),
    ]
    assert shown(replace(RECORD, state=PlanState.STOPPED), items)[-3:] == [
        "Result: 1,200 skipped, 1 failed.",
        "  - 1.1200 (sha256:000000000000…) failed: AWS refused it",
        "  - 1.0 (sha256:000000000000…) and 1,199 more skipped: was not reached",
    ]


def test_times_of_the_same_minute_are_equal_reasons() -> None:
    items = [
        replace(
            item(number, ImageOutcome.SKIPPED),
            reason=PulledAfterPlanning(NOW + timedelta(seconds=number)),
        )
        for number in range(3)
    ]
    assert shown(replace(RECORD, state=PlanState.DONE), items)[-2:] == [
        "  - 1.0 (sha256:000000000000…) and 2 more skipped: was pulled 2026-11-23 12:00",
        "    UTC, after the plan was made",
    ]


def test_the_progress_of_a_run() -> None:
    items = [
        item(1, ImageOutcome.DELETED),
        item(2, ImageOutcome.SKIPPED, "why"),
        item(3, ImageOutcome.PENDING),
    ]
    assert shown(replace(RECORD, state=PlanState.EXECUTING), items)[-3:] == [
        "2 of 3 manifests processed.",
        "Result: 1 pending, 1 deleted, 1 skipped.",
        "  - 1.2 (sha256:000000000000…) skipped: why",
    ]


def test_a_plan_without_deletions_has_no_result() -> None:
    assert not any(line.startswith("Result") for line in shown(RECORD, []))


def test_the_list_marks_incomplete_plans() -> None:
    console = Console(width=100, file=io.StringIO())
    console.print(stored_plans_as_table([replace(RECORD, complete=False)], NOW))
    assert isinstance(console.file, io.StringIO)
    assert "proposed, incomplete" in console.file.getvalue()


@pytest.mark.parametrize("count", [0, 1, ITEMS_PER_CHUNK, ITEMS_PER_CHUNK + 1])
def test_json_of_a_result_of_any_length_is_one_line(count: int) -> None:
    items = [item(number, ImageOutcome.PENDING) for number in range(count)]
    for pieces in (
        stored_plan_as_json(RECORD, items),
        proposal_as_json(RECORD, items, CONTENT),
    ):
        line = b"".join(pieces)
        assert line.index(b"\n") == len(line) - 1
        assert [each["tags"] for each in orjson.loads(line)["receipt"]] == [
            [f"1.{number}"] for number in range(count)
        ]
