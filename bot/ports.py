"""The seams between the decision and the world."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, NamedTuple, Protocol, TypeVar

from bot.core.authority import SlackPerson
from bot.core.due import DueReport, Missed, Rest, Round
from bot.core.manifest import Content, Described, Unread
from bot.core.plan import Plan
from bot.core.pull_times import OurRead
from bot.core.records import (
    Batch,
    Event,
    Fate,
    Item,
    Job,
    KeptManifest,
    KnownRepository,
    KnownTag,
    LastLook,
    Message,
    Pause,
    PinRemoval,
    PlanRecord,
    RepositoryPin,
    Run,
    TagScan,
    Tally,
)
from bot.core.repository import RegistryId, RepositoryId
from bot.core.repository_policy import Puller
from bot.core.usage import Sighting

Clock = Callable[[], datetime]
"""The time now, in UTC."""


class ManifestText(NamedTuple):
    """A manifest as it was pushed."""

    media_type: str | None
    text: str


Found = TypeVar("Found")


class Dated(NamedTuple, Generic[Found]):
    """What one call found, by digest. `answered_at`: the time that the answer bears, by the
    service's own clock and to the second; None if it bears none. UTC. `text_bytes`: the length of
    all manifests in the answer."""

    found: Mapping[str, Found]
    answered_at: datetime | None
    text_bytes: int = 0


class Registry(Protocol):
    """One account's registry in one Region. Everything raises ServiceError if it fails."""

    @property
    def read_at_once(self) -> int:
        """How many manifests one `read` may ask for."""

    def id(self) -> RegistryId: ...

    def repositories(self) -> Iterator[RepositoryId]: ...

    def repository(self, name: str) -> RepositoryId | None:
        """None if the registry has none of that name."""

    def resource_tags(self, repository: RepositoryId) -> Mapping[str, str]:
        """AWS's own tags of the repository, by key: no tags of images. Raises RequestError if the
        repository is gone."""

    def describe(self, repository: RepositoryId) -> Iterator[Described]:
        """Every manifest, whatever its status. Raises RequestError if the repository is gone."""

    def read(self, repository: RepositoryId, batch: Sequence[Described]) -> Dated[Content | Unread]:
        """What the manifests' texts say, by one call; an answer for each. It counts as a pull."""

    def digests(self, repository: RepositoryId) -> Iterator[str]:
        """Of every manifest, whatever its status; by fewer bytes than `describe`."""

    def describe_some(
        self, repository: RepositoryId, digests: Sequence[str]
    ) -> Mapping[str, Described]:
        """As they are now, `read_at_once` at the most; those that are gone are left out."""

    def texts(self, repository: RepositoryId, digests: Sequence[str]) -> Dated[ManifestText]:
        """Of `read_at_once` at the most, by one call; those that cannot be read are left out. It
        counts as a pull."""

    def pullers(self, repository: RepositoryId) -> frozenset[Puller]:
        """Who may pull by the repository's and the registry's policies."""

    def deleted_also_in(self, repository: RepositoryId) -> tuple[RegistryId, ...]:
        """Where replication rules carry deletions from this repository."""

    def layers_stay_within_repositories(self) -> bool:
        """False if repositories of this registry may share layers."""

    def records_our_pulls(self) -> bool:
        """False if our reading leaves pull times alone."""


class Refusal(NamedTuple):
    """Why ECR does not delete one image: API reference, ImageFailure."""

    code: str
    reason: str


class Deleter(Protocol):
    """Deletes images of one repository, with no more power than that takes. May be used by several
    threads."""

    def delete(
        self, digests: Sequence[str], may_go: Callable[[], bool]
    ) -> Mapping[str, Refusal | None]:
        """By one call, which is tried once. What ECR answered for each digest, None for deleted;
        digests that the answer leaves out are left out. `may_go` is asked at the last moment, when
        the request is about to leave.

        Raises NotSentError if it may not; ThrottledError, AnswerLostError, ExpiredCredentialsError;
        ServiceError for whatever trying again does not mend.
        """

    def renew_credentials(self) -> None:
        """Asks for new ones, though the old ones should not have run out yet."""


