"""The page in a real browser, with an app on slack_sdk."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from bot.playground.slack import SimulatedUser, Workspace
from tests.browser import NARROW, PATIENCE, WIDE, Look, Open

from ..helpers import CONFIRM, Bot, Json, actions, button, field, mrkdwn, options, plain, section

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("browser")]
expect.set_options(timeout=PATIENCE)

TAGS = ["1.9.0", "1.10.0", "1.12.0", "build-30"]
REPORT = [
    {"type": "header", "text": plain("shop/api")},
    section(
        "*Saves $3.40 a month ($40.80 a year)*\nDeletes *255 of 273 manifests*, which frees 34 GB."
    ),
    section(
        "*Keeps 18:* 8 in use, 10 newest releases.\n• `1.12.0` by ECS prod/api\n• `1.9.0` by Lambda"
    ),
    {
        "type": "context",
        "elements": [mrkdwn("Checked for use <!date^1795435200^{date_short}|then>: ECS, Lambda")],
    },
    {"type": "divider"},
    actions(
        {**button("approve", style="danger", confirm=CONFIRM), "text": plain("Approve")},
        {**button("pin"), "text": plain("Pin tags…")},
        {**button("slow", style="primary"), "text": plain("Slow")},
    ),
]


def pin_modal() -> Json:
    menu = {"type": "multi_external_select", "action_id": "tags", "min_query_length": 1}
    radio = {"type": "radio_buttons", "action_id": "who", "options": options("team", "me")}
    boxes = {"type": "checkboxes", "action_id": "notify", "options": options("mail", "chat")}
    duration = {"type": "static_select", "action_id": "for", "options": options("30d", "90d")}
    date = {"type": "datepicker", "action_id": "until"}
    reason = {"type": "plain_text_input", "action_id": "reason"}
    return {
        "type": "modal",
        "title": plain("Pin tags"),
        "submit": plain("Pin"),
        "blocks": [
            field(menu, "tags", label=plain("Tags")),
            field(reason, "reason", label=plain("Reason")),
            field(duration, "for", label=plain("Duration")),
            field(date, "until", label=plain("Until"), optional=True),
            field(radio, "who", label=plain("Requester"), optional=True),
            field(boxes, "notify", label=plain("Notify me by"), optional=True),
        ],
    }


@pytest.fixture
def app(bot: Bot) -> Bot:
    """Opens a modal for a click on `pin`, and suggests tags."""

    def click(payload: Json) -> None:
        if payload["actions"][0]["action_id"] == "pin":
            bot.web.views_open(trigger_id=payload["trigger_id"], view=pin_modal())

    def suggest(payload: Json) -> None:
        found = [tag for tag in TAGS if payload["value"] in tag]
        offered = [{"text": plain(tag), "value": tag} for tag in found]
        bot.answers["block_suggestion"] = {"options": offered}

    bot.does |= {"block_actions": click, "block_suggestion": suggest}
    return bot


@pytest.fixture
def report(app: Bot, bob: SimulatedUser, general: str) -> str:
    """The timestamp of a message that resembles the bot's report."""
    bob.writes("Reminder: the partner checkout still runs `1.12.0`.", general)
    posted = app.web.chat_postMessage(channel=general, text="shop/api", blocks=REPORT)
    return str(posted["ts"])


@pytest.fixture
def window(
    slack: Workspace, open_window: Open, ann: SimulatedUser, general: str, report: str
) -> Page:
    del general, report
    return open_window(f"{slack.url}/?as={ann.id}")


def press(where: Page | Locator, name: str) -> None:
    where.get_by_role("button", name=name, exact=True).click()


def test_a_click_needs_confirmation(
    slack: Workspace, app: Bot, window: Page, general: str, report: str, look: Look
) -> None:
    press(window, "Approve")
    dialog = window.get_by_role("dialog", name="Sure?")
    expect(dialog).to_contain_text("Deletes 3 images.")
    look(window, "confirm")
    window.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    assert app.payloads("block_actions") == []
    assert window.evaluate("document.activeElement.textContent") == "Approve"
    press(window, "Approve")
    press(dialog, "Yes")
    [clicked] = app.wait_for("block_actions")
    assert (clicked["actions"][0]["action_id"], clicked["message"]["ts"]) == ("approve", report)
    app.web.chat_update(channel=general, ts=report, text="done", blocks=[section("*Approved.*")])
    expect(window.get_by_text("Approved.")).to_be_visible()
    expect(window.get_by_role("button", name="Approve")).to_have_count(0)
    assert slack.remote.warnings() == []


