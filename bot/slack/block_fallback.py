"""Sends messages with plain blocks in a workspace that refuses newer kinds of blocks.

Slack answers `invalid_blocks` to a block that a workspace does not know.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import reduce
from typing import Any, NamedTuple, TypeVar

from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.web import SlackResponse

from bot.core.errors import ServiceError
from bot.ports import Clock
from bot.slack.api import CHART, DATA_TABLE, Json, SanitizingWebClient, error_cause, error_code
from bot.slack.messages.plain_blocks import without_kind
from bot.store.messages import RefusedBlockQueries

NOT_SENT_FOR = timedelta(days=1)
"""After a refusal."""

NEWER_KINDS = {CHART: "charts", DATA_TABLE: "data tables"}
"""The kinds that a workspace may refuse, the newest first, with their names."""

_INVALID_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format"})

Sent = TypeVar("Sent")

_log = logging.getLogger(__name__)


class _Refusal(NamedTuple):
    kind: str
    error: SlackApiError


class BlockFallback:
    """Resends a refused message without one of the newer kinds of blocks after the other. If Slack
    then accepts it, no process sends the last of these kinds to the workspace for NOT_SENT_FOR: the
    earlier ones may not be the cause. `workspace`: the team ID. Thread-safe."""

    def __init__(self, store: RefusedBlockQueries, workspace: str, clock: Clock) -> None:
        self._store = store
        self._workspace = workspace
        self._clock = clock

    def send(self, blocks: Sequence[Json], send: Callable[[Sequence[Json]], Sent]) -> Sent:
        """Calls `send` with the blocks that the workspace accepts, at most three times. `send`
        raises SlackApiError if Slack refuses a message. Reads the database only for newer kinds of
        blocks, and raises ServiceError if that fails."""
        found = {block["type"] for block in blocks}
        kinds = [kind for kind in NEWER_KINDS if kind in found]
        refused = [kind for kind in kinds if self._is_refused(kind)]
        known: Sequence[Json] = reduce(without_kind, refused, blocks)
        return self._send(known, [kind for kind in kinds if kind not in refused], send)

    def _send(
        self,
        blocks: Sequence[Json],
        suspects: Sequence[str],
        send: Callable[[Sequence[Json]], Sent],
        refusal: _Refusal | None = None,
    ) -> Sent:
        """`refusal`: of the same message with one more kind of blocks."""
        try:
            sent = send(blocks)
        except SlackApiError as error:
            if not suspects or error_code(error) not in _INVALID_BLOCKS:
                raise
            kind, *rest = suspects
            return self._send(without_kind(blocks, kind), rest, send, _Refusal(kind, error))
        if refusal:
            self._record(refusal)
        return sent

    def _is_refused(self, kind: str) -> bool:
        since = self._clock() - NOT_SENT_FOR
        return self._store.was_block_refused(self._workspace, kind, since)

    def _record(self, refusal: _Refusal) -> None:
        """Logs a failure of the database, since the message is sent already."""
        name, cause = NEWER_KINDS[refusal.kind], error_cause(refusal.error)
        _log.warning("Slack refuses %s, so messages have none for a day: %s", name, cause)
        try:
            self._store.record_refused_block(self._workspace, refusal.kind, self._clock())
        except ServiceError as error:
            _log.warning("%s", error)


class BlockFallbackClient(SanitizingWebClient):
    """Works like `client`, and sends messages through the fallback."""

    def __init__(self, client: WebClient, fallback: BlockFallback) -> None:
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
