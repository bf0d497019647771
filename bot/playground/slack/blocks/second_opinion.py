"""What slack_sdk's own models say of blocks and views that passed every rule here."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.playground.slack.blocks.report import Report


def ask_of_blocks(blocks: list[dict[str, Any]], at: str, report: Report) -> None:
    for index, block in enumerate(blocks):
        _ask(partial(_check_block, block), f"{at}/{index}", report)


def ask_of_view(view: dict[str, Any], at: str, report: Report) -> None:
    _ask(View(**deepcopy(view)).validate_json, at, report)


def _check_block(block: dict[str, Any]) -> None:
    [parsed] = Block.parse_all([deepcopy(block)])
    parsed.to_dict()


def _ask(check: Callable[[], None], at: str, report: Report) -> None:
    try:
        check()
    except SlackObjectFormationError as error:
        report.blame(at, str(error))