def test_a_modal_is_filled_in(app: Bot, window: Page, look: Look) -> None:
    press(window, "Pin tags…")
    modal = window.get_by_role("dialog", name="Pin tags")
    box = modal.get_by_role("combobox", name="Tags")
    expect(box).to_be_focused()
    press(modal, "Pin")
    expect(modal.get_by_text("Please complete this required field.")).to_have_count(3)
    expect(box).to_have_attribute("aria-invalid", "true")
    look(window, "errors")
    box.press_sequentially("1.9")
    modal.get_by_role("option", name="1.9.0").click()
    box.press_sequentially("1.1")
    expect(modal.get_by_role("listbox").get_by_role("option")).to_have_text(["1.10.0", "1.12.0"])
    look(window, "search")
    window.keyboard.press("ArrowDown")
    window.keyboard.press("Enter")
    expect(modal.get_by_role("list", name="Chosen").get_by_role("listitem")).to_contain_text(
        ["1.9.0", "1.12.0"]
    )
    modal.get_by_label("Reason").fill("Partners until Friday")
    modal.get_by_label("Duration").select_option("90d")
    modal.get_by_label("Until").fill("2026-12-24")
    modal.get_by_label("Option me").check()
    modal.get_by_label("Option mail").check()
    app.answers["view_submission"] = {
        "response_action": "errors",
        "errors": {"reason": "Friday is over."},
    }
    press(modal, "Pin")
    expect(modal.get_by_text("Friday is over.")).to_be_visible()
    expect(modal.get_by_label("Reason")).to_be_focused()
    app.answers.clear()
    press(modal, "Pin")
    expect(modal).to_be_hidden()
    [_, sent] = app.payloads("view_submission")
    values = {
        block: _content(held[block]) for block, held in sent["view"]["state"]["values"].items()
    }
    assert [tag["value"] for tag in values["tags"]] == ["1.9.0", "1.12.0"]
    assert (values["reason"], values["until"]) == ("Partners until Friday", "2026-12-24")
    assert (values["for"]["value"], values["who"]["value"]) == ("90d", "me")
    assert [each["value"] for each in values["notify"]] == ["mail"]


def _content(value: Json) -> Any:
    """The value of a field, without its type."""
    return next(held for key, held in value.items() if key != "type")


def test_stacked_modals(app: Bot, window: Page) -> None:
    loading = {"type": "modal", "title": plain("First"), "blocks": [section("Loading…")]}
    opened: list[Json] = []

    def show(payload: Json) -> None:
        opened.append(app.web.views_open(trigger_id=payload["trigger_id"], view=loading)["view"])

    app.does["block_actions"] = show
    press(window, "Pin tags…")
    first = window.get_by_role("dialog", name="First")
    expect(first).to_contain_text("Loading…")
    more = {**loading, "blocks": [section("Loaded"), actions(button("more"))]}
    app.web.views_update(view_id=opened[0]["id"], view=more)
    expect(first).to_contain_text("Loaded")
    second = {"type": "modal", "title": plain("Second"), "blocks": [section("on top")]}
    app.does["block_actions"] = lambda payload: app.web.views_push(
        trigger_id=payload["trigger_id"], view=second
    )
    press(first, "Go")
    expect(window.get_by_role("dialog", name="Second")).to_contain_text("on top")
    expect(first).to_have_count(0)
    window.keyboard.press("Escape")
    expect(first).to_be_visible()
    window.keyboard.press("Tab")
    assert window.evaluate("document.activeElement.closest('dialog') !== null")
    window.keyboard.press("Escape")
    expect(window.get_by_role("dialog")).to_have_count(0)


