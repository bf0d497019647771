"""`/ecr-clean estimate`: the modal with the inputs, and the one with the result."""

from typing import Any

import pytest

from bot.core.estimate_inputs import EstimateTexts
from bot.playground.slack import ActionOutcome, CallFault, SimulatedUser, Workspace
from bot.slack.listener import UNEXPECTED_PAYLOAD
from tests.slack.messages.plan_views import read
from tests.slack.running_bot import Json, RunningBot, private_messages
from tests.slack.support import calls
from tests.slack.test_payloads import deliver, submission

DEFAULTS = {name: getattr(EstimateTexts(), name) for name in EstimateTexts.__slots__}


@pytest.fixture
def opened(bot: RunningBot, ann: SimulatedUser) -> RunningBot:
    assert bot.send_command(ann, "/ecr-clean estimate").ok
    return bot


def shown(person: SimulatedUser) -> str:
    modal = person.modal()
    assert modal
    return read(modal["blocks"])


def inputs(person: SimulatedUser) -> dict[str, str]:
    """The texts in the inputs, by action ID."""
    modal = person.modal()
    assert modal
    elements = [block["element"] for block in modal["blocks"] if block["type"] == "input"]
    return {each["action_id"]: each["initial_value"] for each in elements}


def test_the_modal_opens_at_once_with_the_defaults(
    opened: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    assert inputs(ann) == DEFAULTS
    assert len(calls(slack, "views.open")) == 1
    assert calls(slack, "views.update") == calls(slack, "users.info") == []
    assert private_messages(ann, opened.channel) == []


def test_the_result(opened: RunningBot, ann: SimulatedUser) -> None:
    assert opened.submits(ann).ok
    said = shown(ann)
    assert "Keeping 15 images saves $640 in 12 months" in said
    assert "Without cleanup: 1.05 TB after 12 months, $103 in month 12, $643 in all." in said
    assert "With cleanup: 1.86 GB after 12 months, $0.19 in month 12, $2.23 in all." in said
    assert "the default price of $0.10 per GB a month" in said
    assert "Weekly cleanup stores up to 20.5 GB more." in said
    table = said.split("```")[1].splitlines()
    assert [line.split()[0] for line in table] == ["month", *map(str, range(1, 13))]
    assert table[-1].split() == ["12", "1.05", "TB", "$103", "1.86", "GB", "$0.19"]
    assert len({len(line) for line in table}) == 1


def test_other_inputs_and_change(opened: RunningBot, ann: SimulatedUser) -> None:
    typed = {"image_size": "1.2 GB", "new_share": "0.5", "keep": "100", "months": "1"}
    assert opened.submits(ann, **typed).ok
    assert "Keeping 100 images saves" in shown(ann)
    assert opened.submits(ann).ok
    assert inputs(ann) == {**DEFAULTS, **typed}
    assert opened.submits(ann, keep="3").ok
    assert "Keeping 3 images saves" in shown(ann)


def test_many_months_are_shown_at_equal_distances(opened: RunningBot, ann: SimulatedUser) -> None:
    assert opened.submits(ann, months="30").ok
    table = shown(ann).split("```")[1].splitlines()
    assert [line.split()[0] for line in table[1:]] == [str(month) for month in range(3, 31, 3)]


def test_the_least_costs_are_escaped(opened: RunningBot, ann: SimulatedUser) -> None:
    assert opened.submits(ann, image_size="1 kB", builds_per_day="0.01").ok
    assert "< $0.01" in (ann.modal() or {})["blocks"][1]["text"]["text"].replace("&lt;", "<")
    assert "&lt; $0.01" in shown(ann)


def test_every_wrong_input_has_an_error(opened: RunningBot, ann: SimulatedUser) -> None:
    wrong = {
        "image_size": "500",
        "new_share": "150%",
        "builds_per_day": "nan",
        "keep": "0",
        "months": "1000",
    }
    assert opened.submits(ann, **wrong) == ActionOutcome(
        "errors", errors=EstimateTexts(**wrong).mistakes(), sent=True
    )
    assert opened.submits(ann, **DEFAULTS).ok
    assert "saves $640" in shown(ann)


def test_the_largest_estimate_fits_a_modal(opened: RunningBot, ann: SimulatedUser) -> None:
    most = {
        "image_size": "1 TB",
        "new_share": "100%",
        "builds_per_day": "100000",
        "keep": "100000",
        "months": "120",
    }
    assert opened.submits(ann, **most).ok
    assert "after 120 months" in shown(ann)


def test_a_guest_may_calculate(bot: RunningBot, guest: SimulatedUser) -> None:
    """The calculator shows nothing of the repositories."""
    assert bot.send_command(guest, "/ecr-clean estimate").ok
    assert inputs(guest) == DEFAULTS


def test_the_modal_does_not_open_in_time(
    bot: RunningBot, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="views.open", error="expired_trigger_id"))
    bot.send_command(ann, "/ecr-clean estimate")
    (said,) = private_messages(ann, bot.channel)
    assert said.endswith("within Slack's limit of 3 seconds: try again")


def test_a_similar_word_is_corrected(bot: RunningBot, ann: SimulatedUser) -> None:
    bot.send_command(ann, "/ecr-clean estimat")
    (answer,) = (each for each in ann.messages(bot.channel) if each["ephemeral"])
    assert ann.uses("run_command:0", channel=bot.channel, ts=answer["ts"]).ok
    bot.wait_until_idle()
    assert inputs(ann) == DEFAULTS


def typed(**changed: Any) -> Json:
    texts = {**DEFAULTS, **changed}
    return {
        name: {name: {"type": "plain_text_input", "value": text}} for name, text in texts.items()
    }


@pytest.mark.parametrize(
    ("modal", "metadata", "values"),
    [
        ("estimate_cost", "", {}),
        ("estimate_cost", "", typed(months=None)),
        ("estimate_cost", "", typed(months=12)),
        ("estimate_cost", "", typed(months="1" * 41)),
        ("change_estimate", "", {}),
        ("change_estimate", "[]", {}),
        ("change_estimate", '{"months": 12}', {}),
        ("change_estimate", '{"image_size": null}', {}),
    ],
)
def test_a_forged_submission(
    modal: str, metadata: str, values: Json, bot: RunningBot, ann: SimulatedUser
) -> None:
    deliver(bot, submission(ann, modal, metadata, values))
    (said,) = ann.messages(ann.opens_im())
    assert said["text"] == UNEXPECTED_PAYLOAD
