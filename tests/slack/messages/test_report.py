"""The report on a proposed plan: text, buttons and modal."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.audit_details import ImagesKeptByPins
from bot.core.errors import ErrorText
from bot.core.last_use import MemoryReach
from bot.core.manifest import OCI_INDEX, ManifestContent, ManifestReadFailure
from bot.core.prices import NO_COST
from bot.core.records import AuditEventName, Pause
from bot.core.repository import RegistryId
from bot.core.storage_history import StorageDay
from bot.core.usage import SOURCES, RepositoryUsage, UnscannedRegion
from bot.render.plan_summary import PlanSummary
from bot.render.quantities import freed_of_all, yearly
from bot.slack.action_ids import PlanRef
from bot.slack.api import Json
from bot.slack.messages.approval_dialogs import typing_view
from bot.slack.messages.plan import plan_message
from bot.slack.messages.recent_pulls import named_pulls
from tests.render.builders import GB, image, plan
from tests.slack.messages.plan_views import (
    ANN,
    ELSEWHERE,
    HOME,
    STAR,
    USED,
    action_ids,
    approvals,
    checked,
    checked_view,
    event,
    read,
    usual_plan,
    values,
    view,
    with_dates,
)
from tests.support import NOW, PRICE

MB = 2**20

BUTTONS = ["approve_plan", "pin_tags", "show_images", "dismiss_plan"]


def shown(**facts: Any) -> str:
    return read(checked(plan_message(view(**facts))).blocks)


def test_the_whole_report() -> None:
    facts: dict[str, Any] = {
        "last_scan": StorageDay(NOW - timedelta(days=7), 90, 36 * GB, 5 * GB, 18 * GB),
        "saved_here": PRICE.cost_of(20 * GB),
    }
    content = checked(plan_message(view(**facts)))
    assert with_dates(content.text) == (
        "team/api: delete 12 images, save $25 a year. 2 images to delete were pulled recently. "
        "Open until 2026-11-30 12:00 UTC."
    )
    assert read(content.blocks) == (
        """\
