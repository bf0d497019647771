"""One image with unknown layers does not make the savings of other images inexact."""

import json

import pytest

from bot.core.manifest import OCI_MANIFEST
from bot.playground.aws import manifests
from tests.cli.plan_execution import AT_ONCE, proposed
from tests.cli.stored_plans import Write
from tests.support import Run, Shelf, image_text

MB = 2**20
BASE = ("base", 30 * MB)
KNOWN = 5 * (5 * MB + 10)
"""Bytes of five layers, with their configs."""

LISTED = 5000
"""Bytes that ECR lists for the image whose size cannot be read."""

AT_MOST = KNOWN + LISTED


@pytest.fixture
def builds(shelf: Shelf, settings_file: Write) -> Shelf:
    """Five builds of 5 MB are to delete, on a base of 30 MB that 10 newer builds keep. Another
    build to delete has a layer of -1 bytes."""
    settings_file(AT_ONCE)
    for number in range(10):
        shelf.push(image_text(f"2.{number}", layers=[BASE]), f"2.{number}", age=30 - number)
    for number in range(5):
        layers = [BASE, (f"code of 1.{number}", 5 * MB)]
        shelf.push(image_text(f"1.{number}", layers=layers), f"1.{number}", age=60 - number)
    broken = json.loads(manifests.image(("broken config", 10), [("broken", 0)]))
    broken["layers"][0]["size"] = -1
    shelf.raw(json.dumps(broken), OCI_MANIFEST, "broken", age=50, size=LISTED)
    return shelf


@pytest.mark.usefixtures("builds")
def test_other_images_count_exactly(plan: Run, run: Run) -> None:
    savings = plan().plan["savings"]
    assert KNOWN <= savings["freed_bytes"] <= AT_MOST
    assert savings["exact"] is False
    assert "6 images to delete: frees about 25 MB," in run("plan", "team/api").out


@pytest.mark.usefixtures("builds")
def test_the_result_says_about(run: Run) -> None:
    id_ = proposed(run)
    assert " about 25 MB " in run("plans").out
    result = run("approve", id_, "--wait")
    assert result.status == 0
    assert "which frees about 25 MB (saves < $1 a year)" in result.out
    assert "team/api: freed about 25 MB: saves < $1 a year." in result.out
    assert "; about 26,219,450 bytes freed" in run("audit").out
    (shown,) = (json.loads(line) for line in run("show", id_, "--format", "json").out.splitlines())
    assert {item["outcome"] for item in shown["receipt"]} == {"deleted"}
    assert KNOWN <= shown["freed_bytes"] <= AT_MOST
