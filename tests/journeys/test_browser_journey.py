"""The journey from report to deletion in a real browser on the workspace's page, with `ecr-clean
serve` in its own processes."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.core.plan import PlanState
from bot.playground.slack import SimulatedUser, Workspace
from bot.store.store import Store
from tests.browser import NARROW, PATIENCE, WIDE, Look, Open, chromium, look, open_window
from tests.cli.plan_execution import as_stored, late_by
from tests.journeys.test_slack import (
    AN_HOUR,
    DELETED_TAGS,
    KEPT_TAGS,
    only_plan,
    serving_slack,
    tags,
)
from tests.support import Shelf

__all__ = ["chromium", "look", "open_window"]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser-story"),
    pytest.mark.usefixtures("without_typing"),
]
expect.set_options(timeout=PATIENCE)

PINNED = "1.0"


def press(where: Page | Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def until_said(window: Page, words: str) -> None:
    expect(window.get_by_role("log")).to_contain_text(words)


def approve(window: Page, images: int) -> None:
    press(window, "Approve")
    dialog = window.get_by_role("dialog", name=f"Delete {images} images?")
    expect(dialog).to_contain_text("Deleted images cannot be restored")
    press(dialog, "Approve")
    expect(window.get_by_role("button", name="Stop")).to_be_visible()


def pin(window: Page, look: Look) -> None:
    press(window, "Pin tags…")
    modal = window.get_by_role("dialog", name="Pin tags")
    modal.get_by_role("combobox", name="Tags to pin").press_sequentially(PINNED)
    modal.get_by_role("option", name=re.compile(rf"{re.escape(PINNED)}.*to delete")).click()
    expect(modal.get_by_role("list", name="Chosen")).to_contain_text(PINNED)
    modal.get_by_label("Reason").fill("a customer runs it")
    look(window, "journey-pin")
    press(modal, "Pin")
    expect(modal.get_by_role("button", name="Unpin")).to_be_visible()
    press(modal, "Close")
    expect(modal).to_be_hidden()


def review(window: Page, look: Look) -> None:
    press(window, "Review images")
    modal = window.get_by_role("dialog", name="Review images")
    expect(modal.get_by_role("button", name="Keep 30 days")).to_have_count(3)
    modal.get_by_label("Search by tag").fill(PINNED)
    modal.get_by_label("Search by tag").press("Enter")
    expect(modal.get_by_role("button", name="Keep 30 days")).to_have_count(1)
    look(window, "journey-review")
    press(modal, "To keep (0)")
    expect(modal).to_contain_text(f"No image to keep has a tag like {PINNED}.")
    press(modal, "Close")
    expect(modal).to_be_hidden()


def test_report_pin_stop_and_deletion_in_the_browser(
    slack: Workspace,
    open_window: Open,
    ann: SimulatedUser,
    bob: SimulatedUser,
    ops: str,
    own_store: Store,
    releases: Shelf,
    look: Look,
) -> None:
    address = f"{slack.url}/c/{ops}"
    anns = open_window(f"{address}?as={ann.id}", WIDE)
    bobs = open_window(f"{address}?as={bob.id}", NARROW)
    with serving_slack(slack):
        composer = anns.get_by_label("Message #ops")
        composer.fill("/ecr-clean team/api")
        composer.press("Enter")
        until_said(bobs, "delete 3 images")
        expect(anns.get_by_role("link", name="1 reply")).to_be_visible()
        look(anns, "journey-report")
        plan = only_plan(own_store).id

        review(bobs, look)
        pin(bobs, look)
        until_said(anns, "delete 2 images")
        assert as_stored(own_store, plan).version == 2

        approve(anns, 2)
        until_said(bobs, "Approved by @ann")
        look(bobs, "journey-approved")
        press(bobs, "Stop")
        until_said(anns, "Stopped by @bob")
        assert tags(releases) == DELETED_TAGS | KEPT_TAGS

        approve(anns, 2)
        late_by(own_store, plan, AN_HOUR)
        until_said(bobs, "deleted 2 images")
        expect(anns.get_by_role("button", name="Stop")).to_have_count(0)
        look(anns, "journey-done")
    assert as_stored(own_store, plan).state is PlanState.DONE
    assert tags(releases) == KEPT_TAGS | {PINNED}
