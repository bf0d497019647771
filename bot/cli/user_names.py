"""Names of Slack users in tables. JSON and CSV have their IDs."""

from dataclasses import replace
from functools import cache

from bot.bootstrap.slack import is_in_slack, open_client_without_retries
from bot.core.errors import RequestError, ServiceError
from bot.core.pins import Pin
from bot.core.records import AuditEvent, PlanRecord
from bot.slack.mrkdwn import is_user


class UserNames:
    """Asks Slack for each user once. Shows IDs after a failure, and without SLACK_BOT_TOKEN: a
    table must not fail for want of a name."""

    def __init__(self) -> None:
        self._may_ask = is_in_slack()
        self._client = cache(open_client_without_retries)
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
        name = self._cached(by) if self._may_ask and is_user(by) else ""
        return f"{name} ({by})" if name else by

    def _ask(self, user_id: str) -> str:
        from bot.slack.directory import user_name  # noqa: PLC0415 - few commands need Slack

        try:
            return user_name(self._client(), user_id)
        except RequestError:
            return ""
        except ServiceError:
            self._may_ask = False
            return ""
