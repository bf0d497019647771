"""An image that was restored from the archive is as young as its restoration."""

from datetime import datetime, timedelta

import pytest

from bot.playground.aws import AwsStandIn
from tests.cli.plan_execution import approved
from tests.cli.stored_plans import LOOKED_AT, Write
from tests.support import Run, Shelf

RELEASES = """policies:
  - keep: [{newest: 2}]
"""


@pytest.fixture
def restored(aws: AwsStandIn, shelf: Shelf, settings_file: Write) -> Shelf:
    """Ten releases. 1.0, the oldest, was in the archive until 3 hours ago, and 1.1 until 2 days
    ago."""
    settings_file(f"{LOOKED_AT}{RELEASES}")
    for number in range(10):
        shelf.image(f"1.{number}", age=300 - number)
    for tag, days in (("1.0", 0.125), ("1.1", 2)):
        aws.world.archive(shelf.repository, tag, shelf.ago(100))
        aws.world.restore(shelf.repository, tag, shelf.ago(days))
    return shelf


def details(result: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {reason["rule"]: reason["detail"] for reason in result["reasons"]}


def test_the_restoration_counts_for_min_age_and_newest(restored: Shelf, plan: Run) -> None:
    images = {image["tags"][0]: image for image in plan().plan["images"]}
    kept = {tag for tag, image in images.items() if image["verdict"] == "keep"}
    assert kept == {"1.0", "1.1"}
    first, second = details(images["1.0"]), details(images["1.1"])
    assert first["min_age"].startswith("restored from the archive ")
    assert first["min_age"].endswith(", less than 1d ago")
    assert "(1st: restored from the archive " in first["newest"]
    assert second.keys() == {"newest"}
    assert "(2nd: restored from the archive " in second["newest"]
    pushed = datetime.fromisoformat(images["1.0"]["pushed_at"])
    assert abs(pushed - restored.ago(300)) < timedelta(minutes=2), "ECR's own push time is shown"


@pytest.mark.usefixtures("restored")
def test_why_shows_both_times(run: Run) -> None:
    said = " ".join(run("why", "team/api", "1.1").out.split())
    assert "; restored from the archive " in said


def test_an_image_restored_after_the_approval_is_skipped(
    aws: AwsStandIn, restored: Shelf, run: Run, settings_file: Write
) -> None:
    """It is skipped whatever the rules decide now."""
    settings_file(
        f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"
        "policies:\n  - min_age: 0s\n    keep: [{tags: ['1.9']}]\n"
    )
    id_ = approved(run)
    aws.world.archive(restored.repository, "1.5")
    aws.world.restore(restored.repository, "1.5")
    run("recover")
    (receipt,) = (stored["receipt"] for stored in run("show", id_, "--format", "json").plans)
    skipped = {item["tags"][0]: item["reason"] for item in receipt if item["outcome"] == "skipped"}
    assert skipped.keys() == {"1.5"}
    assert skipped["1.5"].startswith("was restored from the archive ")
