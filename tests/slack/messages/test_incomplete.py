"""The message of an incomplete plan names each problem and its fix."""

from dataclasses import replace
from datetime import timedelta

from bot.core.errors import ErrorText
from bot.core.last_use import MemoryReach
from bot.core.plan_problems import UsageDrop
from bot.core.usage import SourceScan
from bot.slack.messages.plan import plan_message
from tests.render.builders import image, plan
from tests.slack.messages.plan_views import (
    USED,
    action_ids,
    checked,
    read,
    values,
    view,
)
from tests.support import NOW

DENIED = SourceScan(
    "kubernetes",
    "cluster prod",
    0,
    ErrorText("arn:aws:iam::123456789012:role/x may not: attach <the> policy"),
)


DOUBTED = SourceScan("ecs", "eu-west-1", 2, UsageDrop(3, 40, NOW - timedelta(days=1)))


def test_an_incomplete_plan_names_the_problems() -> None:
    made = plan(image(1, "a"), usage=replace(USED, scans=(USED.scans[0], DENIED, DOUBTED)))
    content = checked(plan_message(view(made)))
    assert content.text == (
        "team/api: 2 checks failed, so nothing can be deleted. kubernetes (cluster prod): "
        "`arn:aws:iam::123456789012:role/x` may not: attach &lt;the&gt; policy. And 1 more problem."
    )
    assert read(content.blocks) == (
        """\
# team/api · 2 checks failed
:warning: *Nothing can be deleted until this is fixed:*
• kubernetes (cluster prod): `arn:aws:iam::123456789012:role/x` may not: attach &lt;the&gt; policy
• ecs (eu-west-1): it lists 3 workloads, but listed 40 on 2026-11-22
[Confirm usage]
:warning: *Not checked:* Batch, SageMaker. Images used only there are not protected.
[Retry] [Review images] [Dismiss]
~ eu-west-1 · 123456789012 · checked 2026-11-23 12:00 UTC · plan p7k2 v1"""
    )
    assert values(content.blocks)["confirm_usage:1"] == "p7k2:1 3 ecs eu-west-1"


def test_a_short_memory_of_usage_is_named() -> None:
    memory = MemoryReach(NOW - timedelta(hours=30), timedelta(days=30))
    usage = replace(USED, scans=(DENIED,), memory=memory)
    lines = read(checked(plan_message(view(plan(image(1), usage=usage)))).blocks).splitlines()
    assert lines[-3] == (
        "~ Usage is remembered since 2026-11-22 06:00 UTC (1d of 30d): `used_within` also keeps "
        "images pulled in the last 30d."
    )


def test_a_source_that_cannot_be_read_has_its_last_whole_scan() -> None:
    unread = replace(DENIED, at=NOW, failure=ErrorText("denied"))
    before = replace(unread, scope="cluster dev", last_whole_at=NOW - timedelta(days=3))
    made = plan(image(1), usage=replace(USED, scans=(unread, before, replace(DOUBTED, at=NOW))))
    lines = read(checked(plan_message(view(made))).blocks).splitlines()
    assert lines[2:5] == [
        "• kubernetes (cluster prod): denied. Never scanned whole",
        "• kubernetes (cluster dev): denied. Last whole scan 2026-11-20",
        "• ecs (eu-west-1): it lists 3 workloads, but listed 40 on 2026-11-22",
    ]


def test_the_dialog_names_the_figures() -> None:
    most = replace(DOUBTED, failure=UsageDrop(3, 40, NOW - timedelta(days=8), NOW))
    content = checked(plan_message(view(plan(image(1), usage=replace(USED, scans=(most,))))))
    (button,) = (at["accessory"] for at in content.blocks if "accessory" in at)
    dialog = button["confirm"]
    assert (dialog["title"]["text"], dialog["text"]["text"]) == (
        "Confirm ecs (eu-west-1)?",
        "Now it lists 3 workloads, but listed 40 on 2026-11-15, the most of the 8 days before. "
        "Later scans are compared with 3.",
    )


def test_a_scope_too_long_for_a_button() -> None:
    """The text contains the command instead."""
    made = plan(image(1), usage=replace(USED, scans=(replace(DOUBTED, scope="x" * 2000),)))
    content = checked(plan_message(view(made)))
    assert action_ids(content.blocks) == ["try_again", "show_images", "dismiss_plan"]


def test_many_problems() -> None:
    scans = tuple(replace(DENIED, scope=f"cluster {number}") for number in range(30))
    content = checked(plan_message(view(plan(image(1), usage=replace(USED, scans=scans)))))
    assert "~ … and 25 more. *Retry* shows those that are left." in read(content.blocks)
