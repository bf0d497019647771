"""Records in the store: plans without their content, pins, runs, jobs, messages, audit events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.core.audit_details import EventDetail
from bot.core.pins import Pin
from bot.core.plan import OPEN, ImageGroupCounts, Plan, PlanState
from bot.core.repository import RepositoryId
from bot.core.result_reasons import ResultReason, StartProblem

BOT_ACTOR = "ecr-clean"
"""Actor of automatic actions."""

SETTINGS_ACTOR = "the settings"
"""Actor that stops a run that the settings of the worker do not allow."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's approval of one version. `by`: a Slack user ID or an AWS ARN. `hash`: of the
    content that was approved; empty in rows of versions before migration 0002. UTC."""

    by: str
    at: datetime
    version: int
    hash: str = ""


class ImageOutcome(StrEnum):
    PENDING = "pending"
    DELETED = "deleted"
    SKIPPED = "skipped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PlanItem:
    """An image to delete, and its outcome. `is_unconfirmed`: it was deleted, but ECR's answer was
    lost. `reason` is None while it is pending."""

    digest: str
    tags: tuple[str, ...]
    outcome: ImageOutcome
    reason: ResultReason | None
    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """The newest version of a plan, and its state. Earlier versions are superseded.

    `hash`: of the version's content. `complete`: the plan has no problems. `checked`: at least one
    usage source was scanned. `freed_bytes`: expected; after a run, the bytes freed by deletions
    that ECR confirmed. `exact` False: at most `freed_bytes`. `unconfirmed_bytes`: freed by the
    other deletions. `image_groups`: of the version; None in rows of versions before migration 0016.
    `approvals`: of all versions. `stop_asked_by`: who stopped the plan during its
    run. `stop_cause`: the settings of a worker that stopped it. `revision` counts the changes of
    the record; every change names the revision that it read. UTC.
    """

    id: str
    repository: RepositoryId
    version: int
    state: PlanState
    hash: str
    complete: bool
    checked: bool
    manifests: int
    deletions: int
    freed_bytes: int
    proposed_at: datetime
    expires_at: datetime
    execute_after: datetime | None = None
    approvals: tuple[Approval, ...] = ()
    stop_asked_by: str | None = None
    revision: int = 0
    exact: bool = True
    unconfirmed_bytes: int = 0
    stop_cause: StartProblem | None = None
    image_groups: ImageGroupCounts | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def current_approvals(self) -> tuple[Approval, ...]:
        """Approvals of this version; only these count."""
        return tuple(each for each in self.approvals if each.version == self.version)


@dataclass(frozen=True, slots=True)
class RepositoryPin:
    """A pin in the store. `repository` is a URI."""

    repository: str
    pin: Pin
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PinRemoval:
    """A pin was removed by another person than its author. UTC."""

    pin: RepositoryPin
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class LastScan:
    """The last scan of a repository, and its plan in the current state. `stored_bytes` None:
    unknown. UTC."""

    plan: PlanRecord
    at: datetime
    stored_bytes: int | None


@dataclass(frozen=True, slots=True)
class KnownRepository:
    """A repository that its registry listed at that time, in UTC. `last_scan` None: it was never
    scanned."""

    repository: RepositoryId
    listed_at: datetime
    last_scan: LastScan | None


@dataclass(frozen=True, slots=True)
class Pause:
    """While ecr-clean is paused, no run starts. `why` may be empty. UTC."""

    by: str
    at: datetime
    why: str


class KnownTag(NamedTuple):
    """A tag of the last scan. `will_be_deleted`: the open plan deletes its image. `size_bytes`: as
    ECR lists it; for an index, the sum of its children. `pushed_at` and `size_bytes` are None if an
    earlier version of the bot made the scan. UTC."""

    tag: str
    will_be_deleted: bool
    pushed_at: datetime | None = None
    size_bytes: int | None = None


class AuditEventName(StrEnum):
    PROPOSED = "proposed"
    PINNED = "pinned"
    UNPINNED = "unpinned"
    PIN_EXPIRED = "pin_expired"
    APPROVED = "approved"
    REFUSED = "refused"
    DISMISSED = "dismissed"
    STOPPED = "stopped"
    EXPIRED = "expired"
    CONFIRMED_USAGE = "confirmed_usage"
    POSTPONED = "postponed"
    NOT_STARTED = "not_started"
    STARTED = "started"
    TAKEN_OVER = "taken_over"
    DELETED = "deleted"
    SKIPPED = "skipped"
    FAILED = "failed"
    STOP_REQUESTED = "stop_asked"
    ENDED = "ended"
    PAUSED = "paused"
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """A line of the audit. `repository` is a URI. UTC."""

    at: datetime
    event: AuditEventName
    by: str
    detail: EventDetail
    plan: str | None = None
    version: int | None = None
    repository: str | None = None
    digests: tuple[str, ...] = ()


def automatic_event(
    plan: PlanRecord,
    at: datetime,
    name: AuditEventName,
    detail: EventDetail,
    digests: tuple[str, ...] = (),
) -> AuditEvent:
    """An event of a plan that no person caused."""
    uri = plan.repository.uri
    return AuditEvent(at, name, BOT_ACTOR, detail, plan.id, plan.version, uri, digests)


@dataclass(frozen=True, slots=True)
class TagBinding:
    """The digest that a tag names. `since`: the first scan that saw the tag on this image, if the
    image was older; None if the image was pushed with the tag, or if the first scan of all saw it.
    The tag moved there between the scans `came_after` and `came_by`; both are None if the first
    scan of all saw it there. `pushed_at` and `size_bytes`: as in `KnownTag`. UTC."""

    digest: str
    since: datetime | None
    came_after: datetime | None = None
    came_by: datetime | None = None
    pushed_at: datetime | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class PastTagBinding:
    """A tag that named this digest before the scan at `gone_by`. `came_after` and `came_by`: as in
    `TagBinding`. UTC."""

    tag: str
    digest: str
    gone_by: datetime
    came_after: datetime | None = None
    came_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagScan:
    """The tags of a repository at its last scan, and their history.

    `lost`: when images lost their last tag, by digest. `past`: what the tags named before, for
    images that still exist. `known_since`: when the first scan of this history had listed all tags;
    None means `at`. UTC.
    """

    at: datetime
    bindings: Mapping[str, TagBinding]
    lost: Mapping[str, datetime]
    past: tuple[PastTagBinding, ...] = ()
    known_since: datetime | None = None

    @property
    def reaches_back_to(self) -> datetime:
        return self.known_since or self.at


@dataclass(frozen=True, slots=True)
class PlanMessage:
    """A Slack message of a plan. `thread`: the `ts` of the message that it replies to.

    `shown_revision`: the revision of the plan that it shows; None if unknown. `shown_at`: when the
    last update succeeded or failed. `listed_version`: the version whose list or changes are in the
    thread. `updates` counts the changes of this record; every change names the count that it read.
    UTC.
    """

    plan: str
    channel: str
    ts: str
    thread: str | None = None
    shown_revision: int | None = None
    shown_at: datetime | None = None
    listed_version: int | None = None
    updates: int = 0

    @property
    def thread_ts(self) -> str:
        """The `ts` under which Slack knows the message's thread."""
        return self.thread or self.ts


