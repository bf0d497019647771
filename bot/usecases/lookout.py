"""Keeps watch while a plan is carried out: what changed since people saw it is spared."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.core.errors import RequestError, ServiceError
from bot.core.graph import Graph
from bot.core.ground import why_not_to_go_on
from bot.core.manifest import Described, Manifest
from bot.core.passes import in_batches
from bot.core.plan import Plan
from bot.core.result_reasons import ResultReason, TextUnreadable
from bot.core.sparing import Why, compare, gone_of
from bot.core.start_obstacles import GroundChanged
from bot.parallel import in_parallel
from bot.ports import Clock, Dated, Deleter, ManifestText
from bot.usecases.inventory import BatchSize, Reading, open_reading, pulled_by_others
from bot.usecases.ledger import Ledger
from bot.usecases.planning import Planned, Planner, pins_and_removals
from bot.usecases.repositories import Found

if TYPE_CHECKING:
    from bot.store.store import Store

USAGE_HOLDS = timedelta(minutes=10)
"""So long a scan of usage is believed while a plan is carried out."""

CHECK_HOLDS = timedelta(seconds=60)
"""So long after an image was described a request to delete it may leave."""

LIST_HOLDS = timedelta(seconds=60)
"""So long it is taken for granted that nobody pushed anything, in a large repository."""

BYTES_A_ROUND = 16 * 2**20
"""Of manifests that are in memory until they are deleted. Calls that run beside the one that
reaches it add theirs."""

A_PAGE = 1000
"""Digests that ECR lists at once: API reference, ListImages, maxResults."""


class IncompleteError(Exception):
    """Not everything could be looked at, or people approved something else: nothing may be
    deleted."""

    def __init__(self, cause: GroundChanged) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Workplace:
    """One repository, whoever may delete there, and how it is looked at: `look` scans usage afresh,
    and gives a planner who knows what it saw."""

    found: Found
    deleter: Deleter
    look: Callable[[], Planner]

    def there(self, digests: Iterable[str]) -> AbstractSet[str]:
        """Those that ECR has right now: none, if the repository is gone. It is asked for all that
        it has: of each that is gone it would have to be asked by itself (API reference,
        DescribeImages, ImageNotFoundException)."""
        try:
            listed = frozenset(self.found.registry.digests(self.found.repository))
        except RequestError:
            return frozenset()
        return listed.intersection(digests)


@dataclass(frozen=True, slots=True)
class Sight:
    """What the rules said of all that is there, and by whom it was looked at."""

    planner: Planner
    planned: Planned


def look_at(workplace: Workplace, gone: Sequence[Manifest] = ()) -> Sight:
    """`gone`: what this run has deleted. Raises ServiceError if the images cannot be listed."""
    planner = workplace.look()
    return Sight(planner, planner.plan(workplace.found, gone))


@dataclass(frozen=True, slots=True)
class Texts:
    """Of the manifests that a round deletes."""

    by_digest: dict[str, ManifestText]
    unreadable: list[str]

    def add(self, answer: Mapping[str, ManifestText | None]) -> None:
        """None for those that cannot be read."""
        for digest, text in answer.items():
            if text is None:
                self.unreadable.append(digest)
            else:
                self.by_digest[digest] = text

    def are_enough(self) -> bool:
        """For one round: the others are read in the next."""
        return sum(len(each.text) for each in self.by_digest.values()) >= BYTES_A_ROUND


class Lookout:
    """`content` is the version that was approved. `sight`: from a moment ago."""

    def __init__(
        self, workplace: Workplace, store: "Store", clock: Clock, content: Plan, sight: Sight
    ) -> None:
        """Raises IncompleteError if nothing may be deleted by what was seen."""
        self.repository = workplace.found.repository
        self._registry = workplace.found.registry
        self._workplace = workplace
        self._store = store
        self._clock = clock
        self._content = content
        self._read: dict[str, ManifestText] = {}
        self._batch_size = BatchSize(self._registry.read_at_once)
        self._checked_at = clock()
        self._take_in(sight)

    @property
    def graph(self) -> Graph:
        return self._comparison.graph

    def approved(self, digest: str) -> Manifest:
        """As people saw it."""
        return self._comparison.approved[digest]

    def doubt(self) -> None:
        """ECR knows of something that was not seen here: all is looked at again."""
        self._is_doubtful = True

    def count_batches(self, number: int) -> None:
        self._batches_since += number

    def keep_up(self, ledger: Ledger) -> Why:
        """What must be spared by now. Raises IncompleteError if nothing may be deleted any more,
        ServiceError if the images cannot be listed."""
        if self._clock() - self._sight.planner.looked_at > USAGE_HOLDS:
            self._plan_again(self._workplace.look(), ledger)
        elif self._is_doubtful or self.pins_changed() or self._is_listed_otherwise(ledger):
            self._plan_again(self._sight.planner, ledger)
        if not self._is_news:
            return {}
        changes = self._comparison.changes(ledger.pending)
        return self._comparison.with_families(changes, ledger.pending, ledger.deleted)

    def settled(self) -> None:
        """What was seen last is taken care of."""
        self._is_news = False

    def check(self, digests: Sequence[str], ledger: Ledger) -> Why:
        """What must be spared, by how these are described right now, and what hangs on them: what
        keeps that, keeps them."""
        whole = self._comparison.with_dependents(digests, ledger.pending)
        self._checked_at = self._clock()
        described: dict[str, Described | None] = dict.fromkeys(whole)
        for found in in_parallel(self._describe, self._at_once(whole)):
            described |= found
        changed = self._comparison.changes_by(described)
        if changed:
            changed = self._comparison.changes_by(self._pulled_by_others(described))
        return self._comparison.with_families(changed, ledger.pending, ledger.deleted)

    def check_holds(self) -> bool:
        """Whether what was checked last may still be believed, when a request is about to leave."""
        return self._clock() - self._checked_at <= CHECK_HOLDS

    def pins_changed(self) -> bool:
        planned = self._sight.planned
        return pins_and_removals(self._store, self.repository) != (planned.pins, planned.removals)

    def read(self, digests: Sequence[str]) -> Texts:
        """Each text is read once in a run. Raises ServiceError if a call fails."""
        known = [digest for digest in digests if digest in self._read]
        found = Texts({digest: self._read[digest] for digest in known}, [])
        new = [self.approved(digest) for digest in digests if digest not in self._read]
        failures = []
        for answer in self._reading().read(new, self._texts, found.are_enough):
            if isinstance(answer, ServiceError):
                failures.append(answer)
            else:
                found.add(answer)
        self._read |= found.by_digest
        if failures:
            raise failures[0]
        return found

    def forget(self, digests: Iterable[str]) -> None:
        """Their texts are not needed any more."""
        for digest in digests:
            self._read.pop(digest, None)

    def unreadable(self, digests: Sequence[str], ledger: Ledger) -> Why:
        """What must be spared since there would be no record of what was in these."""
        why: Why = dict.fromkeys(digests, TextUnreadable())
        return self._comparison.with_families(why, ledger.pending, ledger.deleted)

    def below(self, digest: str, why: ResultReason, ledger: Ledger) -> Why:
        """What must be spared since this, on which it hangs, stays."""
        return self._comparison.below(digest, ledger.pending, why)

    def _plan_again(self, planner: Planner, ledger: Ledger) -> None:
        gone = gone_of(self._content, ledger.deleted)
        self._take_in(Sight(planner, planner.plan(self._workplace.found, gone)))

    def _take_in(self, sight: Sight) -> None:
        if why := why_not_to_go_on(self._content, sight.planned.plan):
            raise IncompleteError(why)
        self._sight = sight
        self._comparison = compare(self._content, sight.planned.plan)
        self._listed_at = self._clock()
        self._batches_since = 0
        self._is_doubtful = False
        self._is_news = True

    def _is_listed_otherwise(self, ledger: Ledger) -> bool:
        """Whether something came, or is gone that we did not delete. As many pages are listed as
        batches are deleted, and once a minute: more would cost more than the deletion itself."""
        known = self._comparison.now.keys()
        is_soon = self._clock() - self._listed_at <= LIST_HOLDS
        if is_soon and self._batches_since * A_PAGE < len(known) - len(ledger.deleted):
            return False
        self._listed_at = self._clock()
        self._batches_since = 0
        listed = frozenset(self._registry.digests(self.repository))
        return not (listed <= known and listed >= ledger.pending)

    def _at_once(self, digests: Sequence[str]) -> Iterator[Sequence[str]]:
        return in_batches(digests, self._registry.read_at_once)

    def _describe(self, digests: Sequence[str]) -> Mapping[str, Described]:
        return self._registry.describe_some(self.repository, digests)

    def _reading(self) -> Reading:
        memory = self._sight.planner.cache
        return open_reading(self._registry, self.repository, memory, self._clock, self._batch_size)

    def _texts(self, manifests: Sequence[Manifest]) -> Dated[ManifestText | None]:
        """None for those that cannot be read."""
        digests = [each.digest for each in manifests]
        texts, answered_at, text_bytes = self._registry.texts(self.repository, digests)
        return Dated({digest: texts.get(digest) for digest in digests}, answered_at, text_bytes)

    def _pulled_by_others(
        self, described: Mapping[str, Described | None]
    ) -> Mapping[str, Described | None]:
        """With the times at which somebody else pulled. Other workers read, too, and remember it
        before they do: so what they know is looked up after the pull times."""
        our_reads = self._sight.planner.cache.our_reads(self.repository, [*described])
        return {
            digest: entry and pulled_by_others(entry, our_reads)
            for digest, entry in described.items()
        }