class Directory(Protocol):
    """The people of the Slack workspace in which this process works. May be used by several
    threads. Everything raises ServiceError if Slack cannot tell, or this process has no token."""

    def workspace(self) -> str:
        """Its id."""

    def person(self, user_id: str) -> SlackPerson:
        """With all user groups that the settings name. Raises RequestError if nobody of that id
        may decide anything: deactivated, a bot, unknown."""


class UsageSource(Protocol):
    """One service in one place, or one file."""

    @property
    def name(self) -> str:
        """The source's key in the settings."""

    @property
    def scope(self) -> str:
        """Where it looks: `123456789012 in eu-west-1`, a cluster, a path."""

    def sightings(self) -> Iterator[Sighting]:
        """Every reference that it knows, with who uses it. Raises ServiceError if it cannot tell
        all: a source that is silent says nothing about usage."""


class ContentCache(Protocol):
    """What a manifest says, so that each is read once. Raises ServiceError if it fails."""

    def contents(self, digests: Iterable[str]) -> dict[str, Content]: ...

    def add_contents(self, contents: Mapping[str, Content]) -> None: ...


class RepositoryMemory(Protocol):
    """What this bot read and saw in a repository. Raises ServiceError if it fails."""

    def our_reads(
        self, repository: RepositoryId, digests: Sequence[str] | None = None
    ) -> Mapping[str, Sequence[OurRead]]:
        """Of these digests, or of all. Nothing stands for those that were never read."""

    def add_our_reads(self, repository: RepositoryId, reads: Mapping[str, OurRead]) -> None:
        """By digest. Of a read that is known already only the span is added, if it had none."""

    def subjects_seen(self, repository: RepositoryId) -> frozenset[str]:
        """Digests that referrers name by tag and that were in this repository at some time."""

    def add_subjects_seen(self, repository: RepositoryId, digests: Iterable[str]) -> None: ...


class ManifestCache(ContentCache, RepositoryMemory, Protocol):
    """All that taking an inventory remembers."""


class Listed(NamedTuple):
    """How many workloads a source listed when it was last believed. UTC."""

    workloads: int
    at: datetime


class Doubted(NamedTuple):
    """A source listed far fewer workloads than `before`; somebody may confirm what it listed."""

    source: str
    scope: str
    listed: Listed
    before: Listed


class Confirmation(NamedTuple):
    """Somebody's consent to how few workloads a source listed. `by`: a Slack user's id or an AWS
    ARN. UTC."""

    doubted: Doubted
    by: str
    at: datetime


class UsageMemory(Protocol):
    """What each source listed last, so that a sudden silence is noticed."""

    def last_listed(self, source: str, scope: str) -> Listed | None: ...

    def believe(self, source: str, scope: str, listed: Listed) -> None: ...

    def doubt(self, doubted: Doubted) -> None:
        """Keeps it aside until somebody confirms it."""

    def confirm(self, doubted: Doubted, event: Event | None) -> bool:
        """Believes what was doubted. `event`: who confirmed it, for the audit, if there is one.
        False, and nothing is written, if it is no longer doubted, or another number is."""

    def doubted(self) -> Sequence[Doubted]:
        """What somebody may confirm, by source and scope."""

    def confirmations(self, source: str, scope: str) -> Sequence[Confirmation]:
        """All that are known, oldest first."""


class Asked(NamedTuple):
    """Whether a source may find something in a Region that it does not scan. UTC."""

    has_any: bool
    at: datetime


class RegionMemory(Protocol):
    """What Regions that no source scans answered, so that they are not asked with every scan."""

    def asked_regions(self, account: str) -> Mapping[tuple[str, str], Asked]:
        """By Region and source."""

    def remember_regions(self, account: str, asked: Mapping[tuple[str, str], Asked]) -> None: ...


class ScanMemory(UsageMemory, RegionMemory, Protocol):
    """All that scans remember."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is written as one, or not at all.

    `before` is the record of a plan as it was seen, `after` what it becomes; without `before` a new
    plan is made. `content` belongs to every new version. A pin that takes the place of one of the
    same text in its repository is added, and the other, as it was seen, removed. `removals` stay
    known after the pins are gone. `run_before` is a run as it was seen, `run` what it becomes;
    without `run_before` a new run is made.
    """

    events: Sequence[Event]
    before: PlanRecord | None = None
    after: PlanRecord | None = None
    content: Plan | None = None
    pins_added: Sequence[RepositoryPin] = ()
    pins_removed: Sequence[RepositoryPin] = ()
    removals: Sequence[PinRemoval] = ()
    run_before: Run | None = None
    run: Run | None = None