class OutcomeSummary(NamedTuple):
    """How many images of a plan have each outcome. `not_deleted`: some of the failed and skipped
    images, failed ones first."""

    counts: Mapping[ImageOutcome, int]
    not_deleted: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class PlanWorker:
    """A process that runs plans.

    `host`: its host name, for display. `machine`: one boot of one machine, and its PID namespace;
    None if unknown. `started`: start time of process `pid`, in a unit of the machine; it
    distinguishes the process from a later one with the same PID.
    """

    host: str
    machine: str | None
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class PlanRun:
    """The run of a plan, and the worker that executes it.

    `attempt` counts the workers that took the run; only the last one may write to it. After
    `leased_until`, another worker may take it over. UTC.
    """

    plan: str
    version: int
    attempt: int
    worker: PlanWorker
    started_at: datetime
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class DeletionBatch:
    """The images of one call to ECR. `number` counts the batches of a run, from 1. `sent_at`: right
    before the call, in UTC; None if it was never sent."""

    number: int
    digests: tuple[str, ...]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The result of a run for one image. `is_unconfirmed`: as in `PlanItem`."""

    digest: str
    outcome: ImageOutcome
    reason: ResultReason
    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """A copy of a manifest, stored before its deletion. `repository` is a URI."""

    repository: str
    digest: str
    tags: tuple[str, ...]
    media_type: str | None
    text: str


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that a worker took from the queue. `attempts`: how often it was taken and not put back,
    including this time; only the worker that took it last may write to it. `made_at`: when it was
    queued. `leased_until`: when the lease expires, unless it is renewed. UTC."""

    id: int
    kind: str
    payload: Mapping[str, str]
    attempts: int
    made_at: datetime
    leased_until: datetime


class UsageScanTurn(NamedTuple):
    """A worker's turn to make the regular scan of usage. `attempt`: differs for each worker that
    takes the turn. `leased_until`: when the lease expires, unless it is renewed, in UTC."""

    attempt: int
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class StoreChange:
    """Changes that are written in one transaction.

    `before`: the record of a plan as it was read; `after`: the record that replaces it. Without
    `before`, `after` is a new plan. `content`: required with every new version. `pins_removed`: as
    they were read. To replace a pin by another with the same text, add one and remove the other.
    `removals`: who removed these pins. `run_before`: a run as it was read; `run`: the one that
    replaces it. Without `run_before`, `run` is a new run.
    """

    events: Sequence[AuditEvent]
    before: PlanRecord | None = None
    after: PlanRecord | None = None
    content: Plan | None = None
    pins_added: Sequence[RepositoryPin] = ()
    pins_removed: Sequence[RepositoryPin] = ()
    removals: Sequence[PinRemoval] = ()
    run_before: PlanRun | None = None
    run: PlanRun | None = None
