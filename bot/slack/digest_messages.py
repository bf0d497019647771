"""Posts digests, and updates them after every change of their plans."""

import io
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import islice
from threading import Lock

from slack_sdk import WebClient

from bot.core.digest_figures import WEEKS, DigestFigures
from bot.core.digests import (
    Digest,
    DigestReport,
    OutdatedDigest,
    is_planning,
    is_update_due,
)
from bot.core.errors import DamagedDataError
from bot.core.plan_problems import PlanProblem
from bot.core.prices import RegionPrices
from bot.core.report_schedules import ScheduleEntry
from bot.core.storage_history import WEEK
from bot.parallel import call_all
from bot.ports import Clock, PriceReader
from bot.render.digests import LIST_COLUMNS, listed_reports
from bot.render.output import write_rows
from bot.slack.api import (
    MESSAGE_GONE,
    MessageContent,
    SlackError,
    calling,
    delete_message,
    message_link,
    post_message,
    update_message,
    update_or_shorten,
)
from bot.slack.messages.digest import (
    MOST_BLOCKED,
    DigestView,
    digest_message,
)
from bot.slack.messages.digest_notices import older_digest_message
from bot.store.store import Store

MOST_DIGESTS = 5
"""Digests that are updated after a click."""

MOST_OUTDATED = 20
"""Digests that are read in a sweep. Those with a running deletion may wait for their minute."""