class Store(Protocol):
    """What people decided, and what became of it. May be used by several threads. Everything
    raises ServiceError if the database fails; then nothing was written."""

    @property
    def is_new(self) -> bool:
        """Whether the database was made just now."""

    @property
    def made_at(self) -> datetime:
        """When the database was made: pins of an earlier one are not known. UTC."""

    def commit(self, change: Change) -> bool:
        """False, and nothing is written, if somebody was faster: the plan is no longer as `before`
        has it, the repository of a new plan has an open one, a pin to be removed is gone, or one of
        the same text as one to be added is there and not removed, a run is no longer as
        `run_before` has it, or a plan that is to get its first run has one, or everything is
        paused."""

    def plan(self, id_: str) -> PlanRecord | None: ...

    def open_plan(self, repository: RepositoryId) -> PlanRecord | None:
        """The one that is proposed, approved or executing."""

    def plans(self) -> Iterator[PlanRecord]:
        """All, last proposed first."""

    def open_plans(self) -> Sequence[PlanRecord]: ...

    def approved_plans(self) -> Sequence[PlanRecord]:
        """Those that are approved or executing."""

    def plans_to_expire(self, now: datetime) -> Sequence[PlanRecord]:
        """Those that are proposed though nobody may approve them any more."""

    def last_plan(self, repository: RepositoryId) -> PlanRecord | None:
        """The one that was proposed last, whatever became of it."""

    def ended_plans(
        self, limit: int, repository: RepositoryId | None = None
    ) -> Sequence[PlanRecord]:
        """Those that were to delete something and are open no more, of one repository or of all,
        last proposed first."""

    def carried_out_plans(
        self, limit: int, repository: RepositoryId | None = None
    ) -> Sequence[PlanRecord]:
        """Wholly or in part, of one repository or of all, last proposed first."""

    def content(self, id_: str, version: int) -> Plan:
        """What was proposed: its layers are known only as far as they would be freed. Raises
        ServiceError if it is not what was stored, ReplacedError if a newer version replaced it
        before anybody approved it."""

    def items(self, id_: str, version: int) -> Sequence[Item]:
        """What was to be deleted, in the order of deletion, with what became of it. Empty for a
        version that a newer one replaced before anybody approved it."""

    def deletions(self, id_: str, version: int) -> Sequence[str]:
        """The digests that any version, replaced or not, was to delete."""

    def pins(self, repository: str | None = None) -> Sequence[RepositoryPin]:
        """Of one repository (by URI) or of all, by repository and text; those that have run out
        as well."""

    def pins_over(self, now: datetime) -> Sequence[RepositoryPin]:
        """Those that have run out, of all repositories."""

    def pin_removals(self, repository: str | None = None) -> Sequence[PinRemoval]:
        """Of one repository (by URI) or of all: every removal of a pin by somebody other than its
        maker."""

    def pause(self) -> Pause | None:
        """None if plans may begin to be carried out."""

    def set_pause(self, pause: Pause | None, event: Event) -> bool:
        """From then on no plan gets its first run: `commit` refuses it; with None, it may again.
        False, and nothing is written, if it was so already."""

    def record(self, event: Event) -> None: ...

    def events(self, since: datetime | None = None) -> Iterator[Event]:
        """Oldest first."""

    def tag_scan(self, repository: RepositoryId) -> TagScan | None:
        """None if the repository was never scanned."""

    def remember_tags(self, repository: RepositoryId, scan: TagScan) -> None:
        """Unless a later scan is known already. One that is later by more than clocks may differ
        is none: it makes way."""

    def find_tags(self, repository: RepositoryId, part: str, limit: int) -> Sequence[KnownTag]:
        """Tags of the last scan that hold this part, in whatever case: first those that the open
        plan deletes; of each those of referrers last, and the last in the alphabet first."""

    def all_tags(self, repository: RepositoryId) -> Sequence[str]:
        """Those of the last scan, in any order."""

    def find_digests(self, repository: RepositoryId, beginning: str, limit: int) -> Sequence[str]:
        """Of images that had a tag at the last scan; lowest first."""

    def remember_look(self, repository: RepositoryId, look: LastLook) -> None: ...

    def looked_at(self, plan: PlanRecord) -> datetime:
        """When what it says was last found to be so: by the last look, or when it was proposed."""