def test_a_menu_of_a_message_with_options_from_the_app(
    app: Bot, window: Page, general: str, look: Look
) -> None:
    menu = {"type": "external_select", "action_id": "open_report", "min_query_length": 0}
    hint = {"placeholder": plain("Open a report")}
    blocks = [section("Digest"), actions(button(), {**menu, **hint}, block_id="below")]
    ts = app.web.chat_postMessage(channel=general, text="x", blocks=blocks)["ts"]
    box = window.get_by_role("combobox", name="Open a report")
    box.click()
    found = window.get_by_role("listbox").get_by_role("option")
    expect(found).to_have_text(TAGS)
    expect(found.last).to_be_in_viewport()
    look(window, "menu-of-a-message")
    box.press_sequentially("build")
    expect(found).to_have_text(["build-30"])
    window.keyboard.press("Enter")
    [chosen] = app.wait_for("block_actions")
    assert chosen["actions"][0]["selected_option"]["value"] == "build-30"
    assert chosen["container"]["message_ts"] == ts
    expect(window.get_by_role("list", name="Chosen")).to_contain_text("build-30")
    expect(found).to_have_count(0)
    expect(box).to_be_focused()


def test_a_choice_that_the_app_answers_at_once(app: Bot, window: Page) -> None:
    """The app gets what the user typed in other fields, which keep their text."""
    radio = {"type": "radio_buttons", "action_id": "which", "options": options("all", "some")}
    note = {"type": "plain_text_input", "action_id": "note"}

    def view(sum_of_all: str, chosen: str) -> Json:
        offered = [
            {"text": plain(f"{value} ({sum_of_all})"), "value": value} for value in ("all", "some")
        ]
        return {
            "type": "modal",
            "title": plain("Approve"),
            "submit": plain("Next"),
            "blocks": [
                field(
                    {**radio, "options": offered}, "a", label=plain("Which"), dispatch_action=True
                ),
                field(note, "b", label=plain("Note")),
                section(chosen),
            ],
        }

    def answer(payload: Json) -> None:
        if payload["actions"][0]["action_id"] == "pin":
            app.web.views_open(trigger_id=payload["trigger_id"], view=view("$3", "Nothing chosen"))
        else:
            note = payload["view"]["state"]["values"]["b"]["note"]["value"]
            updated = view("$2", f"Chosen, with {note}")
            app.web.views_update(view_id=payload["view"]["id"], view=updated)

    app.does["block_actions"] = answer
    press(window, "Pin tags…")
    window.get_by_label("Note").fill("a note")
    window.get_by_label("some ($3)").check()
    expect(window.get_by_text("Chosen, with a note")).to_be_visible()
    expect(window.get_by_label("some ($2)")).to_be_checked()
    expect(window.get_by_label("all ($2)")).not_to_be_checked()
    expect(window.get_by_label("Note")).to_have_value("a note")


def test_enter_sends_a_text(app: Bot, window: Page) -> None:
    """As the input says: on Enter, by default, or on each character."""
    boxes = {"a": None, "b": {"trigger_actions_on": ["on_character_entered"]}}
    blocks = [
        field(
            {
                "type": "plain_text_input",
                "action_id": name,
                **({"dispatch_action_config": config} if config else {}),
            },
            name,
            label=plain(f"Box {name}"),
            dispatch_action=True,
        )
        for name, config in boxes.items()
    ]
    modal = {"type": "modal", "title": plain("Find"), "submit": plain("Go"), "blocks": blocks}

    def click(payload: Json) -> None:
        if payload["actions"][0]["action_id"] == "pin":
            app.web.views_open(trigger_id=payload["trigger_id"], view=modal)

    app.does["block_actions"] = click
    press(window, "Pin tags…")
    window.get_by_label("Box a").fill("1.9")
    window.get_by_label("Box b").fill("x")
    [_, typed] = app.wait_for("block_actions", 2)
    window.get_by_label("Box a").press("Enter")
    [*_, entered] = app.wait_for("block_actions", 3)
    sent = [
        (each["actions"][0]["action_id"], each["actions"][0]["value"]) for each in (typed, entered)
    ]
    assert sent == [("b", "x"), ("a", "1.9")]
    assert app.payloads("view_submission") == []


def test_an_app_that_does_not_answer(slack: Workspace, app: Bot, window: Page) -> None:
    app.silent.add("block_actions")
    press(window, "Slow")
    slow = window.get_by_role("button", name="Slow")
    expect(slow).to_have_attribute("aria-busy", "true")
    app.wait_for("block_actions")
    slack.remote.set_clock(shift=3)
    expect(window.get_by_role("alert").last).to_contain_text("did not answer within 3 seconds")
    expect(slow).not_to_have_attribute("aria-busy", "true")


