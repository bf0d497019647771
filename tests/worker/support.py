"""Shared helpers for tests of the worker."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from slack_sdk import WebClient

from bot.bootstrap.processes import Shutdown
from bot.core.records import QueuedJob
from bot.playground.slack import SimulatedUser
from bot.process import system_clock
from bot.store.store import Store
from bot.usecases.deletion.lease import JOB_LEASE
from bot.worker.job_queue import JobWorker
from bot.worker.slack_updates import SlackAccess, SlackUpdater
from tests.slack.support import buttons, message_at


class Watch:
    """A clock that a test can advance."""

    def __init__(self) -> None:
        self.passed = timedelta(0)

    def __call__(self) -> datetime:
        return system_clock() + self.passed


@dataclass(frozen=True)
class Office:
    """A worker, and a Slack user."""

    store: Store
    client: WebClient
    channel: str
    person: SimulatedUser
    shutdown: Shutdown
    jobs: JobWorker
    updater: SlackUpdater
    slack: SlackAccess
    watch: Watch

    def ask(self, repository: str = "team/api") -> str:
        """Posts a placeholder and queues the request, as the slash command does. Returns the `ts`
        of the message."""
        posted = self.client.chat_postMessage(channel=self.channel, text="Looking …")
        self.put(repository, str(posted["ts"]))
        return str(posted["ts"])

    def put(self, repository: str, ts: str) -> None:
        payload = {
            "repository": repository,
            "channel": self.channel,
            "user": self.person.id,
            "ts": ts,
        }
        self.store.put_job("report", payload, self.watch())

    def take(self) -> QueuedJob | None:
        """Takes a job, as another worker does."""
        return self.store.take_job("another worker", self.watch(), JOB_LEASE)

    def shown(self, ts: str) -> dict[str, Any]:
        return message_at(self.person, self.channel, ts)

    def buttons(self, ts: str) -> list[str]:
        return buttons(self.shown(ts))

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The messages of the channel, oldest first."""
        return self.person.messages(self.channel)
