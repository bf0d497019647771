"""Fixtures: Debian's Chromium without a window, and screenshots."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

CHROMIUM = shutil.which("chromium")
INSTALL = "Chromium is missing: apt-get install chromium"
KEPT_IN = os.environ.get("ECR_CLEAN_SCREENSHOTS")
"""Read before tests clear the environment; relative to the folder in which they were started."""

STARTED_IN = Path.cwd()
WIDE, NARROW = (1440, 900), (390, 844)

PATIENCE = 15_000
"""Milliseconds to wait until something appears."""

Open = Callable[..., Page]
"""`open_window(address, size=WIDE)`."""

Look = Callable[[Page, str], None]
"""Takes a screenshot with this name."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser per module: Playwright's event loop prevents other loops in the same thread."""
    if CHROMIUM is None:
        pytest.skip(INSTALL)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def open_window(chromium: Browser) -> Iterator[Open]:
    """Opens independent windows. An error in the browser fails the test."""
    complaints: list[str] = []

    def open_it(address: str, size: tuple[int, int] = WIDE) -> Page:
        width, height = size
        page = chromium.new_page(viewport={"width": width, "height": height}, locale="en-GB")
        page.set_default_timeout(PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        page.goto(address)
        return page

    yield open_it
    for context in chromium.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def look(tmp_path: Path) -> Look:
    """Takes screenshots in the folder ECR_CLEAN_SCREENSHOTS, which CI keeps."""
    folder = STARTED_IN / KEPT_IN if KEPT_IN else tmp_path

    def take(page: Page, name: str) -> None:
        page.screenshot(path=folder / f"{name}.png", animations="disabled")

    return take
