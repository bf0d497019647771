"""Messages, modals and Home tabs have the types of npm's `@slack/types`."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.playground.slack import SimulatedUser, Workspace
from bot.slack.api import CHART, DATA_TABLE, Json
from bot.slack.messages.approval_dialogs import typing_view
from bot.slack.messages.digest import digest_message
from bot.slack.messages.plain_blocks import without_kind
from bot.slack.messages.plan import plan_message
from tests.render.builders import HERE, image, plan
from tests.slack.digests import post_digest, repositories
from tests.slack.messages import test_digest
from tests.slack.messages.plan_views import USED, usual_plan, view
from tests.slack.messages.test_costs import past
from tests.slack.messages.test_incomplete import DENIED, DOUBTED
from tests.slack.messages.test_limits import ODD, every_state
from tests.slack.running_bot import RunningBot
from tests.slack.slack_types import Payload, SlackType, of_blocks, of_view, open_type_checker
from tests.slack.test_commands import execute, know
from tests.slack.test_home_tab import opened
from tests.slack.test_pins import found, pins, scanned

COMMANDS = (
    "help", "list", "status", "history", "cost", "cost team/api", "pins", "pins team/api",
    "why team/api new", "why team/api old", "why team/api older", "why team/api olde", "typo",
    "digest", "team/api", "pause because we test", "resume",
)  # fmt: skip

METHODS = {
    "chat.postMessage", "chat.update", "response_url", "views.open", "views.update",
    "views.publish", "view_submission", "block_suggestion",
}  # fmt: skip

TEXT = {"type": "plain_text", "text": "a text"}
BUTTON = {"type": "button", "text": TEXT, "action_id": "a"}
INPUT = {"type": "plain_text_input", "action_id": "a"}
WRONG_BLOCKS: dict[str, Json] = {
    "a header with markup": {"type": "header", "text": {"type": "mrkdwn", "text": "*a*"}},
    "a button too deep": {
        "type": "actions",
        "elements": [{"type": "actions", "elements": [BUTTON]}],
    },
    "an input among buttons": {"type": "actions", "elements": [INPUT]},
    "an input without a label": {"type": "input", "element": INPUT},
    "an unknown field": {"type": "section", "text": TEXT, "color": "red"},
    "a cell without a text": {"type": DATA_TABLE, "caption": "a", "rows": [[{"type": "raw_text"}]]},
    "a chart, unless the types know it": {"type": CHART, "title": "a", "chart": {}},
}
HEADER = WRONG_BLOCKS["a header with markup"]
WRONG = [
    *(Payload(name, SlackType.BLOCKS, [block]) for name, block in WRONG_BLOCKS.items()),
    of_view("a modal without a title", {"type": "modal", "blocks": []}),
    of_view("a modal's header with markup", {"type": "modal", "title": TEXT, "blocks": [HEADER]}),
    of_view("a Home tab with a title", {"type": "home", "title": TEXT, "blocks": []}),
    of_view("a Home tab's header with markup", {"type": "home", "blocks": [HEADER]}),
    Payload("an option without a text", SlackType.OPTIONS, [{"value": "a"}]),
]


@pytest.mark.slow
def test_payloads(bot: RunningBot, slack: Workspace, ann: SimulatedUser, tmp_path: Path) -> None:
    checker = open_type_checker(tmp_path)
    slack.remote.change_settings(limits=False)
    use_reports(bot, ann)
    use_digest(bot, ann)
    use_commands(bot, ann)
    opened(bot, ann)
    sent = list(sent_to(slack))
    assert {each.name.partition(":")[0] for each in sent} >= METHODS
    errors = checker.errors([*sent, *reports(), *digests(), *WRONG])
    assert errors.keys() == {each.name for each in WRONG}, errors


def use_reports(bot: RunningBot, person: SimulatedUser) -> None:
    """Opens all modals of a result and of a report, and pins a tag."""
    ended = bot.posted()
    execute(bot, ended.plan)
    bot.plan_messages.update(ended.plan)
    assert bot.clicks(person, "result_details", ended).ok
    person.closes()
    report = bot.posted()
    assert bot.clicks(person, "show_images", report).ok
    person.closes()
    scanned(bot, "new", "old", "older")
    assert bot.clicks(person, "pin_tags", report).ok
    assert pins(bot, person, *found(person, "old")).ok
    person.closes()


def use_digest(bot: RunningBot, person: SimulatedUser) -> None:
    """Approves several plans, and dismisses the others."""
    digest = post_digest(bot, repositories(bot, 4))
    digest.chooses(person, digest.plans[:2])
    assert "2 plans approved" in digest.approves(person, 4)
    person.closes()
    assert digest.clicks(person, "dismiss_plans").ok


def use_commands(bot: RunningBot, person: SimulatedUser) -> None:
    know(bot, HERE)
    bot.store.save_reconstructed_days(HERE, past(4))
    for line in COMMANDS:
        assert bot.send_command(person, f"/ecr-clean {line}").ok
    assert bot.send_command(person, "/ecr-clean estimate").ok
    assert bot.submits(person).ok


def sent_to(slack: Workspace) -> Iterator[Payload]:
    """All blocks, views and options that the bot sent, in calls and in acknowledgements."""
    for call in slack.remote.calls():
        yield from _payloads(call["name"], call["arguments"])
    for delivery in slack.remote.deliveries():
        yield from _payloads(delivery["kind"], delivery["answer"] or {})


def _payloads(name: str, sent: Json) -> Iterator[Payload]:
    if blocks := sent.get("blocks"):
        yield of_blocks(f"{name}: {sent['text']}", blocks)
    if shown := sent.get("view"):
        yield of_view(f"{name}: {shown}", shown)
    if options := sent.get("options"):
        yield Payload(f"{name}: {options}", SlackType.OPTIONS, options)


def reports() -> Iterator[Payload]:
    """Reports in each state, and the modal in which the repository's name is typed."""
    incomplete = plan(image(1, "a"), usage=replace(USED, scans=(DENIED, DOUBTED)))
    for content in (usual_plan(), ODD, incomplete):
        for shown in every_state(content):
            yield of_blocks(f"{shown.plan.state} report", plan_message(shown).blocks)
    yield of_view("typing", typing_view(view()))


def digests() -> Iterator[Payload]:
    """Digests with charts and a table, and in workspaces that refuse these."""
    histories = {each.report.repository: test_digest.history(1, 2) for each in test_digest.USUAL}
    blocks = digest_message(test_digest.view(test_digest.USUAL, histories=histories)).blocks
    assert {CHART, DATA_TABLE} <= {block["type"] for block in blocks}
    yield of_blocks("digest", blocks)
    yield of_blocks("digest without charts", without_kind(blocks, CHART))
    yield of_blocks("digest without a table", without_kind(blocks, DATA_TABLE))