def test_updates_keep_scroll_position_and_typed_text(
    app: Bot, window: Page, ann: SimulatedUser, bob: SimulatedUser, general: str, report: str
) -> None:
    for number in range(30):
        bob.writes(f"line {number}", general)
    expect(window.get_by_text("line 29")).to_be_in_viewport()
    composer = window.get_by_label("Message #general")
    composer.fill("half a sen")
    window.get_by_role("log").evaluate("box => box.scrollTo(0, 40)")
    window.get_by_role("button", name="Acting as").click()
    app.web.chat_postEphemeral(channel=general, user=ann.id, text="You cannot approve this plan.")
    expect(window.get_by_text("Only visible to you")).to_have_count(1)
    assert window.get_by_role("log").evaluate("box => box.scrollTop") == 40
    expect(window.get_by_role("heading", name="Act as")).to_be_visible()
    expect(composer).to_have_value("half a sen")
    app.web.chat_update(channel=general, ts=report, text="x", blocks=[section("Done.")])
    expect(window.get_by_text("Done.")).to_have_count(1)


def test_writing(slack: Workspace, app: Bot, window: Page, look: Look) -> None:
    composer = window.get_by_label("Message #general")
    composer.press_sequentially("/cl")
    expect(window.locator(".hints")).to_contain_text("/clean")
    look(window, "hint")
    composer.fill("/clean team/api")
    composer.press("Enter")
    expect(composer).to_have_value("")
    [typed] = app.wait_for("slash_commands")
    assert (typed["command"], typed["text"]) == ("/clean", "team/api")
    composer.fill("/no")
    composer.press("Enter")
    expect(window.get_by_role("alert").last).to_contain_text("/no is not a valid command")
    composer.fill("a <b> & *c*")
    composer.press("Enter")
    expect(window.get_by_text("a <b> & c")).to_be_visible()
    other = slack.remote.add_channel("other", [])
    window.goto(f"{slack.url}/c/{other}")
    press(window, "Join channel")
    expect(window.get_by_label("Message #other")).to_be_visible()


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_screenshots(
    *,
    slack: Workspace,
    app: Bot,
    open_window: Open,
    ann: SimulatedUser,
    bob: SimulatedUser,
    general: str,
    report: str,
    look: Look,
    size: tuple[int, int],
) -> None:
    name = "wide" if size == WIDE else "narrow"
    slack.remote.add_channel("payments", [ann, bob])
    app.web.files_upload_v2(
        channel=general,
        thread_ts=report,
        filename="plan.csv",
        title="shop/api: every manifest",
        content="verdict,tags,size\n" + "delete,1.0,321 MB\n" * 9,
    )
    bob.writes("Keep 1.12.0, please.", general, thread_ts=report)
    app.web.chat_postEphemeral(channel=general, user=ann.id, text="You cannot approve this plan.")
    home = {
        "type": "home",
        "blocks": [REPORT[0], section(fields=[mrkdwn("*Cost*\n$35.20"), mrkdwn("*Saved*\n$0")])],
    }
    app.does["app_home_opened"] = lambda _: app.web.views_publish(user_id=ann.id, view=home)

    window = open_window(f"{slack.url}/?as={ann.id}", size)
    expect(window.get_by_text("Only visible to you")).to_be_visible()
    assert window.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(window, f"{name}-channel")
    window.get_by_role("link", name="2 replies").click()
    thread = window.get_by_role("complementary", name="Thread")
    expect(thread.get_by_text("Keep 1.12.0, please.")).to_be_visible()
    expect(thread.get_by_text("4 more lines")).to_be_visible()
    look(window, f"{name}-thread")
    with window.expect_download() as download:
        thread.get_by_role("link", name="shop/api: every manifest").click()
    assert download.value.suggested_filename == "plan.csv"
    if size == NARROW:
        window.get_by_role("button", name="Channels and apps").click()
        look(window, "narrow-places")
    window.get_by_role("navigation").get_by_role("link", name="cleaner").click()
    expect(window.get_by_text("$35.20")).to_be_visible()
    look(window, f"{name}-home")
    window.get_by_role("button", name="Acting as").click()
    look(window, f"{name}-people")
    window.get_by_role("link", name="bob").click()
    expect(window.get_by_text("Only visible to you")).to_have_count(0)
    assert window.evaluate("document.body.dataset.user") == bob.id
