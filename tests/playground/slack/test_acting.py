"""User actions on messages, slash commands, and their outcomes."""

from typing import Any

import pytest

from bot.playground.slack import SimulatedUser, Workspace

from .helpers import CONFIRM, Bot, actions, button, field, manifest, options, section, text_input

DATE = {"type": "datepicker", "action_id": "menu"}
MENU = {"type": "static_select", "action_id": "menu", "options": options("a", "b")}


def post(bot: Bot, channel: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    """Posts a message with these blocks. Returns its channel and timestamp."""
    posted = bot.web.chat_postMessage(channel=channel, text="x", blocks=list(blocks))
    return {"channel": channel, "ts": posted["ts"]}


def test_a_click(slack: Workspace, bot: Bot, ann: SimulatedUser, general: str) -> None:
    where = post(bot, general, actions(button(value="7", style="danger"), block_id="b"))
    outcome = ann.uses("go", **where)
    assert (outcome.ok, outcome.sent) == (True, True)
    [payload] = bot.payloads("block_actions")
    [action] = payload["actions"]
    assert {**action, "action_ts": ""} == {
        "type": "button",
        "action_id": "go",
        "block_id": "b",
        "text": {"type": "plain_text", "text": "Go"},
        "value": "7",
        "style": "danger",
        "action_ts": "",
    }
    assert payload["container"] == {
        "type": "message",
        "message_ts": where["ts"],
        "channel_id": general,
        "is_ephemeral": False,
    }
    assert payload["user"]["id"] == ann.id
    assert payload["message"]["ts"] == where["ts"]
    assert payload["channel"] == {"id": general, "name": "general"}
    assert payload["api_app_id"] == slack.app.id
    assert slack.remote.warnings() == []


def test_a_click_needs_confirmation(bot: Bot, ann: SimulatedUser, general: str) -> None:
    where = post(bot, general, actions(button(confirm=CONFIRM)))
    asked = ann.uses("go", **where)
    assert (asked.result, asked.dialog, asked.sent) == ("confirm", CONFIRM, False)
    assert ann.uses("go", **where, confirm=False).result == "cancelled"
    assert bot.payloads("block_actions") == []
    assert ann.uses("go", **where, confirm=True).ok
    assert len(bot.payloads("block_actions")) == 1


def test_an_element_without_confirmation_dialog(bot: Bot, ann: SimulatedUser, general: str) -> None:
    where = post(bot, general, actions(button()))
    with pytest.raises(RuntimeError, match="no confirmation dialog"):
        ann.uses("go", **where, confirm=True)


def test_a_button_that_no_longer_exists(bot: Bot, ann: SimulatedUser, general: str) -> None:
    where = post(bot, general, actions(button()))
    bot.web.chat_update(**where, text="done")
    outcome = ann.uses("go", **where)
    assert (outcome.result, outcome.detail) == ("gone", "no element with action_id go")
    bot.web.chat_delete(**where)
    assert ann.uses("go", **where).detail == "the message does not exist"
    assert bot.payloads("block_actions") == []


def test_users_cannot_click_messages_that_they_cannot_see(
    slack: Workspace, bot: Bot, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    guest = slack.remote.add_user("gil", is_restricted=True)
    stranger = slack.remote.add_user("sam", team_id="T9999999999")
    where = post(bot, general, actions(button()))
    for person in (guest, stranger):
        assert person.uses("go", **where).result == "gone"
        with pytest.raises(LookupError):
            person.messages(general)
    assert slack.remote.add_user("full").uses("go", **where).ok
    only_hers = bot.web.chat_postEphemeral(
        channel=general, user=ann.id, text="x", blocks=[actions(button())]
    )
    ephemeral = {"channel": general, "ts": only_hers["message_ts"]}
    assert bob.uses("go", **ephemeral).result == "gone"
    assert ann.uses("go", **ephemeral).ok
    payload = bot.payloads("block_actions")[-1]
    assert payload["container"]["is_ephemeral"]
    assert "message" not in payload


def test_a_click_in_a_thread(bot: Bot, ann: SimulatedUser, general: str) -> None:
    parent = post(bot, general, section())
    posted = bot.web.chat_postMessage(
        channel=general, text="x", thread_ts=parent["ts"], blocks=[actions(button())]
    )
    assert ann.uses("go", channel=general, ts=posted["ts"]).ok
    [payload] = bot.payloads("block_actions")
    assert payload["container"]["thread_ts"] == parent["ts"]


def test_private_channels_have_no_names_in_payloads(
    slack: Workspace, bot: Bot, ann: SimulatedUser
) -> None:
    private = slack.remote.add_channel("hidden", [ann], kind="private")
    for channel in (private, ann.opens_im()):
        assert ann.uses("go", **post(bot, channel, actions(button()))).ok
    names = [payload["channel"]["name"] for payload in bot.payloads("block_actions")]
    assert names == ["privategroup", "directmessage"]


def test_without_interactivity_nothing_is_sent() -> None:
    with Workspace(manifest(interactivity={"is_enabled": False})) as slack:
        bot = Bot(slack)
        ann = slack.remote.add_user("ann")
        channel = slack.remote.add_channel("general", [ann])
        assert ann.uses("go", **post(bot, channel, actions(button()))).result == "not_configured"
        assert slack.remote.deliveries() == []


def test_an_app_that_is_too_slow(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    bot.silent.add("block_actions")
    bot.does["block_actions"] = lambda _: slack.remote.set_clock(shift=3)
    where = post(bot, general, actions(button()))
    assert ann.uses("go", **where).result == "operation_timeout"


@pytest.mark.parametrize(
    ("element", "value", "sent"),
    [
        (MENU, "b", {"selected_option": options("b")[0]}),
        ({**MENU, "type": "radio_buttons"}, "a", {"selected_option": options("a")[0]}),
        ({**MENU, "type": "checkboxes"}, ["a", "b"], {"selected_options": options("a", "b")}),
        ({**MENU, "type": "overflow"}, "a", {"selected_option": options("a")[0]}),
        (DATE, "2026-11-23", {"selected_date": "2026-11-23"}),
        ({**DATE, "type": "timepicker"}, "09:00", {"selected_time": "09:00"}),
    ],
)
def test_choosing(
    *, bot: Bot, ann: SimulatedUser, general: str, element: Any, value: Any, sent: dict[str, Any]
) -> None:
    where = post(bot, general, actions(element))
    assert ann.uses("menu", **where, value=value).ok
    [payload] = bot.payloads("block_actions")
    [action] = payload["actions"]
    assert sent.items() <= action.items()
    kept = [block["menu"] for block in payload["state"]["values"].values()]
    assert kept == ([] if element["type"] == "overflow" else [{"type": element["type"], **sent}])


def test_only_offered_options_can_be_chosen(bot: Bot, ann: SimulatedUser, general: str) -> None:
    where = post(bot, general, section(accessory=MENU))
    outcome = ann.uses("menu", **where, value="c")
    assert (outcome.result, outcome.detail) == ("refused", "c is not among the options")
    many = {**MENU, "type": "multi_static_select", "max_selected_items": 1}
    where = post(bot, general, section(accessory=many))
    assert ann.uses("menu", **where, value=["a", "b"]).detail == "at most 1 can be chosen"
    assert bot.payloads("block_actions") == []


def test_menus_of_users_and_channels(bot: Bot, ann: SimulatedUser, general: str) -> None:
    users = {"type": "multi_users_select", "action_id": "users"}
    channel = {"type": "conversations_select", "action_id": "channel"}
    where = post(bot, general, section(accessory=users), actions(channel))
    assert ann.uses("users", **where, value=[ann.id]).ok
    assert ann.uses("channel", **where, value=general).ok
    assert ann.uses("channel", **where, value="C404").detail == "C404 does not exist"
    first, second = (payload["actions"][0] for payload in bot.payloads("block_actions"))
    assert first["selected_users"] == [ann.id]
    assert second["selected_conversation"] == general


def test_a_menu_with_options_from_the_app(bot: Bot, ann: SimulatedUser, general: str) -> None:
    menu = {"type": "multi_external_select", "action_id": "menu", "min_query_length": 1}
    where = post(bot, general, section(accessory=menu))
    bot.answers["block_suggestion"] = {"options": options("1.0", "1.1")}
    assert ann.looks_for("", "menu", **where).result == "refused"
    found = ann.looks_for("1.", "menu", **where)
    assert found.options == tuple(options("1.0", "1.1"))
    [payload] = bot.payloads("block_suggestion")
    assert (payload["action_id"], payload["value"]) == ("menu", "1.")
    assert ann.uses("menu", **where, value=["1.1"]).ok
    assert ann.uses("menu", **where, value=["2.0"]).result == "refused"


def test_a_menu_with_options_from_the_app_among_buttons(
    bot: Bot, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    menu = {"type": "external_select", "action_id": "open_report", "min_query_length": 0}
    where = post(bot, general, actions(button(), menu, block_id="b"))
    bot.answers["block_suggestion"] = {"options": options("shop/api")}
    assert ann.looks_for("", "open_report", **where).options == tuple(options("shop/api"))
    [asked] = bot.payloads("block_suggestion")
    assert (asked["block_id"], asked["message"]["ts"]) == ("b", where["ts"])
    assert ann.uses("open_report", **where, value="shop/api").sent
    [chosen] = bot.payloads("block_actions")
    assert chosen["actions"][0]["selected_option"] == options("shop/api")[0]
    assert chosen["actions"][0]["block_id"] == "b"
    assert (chosen["container"]["type"], chosen["container"]["message_ts"]) == (
        "message",
        where["ts"],
    )
    assert chosen["state"]["values"]["b"]["open_report"]["selected_option"]["value"] == "shop/api"
    assert chosen["response_url"]
    assert bob.uses("open_report", **where, value="shop/api").result == "refused"


def test_a_choice_stays_valid_after_another_search(
    bot: Bot, ann: SimulatedUser, general: str
) -> None:
    menu = {"type": "external_select", "action_id": "menu", "min_query_length": 0}
    where = post(bot, general, actions(menu))
    bot.answers["block_suggestion"] = {"options": options("a")}
    ann.looks_for("a", "menu", **where)
    assert ann.uses("menu", **where, value="a").ok
    bot.answers["block_suggestion"] = {"options": options("b")}
    ann.looks_for("b", "menu", **where)
    assert ann.uses("menu", **where, value="a").ok


def test_options_of_groups(bot: Bot, ann: SimulatedUser, general: str) -> None:
    menu = {"type": "external_select", "action_id": "menu"}
    where = post(bot, general, section(accessory=menu))
    group = {"label": {"type": "plain_text", "text": "g"}, "options": options("a")}
    bot.answers["block_suggestion"] = {"option_groups": [group]}
    assert ann.looks_for("abc", "menu", **where).options == tuple(options("a"))
    with pytest.raises(RuntimeError, match="is not a menu with options from the app"):
        ann.looks_for("x", "go", **post(bot, general, actions(button())))


def test_suggestions_are_checked(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    menu = {"type": "external_select", "action_id": "menu", "min_query_length": 0}
    where = post(bot, general, section(accessory=menu))
    bot.answers["block_suggestion"] = {"options": options(*map(str, range(101)))}
    outcome = ann.looks_for("", "menu", **where)
    assert outcome.result == "invalid_response"
    assert "no more than 100 items" in outcome.detail
    assert len(slack.remote.warnings()) == 1


def test_no_suggestions(bot: Bot, ann: SimulatedUser, general: str) -> None:
    menu = {"type": "external_select", "action_id": "menu", "min_query_length": 0}
    where = post(bot, general, section(accessory=menu))
    found = ann.looks_for("", "menu", **where)
    assert (found.ok, found.options) == (True, ())
    assert bot.payloads("block_suggestion")


def test_inputs_in_messages_send_on_request(bot: Bot, ann: SimulatedUser, general: str) -> None:
    quiet, loud = text_input("quiet"), text_input("loud")
    blocks = [field(quiet, "a"), field(loud, "b", dispatch_action=True)]
    where = post(bot, general, *blocks)
    assert not ann.uses("quiet", **where, value="one").sent
    assert ann.uses("loud", **where, value="two").sent
    [payload] = bot.payloads("block_actions")
    assert payload["state"]["values"] == {
        "a": {"quiet": {"type": "plain_text_input", "value": "one"}},
        "b": {"loud": {"type": "plain_text_input", "value": "two"}},
    }


def test_unknown_commands(bot: Bot, ann: SimulatedUser, general: str) -> None:
    outcome = ann.types("/other x", general)
    assert (outcome.result, outcome.sent) == ("unknown_command", False)
    assert bot.received == []


def test_commands_need_membership(slack: Workspace, bot: Bot, general: str) -> None:
    nonmember = slack.remote.add_user("cleo")
    assert nonmember.types("/clean x", general).result == "gone"
    assert nonmember.joins(general).ok
    assert nonmember.types("/clean x", general).ok
    assert len(bot.received) == 1


def test_a_public_answer_shows_the_command(
    slack: Workspace, bot: Bot, ann: SimulatedUser, bob: SimulatedUser, general: str
) -> None:
    bot.answers["slash_commands"] = {"response_type": "in_channel", "text": "here"}
    ann.types("/clean x", general)
    shown = [(each["user"], each["text"]) for each in bob.messages(general)]
    assert shown == [(ann.id, "/clean x"), (slack.app.user_id, "here")]


def test_answers_to_commands_are_checked(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    bot.answers["slash_commands"] = {"text": "x", "blocks": [{"type": "banner"}]}
    outcome = ann.types("/clean x", general)
    assert outcome.result == "invalid_response"
    assert "unsupported type: banner" in outcome.detail
    assert ann.messages(general) == []
    assert len(slack.remote.warnings()) == 1


def test_mentions_and_direct_messages(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    assert ann.writes(f"<@{slack.app.user_id}> help", general).sent
    [mention] = bot.wait_for("app_mention")
    assert mention["event"]["channel"] == general
    assert mention["type"] == "event_callback"
    im = ann.opens_im()
    written = ann.writes("hello", im)
    [message] = bot.wait_for("message")
    event = message["event"]
    assert (event["ts"], event["channel_type"]) == (written.detail, "im")


def test_no_events_from_a_channel_that_the_bot_left(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str
) -> None:
    slack.remote.post("/channels/leave", channel=general, user=slack.app.user_id)
    assert not ann.writes(f"<@{slack.app.user_id}> help", general).sent
    assert bot.received == []


def test_joining_sends_an_event() -> None:
    events = {"bot_events": ["member_joined_channel"]}
    with Workspace(manifest(event_subscriptions=events)) as slack:
        bot = Bot(slack)
        bot.start()
        ann = slack.remote.add_user("ann")
        channel = slack.remote.add_channel("general")
        assert ann.joins(channel).sent
        [payload] = bot.wait_for("member_joined_channel")
        bot.stop()
    assert payload["event"]["user"] == ann.id
