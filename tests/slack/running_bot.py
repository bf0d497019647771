"""Runs the bot in this process between a workspace and a store, and reads what users see."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from slack_sdk.socket_mode.interval_runner import IntervalRunner

from bot.bootstrap.slack import open_client, open_workspace
from bot.bootstrap.slack_context import open_interactive_client, open_slack_context
from bot.core.errors import ErrorText
from bot.core.plan import Plan
from bot.core.plan_problems import UsageDrop
from bot.core.plan_transitions import proposed
from bot.core.records import (
    AuditEvent,
    AuditEventName,
    PlanMessage,
    PlanRecord,
    QueuedJob,
    StoreChange,
)
from bot.core.usage import RepositoryUsage, SourceScan
from bot.playground.slack import APP_TOKEN, ActionOutcome, SimulatedUser, Workspace
from bot.settings.model import Settings
from bot.slack.listener_context import SlackContext
from bot.slack.plan_messages import PlanMessages
from bot.slack.socket_mode import SlackConnection
from bot.store.store import Store
from tests.render.builders import image, plan
from tests.support import NOW

if TYPE_CHECKING:
    from concurrent.futures import Future

MANIFEST = Path(__file__).parents[2] / "manifest.yml"
TIMEOUT = 60.0
"""Seconds."""

QUIET_SECONDS = 0.01
"""Short, since no other payloads arrive."""

WEEK = timedelta(days=7)
IN_DOUBT = SourceScan("ecs", "123456789012 in eu-west-1", 1, UsageDrop(4, 40, NOW))
SCANNED = SourceScan("lambda", "123456789012 in eu-west-1", 3)

Json = dict[str, Any]


def content(
    *tags: str, pulled: float | None = None, scans: Iterable[SourceScan] = (SCANNED,)
) -> Plan:
    """A plan with an image for each tag, newest first; keeps the first. `pulled`: days since the
    last pull of each image."""
    images = (image(n, tag, age=40 + n, pulled=pulled) for n, tag in enumerate(tags))
    return plan(*images, newest=1, usage=RepositoryUsage(scans=tuple(scans), not_checked=()))


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class RunningBot:
    """The connected bot. `context`: of its listeners; `running`: listeners that may still run."""

    slack: Workspace
    store: Store
    context: SlackContext
    clock: Clock
    channel: str
    connection: SlackConnection
    running: list["Future[Any]"] = field(default_factory=list)

    def wait_until_idle(self) -> None:
        """Waits until all listeners are done."""
        while self.running:
            self.running.pop().result(TIMEOUT)

    def send_command(
        self, person: SimulatedUser, line: str, channel: str | None = None
    ) -> ActionOutcome:
        outcome = person.types(line, channel or self.channel)
        self.wait_until_idle()
        return outcome

    def clicks(
        self, person: SimulatedUser, action_id: str, message: PlanMessage, **how: Any
    ) -> ActionOutcome:
        """Confirms the dialog, if there is one."""
        where = {"channel": message.channel, "ts": message.ts, **how}
        outcome = person.uses(action_id, **where)
        if outcome.result == "confirm":
            outcome = person.uses(action_id, confirm=True, **where)
        self.wait_until_idle()
        return outcome

    def uses(self, person: SimulatedUser, action_id: str, message: PlanMessage) -> ActionOutcome:
        """Clicks without waiting for the listener."""
        return person.uses(action_id, channel=message.channel, ts=message.ts)

    def submits(self, person: SimulatedUser, **values: Any) -> ActionOutcome:
        outcome = person.submits(**values)
        self.wait_until_idle()
        return outcome

    def proposed(self, what: Plan | None = None) -> PlanRecord:
        """Stores a proposed plan. By default it keeps `new` and deletes `old` and `older`."""
        made = what or content("new", "old", "older")
        after = proposed(uuid4().hex[:8], made, self.clock(), self.clock() + WEEK)
        event = AuditEvent(
            self.clock(),
            AuditEventName.PROPOSED,
            "U1",
            ErrorText("…"),
            after.id,
            1,
            made.repository.uri,
        )
        assert self.store.commit(StoreChange((event,), None, after, made))
        return after

    def posted(self, what: Plan | None = None, channel: str | None = None) -> PlanMessage:
        return self.plan_messages.post(self.proposed(what).id, channel or self.channel)

    @property
    def plan_messages(self) -> PlanMessages:
        return self.context.plan_messages

    def stored(self, message: PlanMessage) -> PlanRecord:
        found = self.store.plan(message.plan)
        assert found
        return found

    def events(self) -> list[AuditEventName]:
        return [event.event for event in self.store.events()]

    def jobs(self) -> list[QueuedJob]:
        """Takes all jobs from the queue."""
        found = []
        while job := self.store.take_job("worker", self.clock() + WEEK, WEEK):
            found.append(job)
        return found


@contextmanager
def run_bot(
    slack: Workspace, store: Store, settings: Mapping[str, Any], channel: str, clock: Clock
) -> Iterator[RunningBot]:
    found = Settings.model_validate(settings)
    workspace = open_workspace(found, open_client())._replace(client=open_interactive_client())
    context = open_slack_context(workspace, store, clock, debug=True)
    connection = SlackConnection(context, APP_TOKEN, QUIET_SECONDS)
    opened = RunningBot(slack, store, context, clock, channel, connection)
    _record_running_listeners(opened)
    before = len(slack.remote.connections())
    _connect_at_once(connection)
    until(lambda: len(slack.remote.connections()) > before)
    yield opened
    close(connection)


def _record_running_listeners(opened: RunningBot) -> None:
    executor = opened.connection._executor
    submit = executor.submit

    def recorded(*arguments: Any, **named: Any) -> "Future[Any]":
        future = submit(*arguments, **named)
        opened.running.append(future)
        return future

    executor.submit = recorded  # type: ignore[method-assign]


def _connect_at_once(connection: SlackConnection) -> None:
    """slack_sdk checks every half second whether it must open a connection, and requests another
    one if the first is not open immediately."""
    client = connection._client
    client.current_session_runner.shutdown()  # type: ignore[no-untyped-call]
    client.current_app_monitor_started = True
    connection.connect()
    client.current_session_runner = IntervalRunner(client._run_current_session, 0.01).start()


def close(connection: SlackConnection) -> None:
    """Closes without delay: slack_sdk would wait up to a second for another message."""
    connection._client.closed = True
    connection._client.enqueue_message("")
    connection.close()


def until_acknowledged(slack: Workspace, kind: str, number: int) -> None:
    """Waits for the acknowledgement of `number` deliveries. The simulated user waits only for the
    first."""

    def acknowledged() -> bool:
        took = [each["took"] for each in slack.remote.deliveries(kind)]
        return len(took) == number and None not in took

    until(acknowledged)


def until(is_so: Callable[[], object]) -> None:
    end = time.monotonic() + TIMEOUT
    while not is_so():
        assert time.monotonic() < end, "the condition is still false"
        time.sleep(0.01)


def private_messages(person: SimulatedUser, channel: str) -> list[str]:
    """Messages in the channel that only this user sees."""
    return [each["text"] for each in person.messages(channel) if each["ephemeral"]]


def public_messages(person: SimulatedUser, channel: str) -> list[Json]:
    return [each for each in person.messages(channel) if not each["ephemeral"]]


def text_of(view: Json | None) -> str:
    """The text of a modal."""
    assert view
    return "\n".join(block["text"]["text"] for block in view["blocks"] if "text" in block)
