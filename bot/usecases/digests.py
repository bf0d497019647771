"""Decides whether a round of reports becomes a digest, and requests digests."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from bot.core.digests import Digest
from bot.core.errors import RequestError
from bot.core.report_schedules import ReportRound, RoundSummary, ScheduleEntry, requested_round
from bot.ports import Clock

if TYPE_CHECKING:
    from bot.store.store import Store

DIGEST = "digest"
"""The job kind of digests that Slack users request."""


def digest_of_round(
    store: "Store", summary: RoundSummary, entry: ScheduleEntry, now: datetime
) -> Digest | None:
    """The digest of the round. Stores one if the round has more reports to post than `digest_over`.
    None if its reports are posted one by one. Raises ServiceError if the database fails."""
    round_ = summary.round
    known = store.digest_of_round(round_.entry, round_.local)
    if known or len(summary.ready) <= entry.digest_over:
        return known
    return store.make_digest(new_digest(round_, entry, now))


def new_digest(round_: ReportRound, entry: ScheduleEntry, now: datetime) -> Digest:
    """Not stored yet. `entry`: with a channel."""
    assert entry.channel, "only entries with a channel have reports"
    return Digest(uuid4().hex, round_.entry, round_.local, entry.channel, now)


@dataclass(frozen=True, slots=True)
class DigestRequestQueue:
    """Queues digests that Slack users request. `entries`: with the IDs of their channels."""

    store: "Store"
    clock: Clock
    entries: tuple[ScheduleEntry, ...]

    def entries_in(self, channel: str) -> list[ScheduleEntry]:
        """The entries of `reports` with the channel, each name once. Raises RequestError if there
        is none."""
        found = {each.name: each for each in self.entries if each.channel == channel}
        if not found:
            raise RequestError(
                "No entry of `reports` in the settings has this channel, so it has no digest: set "
                f"`channel: {channel}` there, or use the command in a channel that has reports"
            )
        return list(found.values())

    def start(self, entry: ScheduleEntry) -> Digest | None:
        """Stores a digest to post. None if another request made it in the same second."""
        now = self.clock()
        digest = new_digest(requested_round(entry, now), entry, now)
        stored = self.store.make_digest(digest)
        return digest if stored == digest else None

    def put(self, digest: Digest) -> None:
        """Queues the planning of its repositories."""
        self.store.put_job(DIGEST, {"digest": digest.id}, self.clock())
