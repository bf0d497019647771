"""Modals and the Home tab, for the app and for users."""

from datetime import timedelta
from typing import Any

import pytest

from bot.playground.slack import SimulatedUser, Workspace

from .helpers import (
    Bot,
    Json,
    actions,
    button,
    error,
    field,
    manifest,
    modal,
    options,
    plain,
    refusal,
    section,
    text_input,
)

NUMBER = {"type": "number_input", "action_id": "n", "is_decimal_allowed": False}


@pytest.fixture
def trigger(bot: Bot, ann: SimulatedUser, general: str) -> str:
    """The trigger ID of a slash command."""
    ann.types("/clean x", general)
    return str(bot.payloads("slash_commands")[-1]["trigger_id"])


def open_modal(bot: Bot, trigger: str, *blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    view: dict[str, Any] = bot.web.views_open(trigger_id=trigger, view=modal(*blocks, **more))[
        "view"
    ]
    return view


def trigger_of_click(bot: Bot, ann: SimulatedUser) -> str:
    ann.uses("go")
    return str(bot.payloads("block_actions")[-1]["trigger_id"])


def test_a_modal_is_visible(bot: Bot, ann: SimulatedUser, bob: SimulatedUser, trigger: str) -> None:
    view = open_modal(bot, trigger, callback_id="c", private_metadata="m")
    seen = ann.modal()
    assert seen is not None
    assert (seen["id"], seen["callback_id"], seen["private_metadata"]) == (view["id"], "c", "m")
    assert (view["root_view_id"], view["previous_view_id"]) == (view["id"], None)
    assert bob.modal() is None


def test_triggers(
    slack: Workspace, bot: Bot, ann: SimulatedUser, general: str, trigger: str
) -> None:
    open_modal(bot, trigger)
    again = {"trigger_id": trigger, "view": modal()}
    assert error(bot.web.views_open, **again) == "exchanged_trigger_id"
    assert error(bot.web.views_open, **{**again, "trigger_id": "x"}) == "invalid_trigger_id"
    slack.clock.set(slack.clock.now())
    ann.types("/clean x", general)
    late = bot.payloads("slash_commands")[-1]["trigger_id"]
    slack.clock.advance(timedelta(seconds=3))
    assert error(bot.web.views_open, **{**again, "trigger_id": late}) == "expired_trigger_id"


def test_an_invalid_view_does_not_use_up_the_trigger(bot: Bot, trigger: str) -> None:
    wrong = modal(title=plain("x" * 25))
    body = refusal(bot.web.views_open, trigger_id=trigger, view=wrong)
    assert body["error"] == "invalid_arguments"
    assert body["errors"] == ["must be less than 25 characters [json-pointer:/view/title/text]"]
    assert open_modal(bot, trigger)["id"]


def test_a_view_that_is_too_large(bot: Bot, trigger: str) -> None:
    blocks = [section("x" * 2999) for _ in range(90)]
    body = {"trigger_id": trigger, "view": modal(*blocks)}
    assert error(bot.web.views_open, **body) == "view_too_large"
    assert error(bot.web.views_open, trigger_id=trigger, view="x") == "invalid_arguments"
    assert error(bot.web.views_open, trigger_id=trigger, view="[1]") == "invalid_arguments"
    missing = {"trigger_id": trigger}
    assert error(bot.web.api_call, api_method="views.open", json=missing) == "invalid_arguments"


def test_updating(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    view = open_modal(bot, trigger, external_id="e")
    changed = bot.web.views_update(view_id=view["id"], view=modal(section("two"), external_id="e"))
    assert changed["view"]["hash"] != view["hash"]
    stale = {"view_id": view["id"], "hash": view["hash"], "view": modal()}
    assert error(bot.web.views_update, **stale) == "hash_conflict"
    bot.web.views_update(external_id="e", view=modal(section("three")))
    seen = ann.modal()
    assert seen is not None
    assert seen["blocks"][0]["text"]["text"] == "three"
    ann.closes()
    assert error(bot.web.views_update, view_id=view["id"], view=modal()) == "not_found"


def test_a_stack_of_three(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    first = open_modal(bot, trigger, actions(button()))
    pushed = modal(actions(button()))
    second = bot.web.views_push(trigger_id=trigger_of_click(bot, ann), view=pushed)["view"]
    assert (second["root_view_id"], second["previous_view_id"]) == (first["id"], first["id"])
    bot.web.views_push(trigger_id=trigger_of_click(bot, ann), view=pushed)
    fourth = {"trigger_id": trigger_of_click(bot, ann), "view": pushed}
    assert error(bot.web.views_push, **fourth) == "push_limit_reached"
    ann.closes()
    top = ann.modal()
    assert top is not None
    assert top["id"] == second["id"]
    ann.closes(everything=True)
    assert ann.modal() is None


def test_pushing_needs_an_open_modal(
    bot: Bot, ann: SimulatedUser, general: str, trigger: str
) -> None:
    assert error(bot.web.views_push, trigger_id=trigger, view=modal()) == "not_found"
    ann.types("/clean x", general)
    other = bot.payloads("slash_commands")[-1]["trigger_id"]
    open_modal(bot, other, external_id="e")
    ann.types("/clean x", general)
    third = bot.payloads("slash_commands")[-1]["trigger_id"]
    again = {"trigger_id": third, "view": modal(external_id="e")}
    assert error(bot.web.views_open, **again) == "duplicate_external_id"


def test_submitting(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    menu = {"type": "static_select", "action_id": "menu", "options": options("a", "b")}
    open_modal(
        bot,
        trigger,
        field(text_input(), "text"),
        field({**menu, "initial_option": options("a")[0]}, "choice"),
        private_metadata="m",
    )
    assert ann.submits(name="ann").ok
    [payload] = bot.payloads("view_submission")
    assert payload["view"]["private_metadata"] == "m"
    assert payload["view"]["state"]["values"] == {
        "text": {"name": {"type": "plain_text_input", "value": "ann"}},
        "choice": {"menu": {"type": "static_select", "selected_option": options("a")[0]}},
    }
    assert ann.modal() is None


@pytest.mark.parametrize(
    ("element", "value", "problem"),
    [
        (text_input(), None, "Please complete this required field."),
        (text_input(min_length=3), "ab", "must have between 3 and 3000 characters"),
        (text_input(max_length=3), "abcd", "must have between 0 and 3 characters"),
        ({**NUMBER, "action_id": "name"}, "x", "is not a number"),
        ({**NUMBER, "action_id": "name"}, "1.5", "must be a whole number"),
        ({**NUMBER, "action_id": "name", "max_value": "9"}, "10", "must be between"),
        ({"type": "email_text_input", "action_id": "name"}, "ann", "has the wrong format"),
        ({"type": "url_text_input", "action_id": "name"}, "ann", "has the wrong format"),
        ({"type": "datepicker", "action_id": "name"}, "monday", "has the wrong format"),
        (
            {"type": "multi_external_select", "action_id": "name"},
            [],
            "Please complete this required field.",
        ),
    ],
)
def test_the_client_checks_input(
    *, bot: Bot, ann: SimulatedUser, trigger: str, element: dict[str, Any], value: Any, problem: str
) -> None:
    open_modal(bot, trigger, field(element))
    outcome = ann.submits(name=value)
    assert (outcome.result, outcome.sent) == ("refused", False)
    assert problem in outcome.errors["field"]
    assert ann.modal() is not None
    assert bot.payloads("view_submission") == []


def test_optional_fields_can_be_empty(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    open_modal(bot, trigger, field(text_input(), optional=True), field(NUMBER, "n"))
    assert ann.submits(n="3").ok
    [payload] = bot.payloads("view_submission")
    assert payload["view"]["state"]["values"]["field"]["name"]["value"] is None


def test_initial_values_are_checked(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    short = text_input(initial_value="ab", min_length=3)
    open_modal(bot, trigger, field(short))
    assert ann.submits().errors == {"field": "must have between 3 and 3000 characters"}
    assert ann.submits(name="abc").ok


def test_a_modal_without_submit(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    view = {"type": "modal", "title": plain("x"), "blocks": [section()]}
    bot.web.views_open(trigger_id=trigger, view=view)
    assert ann.submits().result == "refused"


def test_the_app_rejects_a_submission(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    open_modal(bot, trigger, field(text_input()))
    errors = {"field": "no such repository"}
    bot.answers["view_submission"] = {"response_action": "errors", "errors": errors}
    outcome = ann.submits(name="x")
    assert (outcome.result, outcome.errors) == ("errors", errors)
    seen = ann.modal()
    assert seen is not None
    assert seen["state"]["values"]["field"]["name"]["value"] == "x"


def test_an_update_keeps_entered_values(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    view = open_modal(bot, trigger, field(text_input()))
    changed = modal(field(text_input()), section("more"))
    bot.answers["view_submission"] = {"response_action": "update", "view": changed}
    assert ann.submits(name="x").ok
    seen = ann.modal()
    assert seen is not None
    assert (seen["id"], len(seen["blocks"])) == (view["id"], 2)
    assert seen["state"]["values"]["field"]["name"]["value"] == "x"


def test_push_and_clear(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    view = open_modal(bot, trigger)
    bot.answers["view_submission"] = {"response_action": "push", "view": modal()}
    assert ann.submits().ok
    seen = ann.modal()
    assert seen is not None
    assert seen["previous_view_id"] == view["id"]
    bot.answers["view_submission"] = {"response_action": "clear"}
    assert ann.submits().ok
    assert ann.modal() is None


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ({"response_action": "errors", "errors": {}}, "errors are missing"),
        ({"response_action": "errors", "errors": {"x": "y"}}, "errors for unknown input blocks: x"),
        ({"response_action": "update", "view": modal(title=plain(""))}, "more than 0 characters"),
        ({"response_action": "push"}, "must be an object"),
        ({"response_action": "reopen"}, "unknown response_action reopen"),
        ({"text": "thanks"}, "unknown response_action None"),
    ],
)
def test_answers_that_slack_rejects(
    *,
    slack: Workspace,
    bot: Bot,
    ann: SimulatedUser,
    trigger: str,
    answer: dict[str, Any],
    problem: str,
) -> None:
    open_modal(bot, trigger, field(text_input()))
    bot.answers["view_submission"] = answer
    outcome = ann.submits(name="x")
    assert outcome.result == "invalid_response"
    assert problem in outcome.detail
    assert ann.modal() is not None
    [warning] = slack.remote.warnings()
    assert warning["where"] == "answer to view_submission"


def test_a_submission_without_acknowledgement(
    slack: Workspace, bot: Bot, ann: SimulatedUser, trigger: str
) -> None:
    open_modal(bot, trigger)
    bot.silent.add("view_submission")
    slack.ack_timeout = 0.05
    assert ann.submits().result == "operation_timeout"
    assert ann.modal() is not None


def test_closing_notifies_the_app_on_request(
    bot: Bot, ann: SimulatedUser, general: str, trigger: str
) -> None:
    assert ann.closes().result == "gone"
    view = open_modal(bot, trigger, notify_on_close=True)
    assert ann.closes().sent
    [payload] = bot.payloads("view_closed")
    assert (payload["view"]["id"], payload["is_cleared"]) == (view["id"], False)
    ann.types("/clean x", general)
    open_modal(bot, bot.payloads("slash_commands")[-1]["trigger_id"], clear_on_close=True)
    assert not ann.closes().sent


def test_actions_in_a_modal(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    view = open_modal(bot, trigger, actions(button()), field(text_input(), optional=True))
    assert not ann.uses("name", value="typed").sent
    assert ann.uses("go").ok
    [payload] = bot.payloads("block_actions")
    assert payload["container"] == {"type": "view", "view_id": view["id"]}
    assert payload["view"]["state"]["values"]["field"]["name"]["value"] == "typed"
    assert "response_url" not in payload
    assert "message" not in payload


def test_the_home_tab(bot: Bot, ann: SimulatedUser) -> None:
    assert ann.uses("go", home=True).result == "gone"
    home = {"type": "home", "blocks": [actions(button())]}
    assert ann.opens_home().sent
    [payload] = bot.wait_for("app_home_opened")
    event = payload["event"]
    assert (event["tab"], event["user"], "view" in event) == ("home", ann.id, False)
    published = bot.web.views_publish(user_id=ann.id, view=home)["view"]
    assert ann.uses("go", home=True).ok
    assert bot.payloads("block_actions")[0]["view"]["id"] == published["id"]
    again = bot.web.views_publish(user_id=ann.id, view=home, hash=published["hash"])["view"]
    assert again["id"] == published["id"]
    stale = {"user_id": ann.id, "view": home, "hash": published["hash"]}
    assert error(bot.web.views_publish, **stale) == "hash_conflict"
    assert error(bot.web.views_publish, user_id="U404", view=home) == "user_not_found"
    assert error(bot.web.views_publish, user_id=ann.id, view=modal()) == "invalid_arguments"
    seen = ann.home()
    assert seen is not None
    assert seen["id"] == published["id"]
    ann.opens_home()
    assert bot.wait_for("app_home_opened", 2)[1]["event"]["view"]["id"] == published["id"]


def test_no_home_tab() -> None:
    without = manifest()
    without["features"]["app_home"]["home_tab_enabled"] = False
    with Workspace(without) as slack:
        bot, ann = Bot(slack), slack.remote.add_user("ann")
        assert ann.opens_home().result == "not_configured"
        home = {"type": "home", "blocks": [section()]}
        assert error(bot.web.views_publish, user_id=ann.id, view=home) == "not_enabled"


RADIO: Json = {"type": "radio_buttons", "action_id": "which", "options": options("all", "some")}
BOXES: Json = {"type": "checkboxes", "action_id": "how", "options": options("quiet", "fast")}
SEARCH: Json = {"type": "multi_external_select", "action_id": "found", "min_query_length": 0}


def test_a_choice_that_is_sent_at_once(bot: Bot, ann: SimulatedUser, trigger: str) -> None:
    """With the values of all fields of the modal, also those that the user only typed."""
    loud = [
        field(element, f"b {number}", dispatch_action=True)
        for number, element in enumerate((RADIO, BOXES, SEARCH))
    ]
    open_modal(bot, trigger, blocks=[*loud, field(text_input("note"), "note")])
    bot.answers["block_suggestion"] = {"options": options("shop/api", "shop/cart")}
    ann.looks_for("", "found")
    assert ann.uses("which", value="some", entered={"note": "later"}).sent
    assert ann.uses("how", value=["fast"]).sent
    assert ann.uses("found", value=["shop/api", "shop/cart"]).sent
    *_, last = bot.payloads("block_actions")
    assert last["container"]["type"] == "view"
    assert "message" not in last
    assert last["actions"][0]["selected_options"] == options("shop/api", "shop/cart")
    values = last["view"]["state"]["values"]
    assert values["b 0"]["which"]["selected_option"] == options("some")[0]
    assert values["b 1"]["how"]["selected_options"] == options("fast")
    assert values["b 2"]["found"]["selected_options"] == options("shop/api", "shop/cart")
    assert values["note"]["note"]["value"] == "later"
    assert bot.payloads("view_submission") == []


def test_typed_values_that_the_client_would_reject(
    bot: Bot, ann: SimulatedUser, trigger: str
) -> None:
    blocks = [
        field(RADIO, "a", dispatch_action=True),
        field(text_input("note", max_length=3), "note"),
    ]
    open_modal(bot, trigger, blocks=blocks)
    assert ann.uses("which", value="all", entered={"note": "long", "which": "some"}).sent
    [sent] = bot.payloads("block_actions")
    values = sent["view"]["state"]["values"]
    assert values["note"]["note"]["value"] is None
    assert values["a"]["which"]["selected_option"] == options("all")[0]