class Runs(Protocol):
    """What is known of plans that are carried out. Whoever has lost a run writes nothing to it.
    Everything raises ServiceError if the database fails; then nothing was written."""

    def run(self, plan: str) -> Run | None:
        """None if it was never begun."""

    def renew_run(self, run: Run, until: datetime) -> bool:
        """Has it until then, at least. False if somebody else took it over."""

    def release_run(self, run: Run, at: datetime) -> bool:
        """From then on anybody may take it over. False if somebody did."""

    def journal(self, run: Run, batches: Sequence[Batch], kept: Iterable[KeptManifest]) -> bool:
        """Before the batches are sent. False, and nothing is written, if the run is lost."""

    def mark_sent(self, run: Run, batch: Batch, at: datetime) -> bool:
        """Right before the call leaves. False, and nothing is written, if the run is lost."""

    def unanswered(self, run: Run) -> Sequence[Batch]:
        """Batches of this run and of those who had it earlier, of which nobody knows what ECR
        answered; in their order. Those that were never sent are among them."""

    def batches_journalled(self, run: Run) -> int:
        """How many there are, answered or not."""

    def settle(
        self, run: Run, fates: Sequence[Fate], answered: Sequence[Batch], events: Sequence[Event]
    ) -> bool:
        """What became of digests, and which batches need no more looking after. False, and nothing
        is written, if the run is lost."""

    def kept_manifest(self, repository: str, digest: str) -> KeptManifest | None:
        """What was in a manifest that was deleted, or was about to be. `repository` is a URI."""


class RunStore(Store, Runs, Protocol):
    """All that carrying out a plan needs."""


class Messages(Protocol):
    """Where plans are shown, so that what is shown can follow what is stored. Raises ServiceError
    if the database fails."""

    def remember_message(self, message: Message) -> None:
        """That there is one, or that it is about another plan now. Nobody knows yet what it
        shows."""

    def message(self, channel: str, ts: str) -> Message | None: ...

    def messages_of(self, plan: str) -> Sequence[Message]:
        """Oldest first."""

    def messages_behind(self, limit: int, progress_before: datetime) -> Sequence[Message]:
        """First those that show another revision of their plan than the one that is stored, then
        those whose plan is being carried out and that were last brought up to date before
        `progress_before`; of each, those that have waited longest first."""

    def mark_shown(self, message: Message, revision: int | None, at: datetime) -> bool:
        """What it shows from now on; None: nobody knows. False if somebody else changed it since
        `message` was read: then nobody knows which of the two came last, and it is behind."""

    def messages_without_list(self, limit: int) -> Sequence[Message]:
        """Of proposed and approved plans that delete something: the whole list of the version that
        counts is not in their threads."""

    def mark_listed(self, message: Message, version: int | None) -> bool:
        """False if it was said already, here or elsewhere."""

    def forget_message(self, message: Message) -> None: ...


class Repositories(Protocol):
    """The repositories that are known without asking AWS. Raises ServiceError if the database
    fails."""

    def remember_repositories(
        self, registry: RegistryId, found: Iterable[RepositoryId], at: datetime
    ) -> None:
        """All that the registry listed: others that it had are forgotten."""

    def forget_other_registries(self, known: Collection[RegistryId]) -> None:
        """And all repositories that they had."""

    def repositories(self) -> Sequence[KnownRepository]:
        """By name."""

    def repositories_called(self, name: str) -> Sequence[RepositoryId]:
        """By name or by URI: of several registries, if they have one of that name."""


class Homes(Protocol):
    """Who opened the Home tab, and which events it knows of. Raises ServiceError if the database
    fails."""

    def open_home(self, user: str, at: datetime) -> None: ...

    def last_event_number(self) -> int: ...

    def homes_behind(
        self, opened_since: datetime, shown_before: datetime, limit: int
    ) -> Sequence[str]:
        """Users whose tab does not know of the last event; those that have waited longest first."""

    def mark_home_shown(self, user: str, event_number: int | None, at: datetime) -> None:
        """None: it could not be shown."""