CACHED_PROBLEMS = 32
"""Reading the content of a large plan takes half a second."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DigestMessagesSettings:
    """`workspace_url`: as in `message_link`. `entry_named`: None if the settings have no such entry
    any more. `required`: approvals."""

    workspace_url: str
    entry_named: Callable[[str], ScheduleEntry | None]
    read_prices: PriceReader
    required: int
    report_only: bool


class DigestMessages:
    """Posts and updates digests. A digest is outdated if it does not show the stored state of its
    round; `update_outdated` updates those. Safe for several threads and processes. Every method
    raises ServiceError if Slack or the database fails, and leaves the digest outdated."""

    def __init__(
        self, client: WebClient, store: Store, settings: DigestMessagesSettings, clock: Clock
    ) -> None:
        self._client = client
        self._store = store
        self._settings = settings
        self._clock = clock
        self._problems_of = lru_cache(CACHED_PROBLEMS)(partial(_problems_of, store))
        self._lock = Lock()

    def post(self, digest: Digest) -> Digest:
        """Posts the first line of the stored digest, unless it is posted already. Stores the
        message before it gets buttons, so that every button has a stored digest. Returns the posted
        digest."""
        if digest.ts is None:
            text = self._content(digest).text
            ts = post_message(
                self._client, "Posting a digest", digest.channel, MessageContent(text)
            )
            if not self._store.mark_digest_posted(digest, ts):
                self._delete(digest.channel, ts)
        posted = self._store.digest(digest.id)
        assert posted, "digests are never deleted from the store"
        return posted

    def update(self, digest_id: str) -> None:
        """Shows the stored state now. Once the round is planned, reduces older digests of the entry
        to one line, and posts the CSV file in the thread."""
        with self._lock:
            digest = self._store.digest(digest_id)
            if digest and digest.ts:
                self._show(digest, self._store.digest_state(digest))

    def update_of_plan(self, plan_id: str) -> None:
        """Updates the digests with the plan, but one with a running deletion at most once a
        minute."""
        self._update_due(self._store.outdated_digests(MOST_DIGESTS, plan_id))

    def update_outdated(self, limit: int) -> None:
        """Updates up to `limit` digests of any rounds."""
        self._update_due(self._store.outdated_digests(MOST_OUTDATED), limit)

    def end(self, digest: Digest, content: MessageContent) -> None:
        """Shows why there is no digest, in its message or in a new one, and does not update it any
        more."""
        if digest.ts is None:
            post_message(self._client, "Answering", digest.channel, content)
            return
        update_message(self._client, "Answering", digest.channel, digest.ts, content)
        self._store.forget_digest(digest)

    def link(self, digest: Digest) -> str:
        """`digest`: a posted one."""
        assert digest.ts, "only posted digests have a link"
        return message_link(self._settings.workspace_url, digest.channel, digest.ts)

    def _update_due(self, outdated: Sequence[OutdatedDigest], limit: int = MOST_DIGESTS) -> None:
        now = self._clock()
        due = (each.digest.id for each in outdated if is_update_due(each, now))
        call_all(partial(self.update, each) for each in islice(due, limit))

    def _show(self, digest: Digest, state: str) -> None:
        """`state`: read before the reports, so that later changes leave the digest outdated."""
        assert digest.ts, "only posted digests are shown"
        reports = self._store.digest_reports(digest)
        try:
            content = digest_message(self._view(digest, reports))
            update_or_shorten(self._client, "Showing a digest", digest.channel, digest.ts, content)
        except Exception as error:
            if isinstance(error, SlackError) and error.code in MESSAGE_GONE:
                self._store.forget_digest(digest)
                return
            self._store.mark_digest_shown(digest, None, self._clock())
            raise
        self._store.mark_digest_shown(digest, state, self._clock())
        if not is_planning(digest, reports):
            self._collapse_older(digest)
            self._post_list(digest, reports)

    def _content(self, digest: Digest) -> MessageContent:
        return digest_message(self._view(digest, self._store.digest_reports(digest)))

    def _view(self, digest: Digest, reports: Sequence[DigestReport]) -> DigestView:
        now, prices = self._clock(), self._settings.read_prices()
        histories = self._store.storage_histories((now - WEEKS * WEEK).date())
        figures = DigestFigures.of(reports, histories, prices, now)
        entry = self._settings.entry_named(digest.entry)
        is_scheduled = entry and not digest.is_requested
        return DigestView(
            digest=digest,
            reports=reports,
            missed=self._store.missed_registries(digest),
            figures=figures,
            problems={
                plan.id: self._problems_of(plan.id, plan.version)
                for plan, _ in figures.blocked[:MOST_BLOCKED]
            },
            days_a_week=len(entry.schedule.days) if entry and is_scheduled else 0,
            required=self._settings.required,
            report_only=self._settings.report_only,
            saved=prices.total_of(self._store.freed_bytes_by_region()),
            pause=self._store.pause(),
            now=now,
        )

    def _collapse_older(self, digest: Digest) -> None:
        """Logs failures of Slack; the next update retries them."""
        for older in self._store.older_digests(digest):
            assert older.ts, "they are posted"
            try:
                content = older_digest_message(self.link(digest))
                update_message(
                    self._client, "Shortening a digest", older.channel, older.ts, content
                )
            except SlackError as error:
                if error.code not in MESSAGE_GONE:
                    _log.warning("%s; the next update retries it", error)
                    continue
            self._store.forget_digest(older)

    def _post_list(self, digest: Digest, reports: Sequence[DigestReport]) -> None:
        """Posts the CSV file in the thread, once. Logs failures of Slack; the next update retries
        them."""
        if digest.has_list or not self._store.mark_digest_listed(digest):
            return
        try:
            with calling("Uploading the list of repositories"):
                self._client.files_upload_v2(
                    content=_as_csv(reports, self._settings.read_prices()),
                    filename=f"ecr-clean-{digest.local:%Y-%m-%d}-{digest.id}.csv",
                    title="All repositories of this digest",
                    channel=digest.channel,
                    thread_ts=digest.ts,
                )
        except SlackError as error:
            _log.warning("%s; the next update of the digest retries it", error)
            self._store.mark_digest_listed(digest, has_list=False)

    def _delete(self, channel: str, ts: str) -> None:
        """Another process has posted the digest."""
        try:
            delete_message(self._client, "Deleting a second digest", channel, ts)
        except SlackError as error:
            _log.warning("%s", error)


def _problems_of(store: Store, plan_id: str, version: int) -> Sequence[PlanProblem]:
    try:
        return store.content(plan_id, version).problems
    except DamagedDataError as error:
        _log.warning("%s", error)
        return ()


def _as_csv(reports: Sequence[DigestReport], prices: RegionPrices) -> bytes:
    text = io.StringIO()
    rows = map(LIST_COLUMNS.as_row, listed_reports(reports, prices))
    write_rows([LIST_COLUMNS.header, *rows], text)
    return text.getvalue().encode()
