"""Sends messages without their charts in a workspace that refuses charts.

Slack answers `invalid_blocks` to a block that a workspace does not know. The `text` of a message
contains the numbers of its charts.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.core.errors import ServiceError
from bot.ports import Clock
from bot.slack.api import CHART, Json, SanitizingWebClient, error_cause, error_code
from bot.store.messages import RefusedBlockQueries

NO_CHARTS_FOR = timedelta(days=1)
"""After a refusal."""

_INVALID_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})

Sent = TypeVar("Sent")

_log = logging.getLogger(__name__)


class ChartFallback:
    """Resends a refused message without its charts. If Slack accepts that, no process sends charts
    to the workspace for NO_CHARTS_FOR. `workspace`: the team ID. Thread-safe."""

    def __init__(self, store: RefusedBlockQueries, workspace: str, clock: Clock) -> None:
        self._store = store
        self._workspace = workspace
        self._clock = clock

    def send(self, blocks: Sequence[Json], send: Callable[[Sequence[Json]], Sent]) -> Sent:
        """Calls `send` with the blocks that the workspace accepts. `send` raises SlackApiError if
        Slack refuses a message. Reads the database only for blocks with charts, and raises
        ServiceError if that fails."""
        without_charts = [block for block in blocks if block["type"] != CHART]
        if len(without_charts) == len(blocks):
            return send(blocks)
        if self._are_refused():
            return send(without_charts)
        try:
            return send(blocks)
        except SlackApiError as error:
            if error_code(error) not in _INVALID_BLOCKS:
                raise
            sent = send(without_charts)
            self._record_refusal(error)
            return sent

    def _are_refused(self) -> bool:
        since = self._clock() - NO_CHARTS_FOR
        return self._store.was_block_refused(self._workspace, CHART, since)

    def _record_refusal(self, refusal: SlackApiError) -> None:
        """Logs a failure of the database, since the message is sent already."""
        cause = error_cause(refusal)
        _log.warning("Slack refuses charts, so messages have none for a day: %s", cause)
        try:
            self._store.record_refused_block(self._workspace, CHART, self._clock())
        except ServiceError as error:
            _log.warning("%s", error)


class ChartFallbackClient(SanitizingWebClient):
    """Works like `client`, and sends messages through the fallback."""

    def __init__(self, client: WebClient, fallback: ChartFallback) -> None:
        super().__init__(
            client.token, client.base_url, client.timeout, retry_handlers=client.retry_handlers
        )
        self._fallback = fallback

    def api_call(self, api_method: str, **options: Any) -> SlackResponse:
        call = super().api_call
        arguments = options.get("json") or {}

        def send(blocks: Sequence[Json]) -> SlackResponse:
            return call(api_method, **{**options, "json": {**arguments, "blocks": blocks}})

        if not arguments.get("blocks"):
            return call(api_method, **options)
        return self._fallback.send(arguments["blocks"], send)
