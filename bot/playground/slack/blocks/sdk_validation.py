"""Additional checks of blocks and views by the models of slack_sdk."""

from collections.abc import Callable
from copy import deepcopy
from functools import partial
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from bot.playground.slack.blocks.problems import BlockProblems

_WITHOUT_MODEL = frozenset({"data_table", "data_visualization"})
"""Block types that slack_sdk 3.48 does not know."""


def check_blocks_with_sdk(blocks: list[dict[str, Any]], at: str, problems: BlockProblems) -> None:
    for index, block in enumerate(blocks):
        if block["type"] in _WITHOUT_MODEL:
            continue
        _add_sdk_error(partial(_check_block, block), f"{at}/{index}", problems)


def check_view_with_sdk(view: dict[str, Any], at: str, problems: BlockProblems) -> None:
    _add_sdk_error(View(**deepcopy(view)).validate_json, at, problems)


def _check_block(block: dict[str, Any]) -> None:
    [parsed] = Block.parse_all([deepcopy(block)])
    parsed.to_dict()


def _add_sdk_error(check: Callable[[], None], at: str, problems: BlockProblems) -> None:
    try:
        check()
    except SlackObjectFormationError as error:
        problems.add(at, str(error))
