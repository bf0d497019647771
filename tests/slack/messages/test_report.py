"""The report on a proposed plan: text, buttons and modal."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.core.audit_details import ImagesKeptByPins
from bot.core.errors import ErrorText
from bot.core.manifest import OCI_INDEX, ManifestContent, ManifestReadFailure
from bot.core.records import AuditEventName
from bot.core.repository import RegistryId
from bot.core.usage import SOURCES, PastTagUser, RepositoryUsage, UnscannedRegion
from bot.render.quantities import money, size
from bot.slack.action_ids import PlanRef
from bot.slack.api import Json
from bot.slack.messages.plan import plan_message
from bot.slack.messages.report import typing_view
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
)
from tests.support import NOW

BUTTONS = ["approve_plan", "pin_tags", "show_images", "dismiss_plan"]
PINS = ["pin_pulled:0", "pin_pulled:1"]


def shown(**facts: Any) -> str:
    return read(checked(plan_message(view(**facts))).blocks)


def test_the_whole_report() -> None:
    content = checked(plan_message(view()))
    assert content.text == (
        "team/api: 12 of 20 manifests to delete. Frees 20.9 GB of 39.2 GB and saves $2.09 a month "
        "($25.08 a year). Open until 2026-11-30 12:00 UTC."
    )
    assert read(content.blocks) == (
        """\
