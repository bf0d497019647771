"""What is remembered of a plan beside its content."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bot.core.audit_details import EventDetail
from bot.core.pins import Pin
from bot.core.plan import OPEN, Plan, PlanState
from bot.core.repository import RepositoryId
from bot.core.result_reasons import ResultReason, StartProblem

BOT_ACTOR = "ecr-clean"
"""Who does what nobody asked for just now."""

SETTINGS_ACTOR = "the settings"
"""Who stops a run that the settings of another worker do not allow."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One person's consent to one version. `by`: a Slack user's id or an AWS ARN. `hash`: that of
    the version's content when they said so, empty if nobody wrote it down. UTC."""

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
    """A line of the receipt: what became of one digest that was to go. `is_unconfirmed`: it was
    deleted, though ECR never confirmed that to us. `reason` None: it is pending."""

    digest: str
    tags: tuple[str, ...]
    outcome: ImageOutcome
    reason: ResultReason | None
    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """The newest version of a plan and where it stands. Earlier versions are superseded.

    `hash` is that of the version's content, `complete` whether nothing hindered it, `checked`
    whether any source of usage was looked at. `freed_bytes`: what it would free; what it did free,
    once it was carried out, by deletions that ECR confirmed; `exact` False: at most that.
    `unconfirmed_bytes`: freed by the other deletions. `approvals` are those of every version.
    `stop_asked_by`: who wants it stopped while it is carried out; `stop_cause`: what the settings
    do not allow, if they stop it. `revision` counts the changes of the record: whoever changes it
    names the one they saw. UTC.
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

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def current_approvals(self) -> tuple[Approval, ...]:
        """Those that count."""
        return tuple(each for each in self.approvals if each.version == self.version)


@dataclass(frozen=True, slots=True)
class RepositoryPin:
    """A pin that is kept in the store. `repository` is a URI."""

    repository: str
    pin: Pin
    made_at: datetime


@dataclass(frozen=True, slots=True)
class PinRemoval:
    """That somebody other than the maker of a pin removed it. UTC."""

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
    """As long as it lasts, no plan begins to be carried out. `why` may be empty. UTC."""

    by: str
    at: datetime
    why: str


class KnownTag(NamedTuple):
    """A tag that the last scan saw. `goes`: the open plan deletes what it names."""

    tag: str
    goes: bool


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
    """What becomes of a plan without anybody doing it just now."""
    uri = plan.repository.uri
    return AuditEvent(at, name, BOT_ACTOR, detail, plan.id, plan.version, uri, digests)


@dataclass(frozen=True, slots=True)
class TagBinding:
    """Which digest a tag names. `since`: when it was first seen on an image that was not new then;
    None if it came with the push, or before the first scan. `came_after` and `came_by`: the last
    scan that did not see the tag there, and the first that did; None if that was the first of all.
    UTC."""

    digest: str
    since: datetime | None
    came_after: datetime | None = None
    came_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class PastTagBinding:
    """A tag named this digest until some time before the scan at `gone_by`. `came_after` and
    `came_by` as in `TagBinding`. UTC."""

    tag: str
    digest: str
    gone_by: datetime
    came_after: datetime | None = None
    came_by: datetime | None = None


@dataclass(frozen=True, slots=True)
class TagScan:
    """The tags of a repository at its last scan, and when images that had tags lost the last one.

    `past`: what tags named before, of images that are still there, each once. `known_since`: when
    the first of the scans that this history rests on had listed all tags; None stands for `at`.
    UTC.
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
    """Where a plan is shown in Slack. `thread`: the `ts` of the message that it answers.

    `shown_revision`: which revision of the plan it shows, None if nobody knows. `shown_at`: when
    it was brought up to date, or could not be. `listed_version`: the version whose whole list is in
    its thread. `updates` counts the changes of this: whoever changes it names the one they saw.
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


class OutcomeSummary(NamedTuple):
    """How far a receipt is: how many digests have which outcome, and some of those that were
    skipped or failed, failed first."""

    counts: Mapping[ImageOutcome, int]
    told: tuple[PlanItem, ...]


@dataclass(frozen=True, slots=True)
class PlanWorker:
    """A process that carries plans out.

    `host` is for people. `machine` names one boot of one machine, and a space of process ids on it;
    None where nobody can tell. `started`: when process `pid` began, in a unit of that machine's
    own, so that another process with its number is not taken for it.
    """

    host: str
    machine: str | None
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class PlanRun:
    """A plan that is being carried out, and by whom.

    `attempt` counts who took it: whoever took it earlier has lost it. The worker has it until
    `leased_until`; then anybody may take it over. UTC.
    """

    plan: str
    version: int
    attempt: int
    worker: PlanWorker
    begun_at: datetime
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class DeletionBatch:
    """What goes in one call. `number` counts the batches of a run, from 1. `sent_at`: when the call
    was about to leave, in UTC; None: it never left."""

    number: int
    digests: tuple[str, ...]
    sent_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ImageResult:
    """The result of a run for one image, and the reason. `is_unconfirmed`: as in the receipt."""

    digest: str
    outcome: ImageOutcome
    reason: ResultReason
    is_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class KeptManifest:
    """The text of a manifest that is about to be deleted, so that one can see later what was in
    it. `repository` is a URI."""

    repository: str
    digest: str
    tags: tuple[str, ...]
    media_type: str | None
    text: str


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """Work that somebody took from the queue. `attempts`: how often it was taken and not put back,
    this time included; whoever took it earlier has lost it. `made_at`: when it was first put.
    `leased_until`: when the lease expires, unless the worker renews it. UTC."""

    id: int
    kind: str
    payload: Mapping[str, str]
    attempts: int
    made_at: datetime
    leased_until: datetime


@dataclass(frozen=True, slots=True)
class StoreChange:
    """Writes that land together or not at all.

    `before`: the record of a plan as it was read; `after`: the record that replaces it. Without
    `before`, `after` is a new plan. `content`: required with every new version. `pins_removed`: as
    they were read. To replace a pin by another of the same text, add one and remove the other.
    `removals` stay known after the pins are gone. `run_before`: a run as it was read; `run`: the
    one that replaces it. Without `run_before`, `run` is a new run.
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