class Warnings(Protocol):
    """Whom to tell that a pin runs out. Raises ServiceError if the database fails."""

    def pins_to_warn_of(self, before: datetime) -> Sequence[RepositoryPin]:
        """Those that run out by then and that nobody was warned of."""

    def mark_warned(self, pin: RepositoryPin, at: datetime | None) -> bool:
        """False if it was said already, here or elsewhere, or the pin is another by now."""


class Receipts(Protocol):
    """What became of plans, in short. Raises ServiceError if the database fails."""

    def tally(self, id_: str, version: int, most_told: int) -> Tally: ...

    def freed_bytes_in_all(self) -> int:
        """By all plans that were carried out, wholly or in part."""

    def plans_to_tell_of(self, limit: int) -> Sequence[PlanRecord]:
        """Proposed and approved ones with approvals of earlier versions, of whose end nobody was
        told."""

    def mark_told(self, plan: PlanRecord, version: int | None) -> bool:
        """Whoever approved an earlier version knows. False if it was said already, here or
        elsewhere."""

    def last_event(self, id_: str) -> Event | None:
        """What happened to a plan last, apart from refusals."""


class BoardStore(Store, Messages, Receipts, Protocol):
    """All that showing plans needs."""


class WorkQueue(Protocol):
    """Work that some worker is to do; again, if that worker died. Raises ServiceError if the
    database fails."""

    def put(self, kind: str, payload: Mapping[str, str], not_before: datetime) -> None: ...

    def take(self, worker: str, now: datetime, lease: timedelta) -> Job | None:
        """What nobody has, for as long as the lease runs: what people asked for first, and of that
        what has been due longest."""

    def renew(self, job: Job, now: datetime, lease: timedelta) -> bool:
        """False if the lease ran out and somebody else took it."""

    def put_back(self, job: Job, not_before: datetime) -> bool:
        """As if it had not been taken. False if the lease ran out and somebody else took it."""

    def done(self, job: Job) -> bool:
        """False if the lease ran out and somebody else took it."""

    def jobs_left(self, *kinds: str) -> int:
        """How many of these are not done yet, whether somebody has them or not."""


class DueReports(Protocol):
    """What became of reports that come by themselves, so that each comes once. Raises ServiceError
    if the database fails; then nothing was written."""

    def begin_round(self, round_: Round, registries: Iterable[str], at: datetime) -> Sequence[str]:
        """Those of the registries whose repositories nobody claimed yet, here or elsewhere.
        `registries`: what the settings call them."""

    def miss(self, round_: Round, missed: Missed) -> None:
        """The registry cannot be listed just now."""

    def claim(
        self, round_: Round, registry: str, repositories: Iterable[RepositoryId], at: datetime
    ) -> bool:
        """Puts a job of the kind `due` on the queue for each that had no report at that local time,
        a second after the other. False, and nothing is written, if somebody was faster."""

    def due_report(self, repository: str, local: datetime) -> DueReport | None:
        """None if nobody claimed it. `repository` is a URI."""

    def settle_report(self, report: DueReport) -> None:
        """Writes what became of it, unless that is written already."""

    def remember_report(self, report: DueReport, message: Message) -> None:
        """That it was posted, and that there is the message; as `Messages.remember_message`."""

    def gather(self, now: datetime) -> None:
        """Puts a job of the kind `rest` on the queue for every round of which nothing is pending
        and something is to be told; whatever is told has one such job."""

    def rest(self, line: str) -> Rest | None:
        """`line` as the job has it. None if it is not known any more."""


class Deliveries(Protocol):
    """What people did in Slack, as it was delivered here. Raises ServiceError if the database
    fails."""

    def hear(self, id_: str, at: datetime) -> bool:
        """False if it was heard before, here or by another process: it was delivered twice."""


class RunProgress(Protocol):
    def __call__(self, done: int, total: int, freed_bytes: int) -> None:
        """`done`: of how many of `total` digests it is settled what became of them."""


class Progress(Protocol):
    def __call__(self, step: str, done: int, total: int | None, note: str = "", /) -> None:
        """`total` None: it is not known yet. `note` may change while the step lasts."""