# team/api · delete 12 images, save $25 a year
Frees 20.9 of 39.2 GB. 2 old images are kept only because workloads use them.
:warning: *Not checked:* Batch, SageMaker. Images used only there are not protected.
:warning: *2 images to delete were pulled* in the last 30 days: `1.7.0`, `1.9.0`. No known \
workload uses them.
[Keep 30 days]
*Keeps 8:* 2 in use · 1 pinned · 5 newest releases
~ Stores 39.2 GB, 3.25 GB more than on 2026-11-16, when the saving was $22 a year. Saved so far: \
$24 a year (20 GB); in all repositories: $60 a year (50 GB).
~ 1.8.0 is pinned by <@U0000000001>: the audit
[Approve!] [Pin tags…] [Review images] [Dismiss]
~ eu-west-1 · 123456789012 · 2 of 4 sources checked 2026-11-23 12:00 UTC · \
open until 2026-11-30 · plan p7k2 v1"""
    )


@pytest.mark.parametrize(
    ("last_scan", "words"),
    [
        (None, ""),
        (StorageDay(NOW, 1, None), ""),
        (StorageDay(NOW, 1, 2 * GB), "Stores 2 GB, as much as on 2026-11-23."),
        (
            StorageDay(NOW, 1, 5 * GB, 0, 0),
            "Stores 2 GB, 3 GB less than on 2026-11-23, with no saving then.",
        ),
    ],
)
def test_what_changed_since_the_last_scan(last_scan: StorageDay | None, words: str) -> None:
    made = plan(image(1), image(2), usage=USED)
    said = shown(content=made, last_scan=last_scan, saved=NO_COST)
    assert "Saved so far" not in said
    assert words in said if words else "Stores" not in said


def test_an_unknown_size_is_not_compared() -> None:
    unread = image(2, content=ManifestReadFailure(ErrorText("?")))
    made = plan(image(1), unread, usage=USED)
    assert made.savings.stored_bytes is None
    assert "Stores" not in shown(content=made, last_scan=StorageDay(NOW, 1, GB))


def test_a_report_without_risk_has_four_lines() -> None:
    """Headline, savings, what it keeps, and the small print."""
    usage = replace(USED, not_checked=())
    images = [image(number, f"2.{number}.0", age=9 - number) for number in range(4)]
    made = plan(*images, newest=2, usage=usage)
    lines = shown(content=made, saved=NO_COST).splitlines()
    assert lines == [
        "# team/api · delete 2 images, save $2.40 a year",
        "Frees 2 of 4 GB. Nothing in use is deleted.",
        "*Keeps 2:* 2 newest releases",
        "[Approve!] [Pin tags…] [Review images] [Dismiss]",
        "~ eu-west-1 · 123456789012 · all 2 sources checked 2026-11-23 12:00 UTC · open until "
        "2026-11-30 · plan p7k2 v1",
    ]


def test_values_of_buttons() -> None:
    found = values(plan_message(view()).blocks)
    assert {found[name] for name in (*BUTTONS, "pin_pulled")} == {"p7k2:1"}


def test_numbers_are_those_of_the_plan() -> None:
    made = usual_plan()
    said = shown(content=made)
    savings = made.savings
    assert savings.stored_bytes is not None
    assert f"delete {len(made.delete)} images, save {yearly(savings.usd_per_month)}" in said
    assert f"Frees {freed_of_all(savings)}." in said
    keeps = re.search(r"\*Keeps (\d+):\* (\d+) in use · (\d+) pinned · (\d+) newest", said)
    assert keeps is not None
    total, *parts = map(int, keeps.groups())
    assert total == sum(parts) == len(made.judged) - len(made.delete)


def test_estimated_numbers() -> None:
    content = plan_message(view(plan(image(1), image(2), exact=False, usage=USED)))
    assert "delete 2 images, save about $2.40 a year" in read(content.blocks)
    assert "Frees about 2 of 2 GB." in read(content.blocks)
    assert "save about $2.40 a year" in content.text
    assert "saves about $2.40 a year" in _confirmation(content.blocks)["text"]["text"]


@pytest.mark.parametrize(
    ("size", "words"), [(0, "no saving"), (MB, "save < $1 a year"), (GB, "save $1.20 a year")]
)
def test_small_savings(size: int, words: str) -> None:
    content = checked(plan_message(view(plan(image(1, size=size), usage=USED))))
    assert f"# team/api · delete 1 image, {words}" in read(content.blocks)
    assert f"delete 1 image, {words.replace('<', '&lt;')}." in content.text


def test_a_plan_of_an_earlier_version_without_stored_bytes() -> None:
    made = usual_plan()
    earlier = replace(made, savings=replace(made.savings, stored_bytes=None))
    assert "\nFrees 20.9 GB." in shown(content=earlier)


def test_an_unread_manifest_makes_the_stored_bytes_unknown() -> None:
    assert "\nFrees about 1 GB." in shown(
        content=plan(image(1, content=ManifestReadFailure(ErrorText("AWS failed"))))
    )


def test_the_dialog_shows_number_savings_risk_and_undo_window() -> None:
    dialog = _confirmation(plan_message(view()).blocks)
    assert dialog["title"]["text"] == "Delete 12 images?"
    assert dialog["text"]["text"] == (
        "Frees 20.9 GB in `team/api`, saves $25 a year. :warning: 2 images were pulled in the last "
        "30 days. Deletion starts 5 minutes after the approval; *Stop* cancels it. Deleted images "
        "cannot be restored."
    )
    assert dialog["style"] == "danger"


@pytest.mark.parametrize(
    ("facts", "start"),
    [
        ({"undo_window": timedelta(0)}, "Deletion starts at once; *Stop* ends it."),
        ({"required_approvals": 2}, "Deletion starts 5 minutes after the last approval; *Stop*"),
        (
            {"pause": Pause(ANN, NOW, "audit")},
            ":warning: ecr-clean is paused: deletion starts when someone resumes it.",
        ),
    ],
)
def test_the_dialog_shows_when_the_deletion_starts(facts: dict[str, Any], start: str) -> None:
    assert start in _confirmation(plan_message(view(**facts)).blocks)["text"]["text"]


def test_no_dialog_before_the_modal_for_the_name() -> None:
    assert _approve(plan_message(view(needs_typing=True)).blocks).get("confirm") is None


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"channel": ELSEWHERE}, f"Can be approved only in <#{HOME}>."),
        ({"approval_channel": None}, "Cannot be approved in Slack: set its `channel` under `repo"),
        ({"report_only": True}, "Report only: the settings have `execution.enabled: false`."),
        ({"record": {"checked": False}}, "the plan cannot be approved: switch one"),
    ],
)
def test_why_it_cannot_be_approved(facts: dict[str, Any], why: str) -> None:
    content = checked(plan_message(view(**facts)))
    assert why in read(content.blocks)
    assert why in content.text
    assert action_ids(content.blocks) == ["pin_pulled", *BUTTONS[1:]]


def test_an_unchanged_plan_shows_the_time_of_the_last_scan() -> None:
    later = NOW + timedelta(days=7)
    assert "2 of 4 sources checked 2026-11-30 12:00 UTC" in shown(scanned_at=later)


def test_number_of_approvals() -> None:
    said = shown(required_approvals=3, record={"approvals": approvals(ANN)})
    assert f"*1 of 3 approvals*: <@{ANN}>. 2 more approvals are needed." in said
    assert "*0 of 2 approvals*. 2 more approvals" in shown(required_approvals=2)


def test_approvals_of_earlier_versions_do_not_count() -> None:
    record = {"version": 2, "approvals": approvals(ANN)}
    assert "*0 of 2 approvals*" in shown(required_approvals=2, record=record)


def test_why_the_deletion_could_not_start() -> None:
    said = shown(why_not_started="AWS *refused* it.")
    assert (
        f":warning: *Approved, but the deletion could not start:* AWS {STAR}refused{STAR} it. "
        "Nothing was deleted. Approve the plan again to retry." in said
    )


def test_who_stopped_it_before_it_started() -> None:
    said = shown(last_event=event(AuditEventName.STOPPED))
    assert f"Stopped by <@{ANN}> 2026-11-23 13:00 UTC, before anything was deleted." in said


def test_who_changed_it_by_pins() -> None:
    last = event(AuditEventName.PROPOSED, detail=ImagesKeptByPins(1, of=13, pins=("1.9.0", "2.*")))
    line = f"~ Version 2: <@{ANN}> pinned `1.9.0`, `2.*`."
    assert line in shown(record={"version": 2}, last_event=last)
    assert "~ Version" not in shown(last_event=last)


def test_pins_of_an_event_that_an_earlier_version_stored() -> None:
    last = event(AuditEventName.PROPOSED, detail=ImagesKeptByPins(1, of=13))
    line = f"~ Version 2 by <@{ANN}>: pins keep 1 of 13 images to delete."
    assert line in shown(record={"version": 2}, last_event=last)


def test_replication_is_a_warning() -> None:
    made = replace(usual_plan(), deleted_also_in=(RegistryId("210987654321", "us-east-1"),))
    said = shown(content=made)
    assert ":warning: *Replication also deletes these images in 210987654321 in us-east-1.*" in said


def test_parts_are_counted_as_manifests_once() -> None:
    children = (image(1, size=2 * GB), image(2, size=GB))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    root = image(3, "multi", content=index, media_type=OCI_INDEX)
    content = plan_message(view(plan(root, *children, usage=USED)))
    said = read(content.blocks)
    assert "# team/api · delete 1 image, save $3.60 a year\n" in said
    assert "Deletes 1 image (3 manifests) and frees 3 of 3 GB." in said
    assert "*Keeps nothing.*" in said
    assert _confirmation(content.blocks)["title"]["text"] == "Delete 1 image?"


def test_an_image_that_was_pulled_is_named_with_the_day() -> None:
    said = shown(content=plan(image(1, "a", pulled=3), usage=USED))
    assert (
        ":warning: *1 image to delete was pulled* 2026-11-20: `a`. No known workload uses it.\n"
        "[Keep 30 days]"
    ) in said


def test_an_index_whose_child_is_pulled_counts_as_one_image() -> None:
    children = (image(1, pulled=3), image(2))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    root = image(3, "multi", content=index, media_type=OCI_INDEX)
    made = plan(root, *children)
    assert "*1 image to delete was pulled* 2026-11-20: `multi`" in shown(content=made)
    (pulled,) = named_pulls(PlanSummary(made))
    assert pulled.group.root.manifest == root


def test_three_pulled_images_are_named_and_the_others_counted() -> None:
    images = [image(number, f"t{number}", pulled=number) for number in range(1, 7)]
    made = plan(*images, usage=USED)
    assert "30 days: `t1`, `t2`, `t3` and 3 more (*Review images*). No" in shown(content=made)
    assert len(named_pulls(PlanSummary(made))) == 3


def test_nothing_in_use_is_deleted_needs_all_sources() -> None:
    usage = replace(USED, by_tag={"a": ("pod web",)}, not_checked=())
    made = plan(image(1, "a"), image(2), usage=usage)
    line = "Nothing in use is deleted: 1 old image is kept only because a workload uses it."
    assert line in shown(content=made)
    region = UnscannedRegion(RegistryId("123456789012", "us-east-1"), ("ecs",))
    for partly in (
        replace(usage, not_checked=("batch",)),
        replace(usage, unscanned_regions=(region,)),
        replace(usage, scans=()),
    ):
        said = shown(content=replace(made, usage=partly))
        assert "Nothing in use" not in said
        assert "1 old image is kept only because a workload uses it." in said


def test_unchecked_sources_are_shown_only_if_there_are_any() -> None:
    everything = RepositoryUsage(scans=USED.scans, not_checked=())
    assert "Not checked" not in shown(content=plan(image(1), usage=everything))
    assert "· all 2 sources checked 2026-11-23" in shown(content=plan(image(1), usage=everything))
    nothing = RepositoryUsage(scans=(), not_checked=SOURCES)
    assert "· no source checked ·" in shown(content=plan(image(1), usage=nothing))


def test_regions_without_a_scan_are_listed() -> None:
    regions = tuple(
        UnscannedRegion(RegistryId("123456789012", f"eu-west-{number}"), ("ecs", "kubernetes"))
        for number in range(2, 9)
    )
    said = shown(content=plan(image(1), usage=replace(USED, unscanned_regions=regions)))
    assert (
        ":warning: *Regions not checked:* 123456789012 in eu-west-2 (ECS, Kubernetes), "
        "123456789012 in eu-west-3 (ECS, Kubernetes)"
    ) in said
    assert "eu-west-4 (ECS, Kubernetes) and 4 more. Images used only there are not" in said


def test_a_pause_is_a_warning() -> None:
    said = shown(pause=Pause(ANN, NOW, "audit"))
    assert (
        f":warning: *ecr-clean is paused* by <@{ANN}> 2026-11-23 12:00 UTC. Reason: audit. No "
        "deletion starts until `/ecr-clean resume`."
    ) in said


def test_typing_the_name() -> None:
    modal = checked_view(typing_view(view()))
    assert PlanRef.parse(modal["private_metadata"]) == PlanRef("p7k2", 1, HOME)
    assert modal["callback_id"] == "confirm_plan"
    assert (modal["blocks"][2]["block_id"], action_ids(modal["blocks"])) == (
        "typed_name",
        ["typed_name"],
    )
    assert read(modal["blocks"][:2]) == (
        "*Deletes 12 images*, 60% of the repository.\n"
        "Frees 20.9 GB in `team/api`, saves $25 a year.\n"
        ":warning: 2 images were pulled in the last 30 days: `1.7.0`, `1.9.0`.\n"
        "Deletion starts 5 minutes after the approval; *Stop* cancels it.\n"
        "Deleted images cannot be restored.\n"
        "To approve, type the repository's name: `team/api`"
    )


def _approve(blocks: Iterable[Json]) -> Json:
    (actions,) = [block for block in blocks if block["type"] == "actions"]
    button: Json = actions["elements"][0]
    assert (button["action_id"], button["style"]) == ("approve_plan", "danger")
    return button


def _confirmation(blocks: Iterable[Json]) -> Json:
    confirm: Json = _approve(blocks)["confirm"]
    return confirm


def test_a_short_memory_of_usage_is_named() -> None:
    def said(memory: MemoryReach | None) -> str:
        return shown(content=plan(image(1), usage=replace(USED, memory=memory)))

    month, kept = timedelta(days=30), "also keeps images pulled in the last 30d."
    ten_days = NOW - timedelta(days=10)
    assert f"2026-11-13 12:00 UTC (10d of 30d): `used_within` {kept}" in said(
        MemoryReach(ten_days, month)
    )
    never = f"No regular scans of usage are remembered: `used_within` {kept}"
    assert never in said(MemoryReach(None, month))
    for whole in (None, MemoryReach(NOW - month, month)):
        assert "remembered" not in said(whole)
