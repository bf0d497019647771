"""Data tables in the page: their cells, their HTML, and how users sort and filter in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect
from slack_sdk import WebClient

from bot.playground.slack import SimulatedUser, Workspace
from bot.playground.slack.blocks import check_message
from bot.playground.slack.page.data_tables import shown_table
from tests.browser import NARROW, WIDE, Look, Open

from ..helpers import Json, http_get, section


def text(content: str) -> Json:
    return {"type": "raw_text", "text": content}


def number(value: float, content: str) -> Json:
    return {"type": "raw_number", "value": value, "text": content}


def rich(*elements: Json) -> Json:
    line = {"type": "rich_text_section", "elements": list(elements)}
    return {"type": "rich_text", "elements": [line]}


def block(*rows: list[Json], **more: Any) -> Json:
    made = {"type": "data_table", "caption": "Repositories", "rows": list(rows), **more}
    assert check_message([made]) == []
    return made


TO = "\N{EN DASH}"
HEADER = [text("Repository"), text("Frees"), text("State")]


def repositories(count: int) -> Json:
    """Numbers that would be in another order as text."""
    rows = [
        [text(f"team/service-{place}"), number(place, f"{place} GB"), text("waits for approval")]
        for place in range(count, 0, -1)
    ]
    return block(HEADER, *rows, page_size=10)


def test_columns_of_numbers() -> None:
    mixed = block(HEADER, [text("a"), number(2, "2 GB"), number(1, "1")], [text("b")] * 3)
    assert [each.is_numeric for each in shown_table(mixed).columns] == [False, False, False]
    numbers = block(HEADER, [text("a"), number(2, "2 GB"), text("?")])
    assert [each.is_numeric for each in shown_table(numbers).columns] == [False, True, False]


def test_defaults() -> None:
    made = shown_table(block(HEADER, [text("a")] * 3))
    assert (made.page_size, made.names_rows) == (5, 0)


def test_rich_text() -> None:
    cell = rich(
        {"type": "text", "text": "see "},
        {"type": "link", "url": "https://example.com", "text": "the report"},
        {"type": "link", "url": "https://example.com"},
        {"type": "link", "url": "javascript:alert()", "text": "no link"},
        {"type": "emoji", "name": "tada"},
        {"type": "user", "user_id": "U1"},
    )
    (shown,) = shown_table(block([text("a")], [cell])).rows[0]
    assert list(shown.parts) == [
        ("see ", ""),
        ("the report", "https://example.com"),
        ("https://example.com", "https://example.com"),
        ("no link", ""),
        (":tada:", ""),
        ("(user)", ""),
    ]
    assert shown.value is None


def test_the_html(slack: Workspace, web: WebClient, ann: SimulatedUser, general: str) -> None:
    rows = [[text("team/<api>"), number(1.5, "1.5 GB"), rich({"type": "text", "text": "a"})]]
    made = block(HEADER, *rows, [text("x")] * 3, page_size=1, caption="<b>")
    web.chat_postMessage(channel=general, text="x", blocks=[made])
    html = http_get(f"{slack.url}/c/{general}?as={ann.id}").text
    assert "team/<wbr>&lt;api&gt;" in html
    assert 'data-value="1.5"' in html
    assert html.count("<tr") == 3
    assert html.count("<tr id") == 2
    assert "<b>" not in html
    assert "style=" not in html


def names(window: Page) -> list[str]:
    """The names of the visible rows."""
    return window.locator("tbody tr:visible th").all_inner_texts()


def sorting(window: Page, column: str) -> Locator:
    return window.get_by_role("columnheader", name=column).get_by_role("button")


@pytest.fixture
def window(
    slack: Workspace, web: WebClient, open_window: Open, ann: SimulatedUser, general: str
) -> Page:
    """A channel with a message that has a table of 42 rows."""
    web.chat_postMessage(channel=general, text="x", blocks=[repositories(42)])
    return open_window(f"{slack.url}/c/{general}?as={ann.id}")


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_sorting_by_keyboard(window: Page) -> None:
    column = window.get_by_role("columnheader", name="Frees")
    sorting(window, "Frees").focus()
    window.keyboard.press("Enter")
    expect(column).to_have_attribute("aria-sort", "ascending")
    assert names(window)[:3] == ["team/service-1", "team/service-2", "team/service-3"]
    window.keyboard.press("Enter")
    expect(column).to_have_attribute("aria-sort", "descending")
    assert names(window)[0] == "team/service-42"
    window.keyboard.press("Enter")
    expect(column).not_to_have_attribute("aria-sort", "descending")
    sorting(window, "Repository").press("Enter")
    assert names(window)[:3] == ["team/service-1", "team/service-10", "team/service-11"]


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_pages_and_filter(window: Page) -> None:
    status = window.locator(".table-pages [role=status]")
    expect(status).to_have_text(f"1{TO}10 of 42")
    turns = [window.get_by_role("button", name=name) for name in ("Previous", "Next")]
    expect(turns[0]).to_be_disabled()
    turns[0].press("Enter")
    for _ in range(5):
        turns[1].press("Enter")
    expect(turns[1]).to_be_focused()
    expect(turns[1]).to_be_disabled()
    expect(status).to_have_text(f"41{TO}42 of 42")
    assert names(window) == ["team/service-2", "team/service-1"]
    box = window.get_by_role("searchbox", name="Filter: Repositories")
    box.fill(" SERVICE-4 ")
    expect(status).to_have_text(f"1{TO}4 of 4 that match")
    expect(turns[1]).to_be_hidden()
    box.fill("nothing")
    expect(status).to_have_text("No rows match")
    box.fill("service-42")
    expect(status).to_have_text("1 of 1 that match")


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
def test_an_update_keeps_what_the_user_chose(window: Page, web: WebClient, general: str) -> None:
    (message,) = web.conversations_history(channel=general)["messages"]
    sorting(window, "Frees").click()
    box = window.get_by_role("searchbox", name="Filter: Repositories")
    box.fill("service-4")
    web.chat_update(channel=general, ts=message["ts"], text="x", blocks=[repositories(44)])
    expect(window.locator(".table-pages [role=status]")).to_have_text(f"1{TO}6 of 6 that match")
    assert names(window) == [f"team/service-{place}" for place in (4, 40, 41, 42, 43, 44)]
    expect(box).to_be_focused()
    web.chat_update(channel=general, ts=message["ts"], text="x", blocks=[section("Done.")])
    expect(window.get_by_role("table")).to_have_count(0)


@pytest.mark.slow
@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_table_fits_the_screen(
    slack: Workspace,
    web: WebClient,
    open_window: Open,
    ann: SimulatedUser,
    general: str,
    look: Look,
    size: tuple[int, int],
) -> None:
    columns = ["Repository", "Delete", "Of", "Frees", "Saves a year", "⚠️", "State"]
    numbers = [number(1, shown) for shown in ("412", "1,400", "120.4 GB", "$144.00", "2")]
    rows = [
        [text(name), *numbers, text("waits for approval")]
        for name in ("shop/api", "data/feature-store", f"ml/{'long-' * 8}…bedding-worker-7")
    ]
    made = block([text(each) for each in columns], *rows, caption="3 repositories, by savings")
    web.chat_postMessage(channel=general, text="x", blocks=[section("Digest"), made])
    window = open_window(f"{slack.url}/c/{general}?as={ann.id}", size)
    expect(window.get_by_role("table", name="3 repositories, by savings")).to_be_visible()
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    region = window.get_by_role("region", name="3 repositories, by savings")
    fits = region.evaluate("box => box.scrollWidth <= box.clientWidth")
    assert fits == (size == WIDE)
    for scheme in ("light", "dark"):
        window.emulate_media(color_scheme=scheme)
        look(window, f"{'wide' if size == WIDE else 'narrow'}-table-{scheme}")