# team/api
*Saves $2.09 a month ($25.08 a year)*
Deletes *12 of 20 manifests*, which frees 20.9 GB of 39.2 GB.
*Keeps 8:* 5 among the 5 newest images, 2 in use, 1 pinned.
*2 are kept only because they are in use:*
• `1.5.0` by ECS a/b, ECS a/c, ECS d and 1 more
• `1.3.0` by ECS shop/web
*Pinned:*
• 1.8.0 is pinned by <@U0000000001>: the audit
*Largest images to delete*, with the sizes that ECR lists:
• `1.14.0` · 2.65 GB · pushed 8 months ago
• `1.13.0` · 2.55 GB · pushed 9 months ago
• `1.12.0` · 2.45 GB · pushed 9 months ago
:warning: *2 images to delete were pulled in the last 30 days.* No known workload uses them:
`1.7.0` · last pulled 2026-11-18 12:00 UTC
[Pin 30d]
`1.9.0` · last pulled 2026-11-16 12:00 UTC
[Pin 30d]
~ Checked for use 2026-11-23 12:00 UTC: ECS (2 scopes), Lambda.
~ *Not checked:* Batch, SageMaker. Images used only there are not protected.
~ 123456789012 · eu-west-1 · plan p7k2, version 1 · open until 2026-11-30 12:00 UTC
[Approve!] [Pin tags…] [Show images] [Dismiss]"""
    )


def test_values_of_buttons() -> None:
    found = values(plan_message(view()).blocks)
    assert {found[name] for name in BUTTONS} == {"p7k2:1"}
    assert [PlanRef.parse(found[name]).detail[-2:] for name in PINS] == ["07", "09"]


def test_numbers_are_those_of_the_plan() -> None:
    made = usual_plan()
    said = shown(content=made)
    savings = made.savings
    assert savings.stored_bytes is not None
    assert f"{len(made.delete)} of {len(made.judged)} manifests" in said
    assert f"{size(savings.freed_bytes)} of {size(savings.stored_bytes)}" in said
    assert f"{money(savings.usd_per_month)} a month" in said
    assert f"({money(12 * savings.usd_per_month)} a year)" in said
    keeps = re.search(r"\*Keeps (\d+):\* (\d+) among .*, (\d+) in use, (\d+) pinned", said)
    assert keeps is not None
    total, *parts = map(int, keeps.groups())
    assert total == sum(parts) == len(made.judged) - len(made.delete)


def test_estimated_numbers() -> None:
    content = plan_message(view(plan(image(1), image(2), exact=False, usage=USED)))
    assert "*Saves about $0.20 a month ($2.40 a year)*" in read(content.blocks)
    assert "which frees about 2.00 GB of 2.00 GB" in read(content.blocks)
    assert "saves about $0.20" in content.text
    assert "and saves about $0.20 a month" in _confirmation(content.blocks)["text"]["text"]


def test_a_plan_of_an_earlier_version_without_stored_bytes() -> None:
    made = usual_plan()
    earlier = replace(made, savings=replace(made.savings, stored_bytes=None))
    assert "which frees 20.9 GB." in shown(content=earlier)


def test_an_unread_manifest_makes_the_stored_bytes_unknown() -> None:
    assert "frees about 1.00 GB." in shown(
        content=plan(image(1, content=ManifestReadFailure(ErrorText("AWS failed"))))
    )


def test_the_dialog_shows_counts_and_savings() -> None:
    dialog = _confirmation(plan_message(view()).blocks)
    assert dialog["title"]["text"] == "Delete 12 manifests?"
    assert dialog["text"]["text"] == (
        "Deletes 12 of 20 manifests in `team/api` and saves $2.09 a month. You can stop the "
        "deletion at any time, but deleted images cannot be restored."
    )
    assert dialog["style"] == "danger"


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
    assert action_ids(content.blocks) == [*PINS, *BUTTONS[1:]]


def test_an_unchanged_plan_shows_the_time_of_the_last_scan() -> None:
    later = NOW + timedelta(days=7)
    assert "Checked for use 2026-11-30 12:00 UTC: ECS" in shown(scanned_at=later)


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
    last = event(AuditEventName.PROPOSED, detail=ImagesKeptByPins(1, of=13))
    line = f"~ Version 2 by <@{ANN}>: pins keep 1 of 13 images to delete."
    assert line in shown(record={"version": 2}, last_event=last)
    assert "~ Version" not in shown(last_event=last)


def test_replication_is_a_warning() -> None:
    made = replace(usual_plan(), deleted_also_in=(RegistryId("210987654321", "us-east-1"),))
    said = shown(content=made)
    assert ":warning: *Replication also deletes these images in 210987654321 in us-east-1.*" in said


def test_an_image_group_is_one_line() -> None:
    children = (image(1, size=2 * GB), image(2, size=GB))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    root = image(3, "multi", content=index, media_type=OCI_INDEX)
    said = shown(content=plan(root, *children))
    assert "*Keeps nothing.*" in said
    assert "• `multi` (3 manifests) · 3.00 GB · pushed 40 days ago" in said


def test_an_index_whose_child_is_pulled_is_pinned_as_a_whole() -> None:
    children = (image(1, pulled=3), image(2))
    index = ManifestContent(OCI_INDEX, children=tuple(child.digest for child in children))
    root = image(3, "multi", content=index, media_type=OCI_INDEX)
    content = plan_message(view(plan(root, *children)))
    assert "*1 image to delete was pulled" in read(content.blocks)
    assert "`multi` · last pulled 2026-11-20 12:00 UTC" in read(content.blocks)
    assert PlanRef.parse(values(content.blocks)["pin_pulled:0"]).detail == root.digest


def test_an_index_whose_child_is_in_use_is_listed_with_its_users() -> None:
    child = image(1)
    index = ManifestContent(OCI_INDEX, children=(child.digest,))
    root = image(2, "multi", content=index, media_type=OCI_INDEX)
    usage = replace(USED, by_tag={}, by_digest={child.digest: ("pod web",)})
    said = shown(content=plan(root, child, image(3), usage=usage))
    assert "*1 is kept only because it is in use:*\n• `multi` by pod web" in said


def test_users_by_a_tag_that_has_moved() -> None:
    users = (PastTagUser("pod web", "v1", certain=False),)
    usage = replace(USED, by_tag={}, by_past_tag={image(1).digest: users})
    said = shown(content=plan(image(1, "v2"), image(2), usage=usage))
    assert "• `v2` by pod web (by the tag v1, which this image may have had)" in said


def test_images_in_use_that_rules_also_keep() -> None:
    usage = replace(USED, by_tag={"new": ("pod web",)})
    said = shown(content=plan(image(1, "new", age=1), image(2), newest=1, usage=usage))
    assert "*Keeps 1:* 1 in use.\nIn use:\n• `new` by pod web" in said


def test_omitted_lines_are_counted() -> None:
    images = [image(number, f"t{number}", pulled=number) for number in range(1, 7)]
    usage = replace(USED, by_tag={f"t{number}": ("pod",) for number in range(7, 12)})
    used = [image(number, f"t{number}") for number in range(7, 12)]
    said = shown(content=plan(*images, *used, usage=usage))
    assert said.count("[Pin 30d]") == 3
    assert "~ … and 3 more" in said
    assert "*5 are kept only" in said
    assert "\n… and 2 more" in said


def test_unchecked_sources_are_shown_only_if_there_are_any() -> None:
    everything = RepositoryUsage(scans=USED.scans, not_checked=())
    assert "Not checked" not in shown(content=plan(image(1), usage=everything))
    nothing = RepositoryUsage(scans=(), not_checked=SOURCES)
    assert "Checked for use" not in shown(content=plan(image(1), usage=nothing))


def test_regions_without_a_scan_are_listed() -> None:
    regions = tuple(
        UnscannedRegion(RegistryId("123456789012", f"eu-west-{number}"), ("ecs", "kubernetes"))
        for number in range(2, 9)
    )
    said = shown(content=plan(image(1), usage=replace(USED, unscanned_regions=regions)))
    assert (
        "~ *Regions not checked:* 123456789012 in eu-west-2 (ECS, Kubernetes), 123456789012 in "
        "eu-west-3 (ECS, Kubernetes)"
    ) in said
    assert "eu-west-6 (ECS, Kubernetes) and 2 more. Images used only there are not" in said


def test_typing_the_name() -> None:
    modal = checked_view(typing_view(view().plan, HOME, 0.10))
    assert PlanRef.parse(modal["private_metadata"]) == PlanRef("p7k2", 1, HOME)
    assert modal["callback_id"] == "confirm_plan"
    assert (modal["blocks"][1]["block_id"], action_ids(modal["blocks"])) == (
        "typed_name",
        ["typed_name"],
    )
    assert read(modal["blocks"][:1]) == (
        "Deletes *12 of 20 manifests*, frees up to 20.9 GB and saves up to $2.09 a month. You can "
        "stop the deletion at any time, but deleted images cannot be restored.\n"
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
