"""Keeps watch while a plan is carried out: what changed since people saw it is spared."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain

from bot.core.graph import Graph
from bot.core.manifest import Described, Manifest
from bot.core.passes import in_batches
from bot.core.plan import Plan
from bot.core.pull_times import OurRead, somebodys_pull
from bot.core.sparing import Why, compare, gone_of
from bot.parallel import in_parallel
from bot.ports import Clock, Deleter, ManifestText, Store
from bot.usecases.find_repositories import Found
from bot.usecases.ledger import Ledger
from bot.usecases.plan import Planned, Planner

USAGE_HOLDS = timedelta(minutes=10)
"""So long a scan of usage is believed while a plan is carried out."""

A_PAGE = 1000
"""Digests that ECR lists at once: API reference, ListImages, maxResults."""


class IncompleteError(Exception):
    """Not everything could be looked at, so nothing may be deleted. Says why."""


@dataclass(frozen=True, slots=True)
class Workplace:
    """One repository, whoever may delete there, and how it is looked at: `look` scans usage afresh,
    and gives a planner who knows what it saw."""

    found: Found
    deleter: Deleter
    look: Callable[[], Planner]

    def there(self, digests: Iterable[str]) -> AbstractSet[str]:
        """Those that ECR has right now. It is asked for all that it has: of each that is gone it
        would have to be asked by itself (API reference, DescribeImages, ImageNotFoundException)."""
        listed = frozenset(self.found.registry.digests(self.found.repository))
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


class Lookout:
    """`content` is the version that was approved. `sight`: from a moment ago."""

    def __init__(
        self, workplace: Workplace, store: Store, clock: Clock, content: Plan, sight: Sight
    ) -> None:
        self.repository = workplace.found.repository
        self._registry = workplace.found.registry
        self._workplace = workplace
        self._store = store
        self._clock = clock
        self._content = content
        self._batches_since = 0
        self._is_doubtful = False
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
        """What must be spared by now. Raises IncompleteError if something cannot be looked at,
        ServiceError if the images cannot be listed."""
        if self._clock() - self._sight.planner.looked_at > USAGE_HOLDS:
            self._plan_again(self._workplace.look(), ledger)
        elif self._is_doubtful or self._pins_changed() or self._is_listed_otherwise(ledger):
            self._plan_again(self._sight.planner, ledger)
        return self._comparison.with_families(
            self._comparison.changes(ledger.pending), ledger.pending, ledger.deleted
        )

    def check(self, digests: Sequence[str], ledger: Ledger) -> Why:
        """What must be spared, by how these are described right now, and what hangs on them: what
        keeps that, keeps them."""
        whole = self._comparison.with_dependents(digests, ledger.pending)
        described: dict[str, Described | None] = dict.fromkeys(whole)
        for found in in_parallel(self._describe, self._at_once(whole)):
            described |= {digest: self._pulled_by_others(each) for digest, each in found.items()}
        changed = self._comparison.changes_by(described)
        return self._comparison.with_families(changed, ledger.pending, ledger.deleted)

    def read(self, digests: Sequence[str]) -> Mapping[str, ManifestText]:
        """Their texts, as far as they can be read. That it is us who pull is remembered first."""
        at = self._clock()
        reads = {d: OurRead(at, self._comparison.approved[d].pulled_at) for d in digests}
        self._sight.planner.cache.add_our_reads(self.repository, reads)
        for digest, read in reads.items():
            self._our_reads[digest] = (*self._our_reads.get(digest, ()), read)
        found = in_parallel(self._texts, self._at_once(digests))
        return dict(chain.from_iterable(texts.items() for texts in found))

    def unreadable(self, digests: Sequence[str], ledger: Ledger) -> Why:
        """What must be spared since there would be no record of what was in these."""
        why = dict.fromkeys(digests, "could not be read, so nobody could tell later what was in it")
        return self._comparison.with_families(why, ledger.pending, ledger.deleted)

    def below(self, digest: str, why: str, ledger: Ledger) -> Why:
        """What must be spared since this, on which it hangs, stays."""
        return self._comparison.below(digest, ledger.pending, why)

    def _plan_again(self, planner: Planner, ledger: Ledger) -> None:
        gone = gone_of(self._content, ledger.deleted)
        self._take_in(Sight(planner, planner.plan(self._workplace.found, gone)))

    def _take_in(self, sight: Sight) -> None:
        if problems := sight.planned.plan.problems:
            raise IncompleteError("; ".join(problems))
        self._sight = sight
        self._comparison = compare(self._content, sight.planned.plan)
        self._our_reads = dict(sight.planner.cache.our_reads(self.repository))
        self._batches_since = 0
        self._is_doubtful = False

    def _pins_changed(self) -> bool:
        return self._store.pins(self.repository.uri) != self._sight.planned.pins

    def _is_listed_otherwise(self, ledger: Ledger) -> bool:
        """Whether something came, or is gone that we did not delete. As many pages are listed as
        batches are deleted: more would cost more than the deletion itself."""
        known = self._comparison.now.keys()
        if self._batches_since * A_PAGE < len(known) - len(ledger.deleted):
            return False
        self._batches_since = 0
        listed = frozenset(self._registry.digests(self.repository))
        return not (listed <= known and listed >= ledger.pending)

    def _at_once(self, digests: Sequence[str]) -> Iterator[Sequence[str]]:
        return in_batches(digests, self._registry.read_at_once)

    def _describe(self, digests: Sequence[str]) -> Mapping[str, Described]:
        return self._registry.describe_some(self.repository, digests)

    def _texts(self, digests: Sequence[str]) -> Mapping[str, ManifestText]:
        return self._registry.texts(self.repository, digests)

    def _pulled_by_others(self, entry: Described) -> Described:
        reads = self._our_reads.get(entry.digest, ())
        return entry._replace(pulled_at=somebodys_pull(entry.pulled_at, reads))
