"""Names of Slack users in tables. JSON and CSV have their IDs."""

import re
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from bot.bootstrap.slack import is_in_slack, open_client_without_retries
from bot.core.errors import RequestError, ServiceError
from bot.core.pins import Pin
from bot.core.records import AuditEvent, PlanRecord

if TYPE_CHECKING:
    from slack_sdk import WebClient

_USER = re.compile(r"[UW][A-Z0-9]{6,}", re.ASCII)


class UserNames:
    """Asks Slack for each user once. After a failure, and without SLACK_BOT_TOKEN, IDs stay as they
    are: a table must not fail for want of a name."""

    def __init__(self) -> None:
        self._client: WebClient | None = open_client_without_retries() if is_in_slack() else None
        self._cached = cache(self._ask)

    def in_plan(self, plan: PlanRecord) -> PlanRecord:
        return replace(
            plan,
            approvals=tuple(replace(each, by=self._name(each.by)) for each in plan.approvals),
            stop_asked_by=plan.stop_asked_by and self._name(plan.stop_asked_by),
        )

    def in_event(self, event: AuditEvent) -> AuditEvent:
        return replace(event, by=self._name(event.by))

    def in_pin(self, pin: Pin) -> Pin:
        return replace(pin, by=self._name(pin.by))

    def _name(self, by: str) -> str:
        """`Mia Brandt (U0000000001)`. Not every actor is a Slack user."""
        name = self._cached(by) if self._client and _USER.fullmatch(by) else ""
        return f"{name} ({by})" if name else by

    def _ask(self, user_id: str) -> str:
        from bot.slack.directory import user_name  # noqa: PLC0415 - few commands need Slack

        assert self._client
        try:
            return user_name(self._client, user_id)
        except RequestError:
            return ""
        except ServiceError:
            self._client = None
            return ""
