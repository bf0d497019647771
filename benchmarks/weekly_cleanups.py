"""A repository from which the bot deletes every week what its policy does not keep.

The rules engine itself makes each plan. Before the first one, the repository grew for 12 weeks.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from math import exp, log
from random import Random

from benchmarks.growth_laws import FUTURE_WEEKS
from bot.core.manifest import (
    OCI_MANIFEST,
    Blob,
    DescribedImage,
    Manifest,
    ManifestContent,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.policy_growth import policy_growth
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.tags import TagsRule
from bot.core.savings import SavingsTerms, find_stored_bytes
from bot.core.storage_history import WEEK
from bot.core.storage_projection import WEEKS

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)

_REPOSITORY = RepositoryId(RegistryId("123456789012", "eu-west-1"), "team/api", "host/team/api")

_CONFIG = "application/vnd.oci.image.config.v1+json"


def _by_tag(*globs: str) -> TagsRule:
    return TagsRule(TagFilter(Patterns.of(*globs)))


POLICIES: dict[str, tuple[Rule, ...]] = {
    "`newest: 10`": (NewestRule(10, TagFilter()),),
    "`newest: 100`": (NewestRule(100, TagFilter()),),
    "`pushed_within: 30d`": (PushedWithinRule(timedelta(days=30), TagFilter()),),
    "`tags: [latest, release-*]`": (_by_tag("latest", "release-*"),),
    "all three": (
        NewestRule(10, TagFilter()),
        PushedWithinRule(timedelta(days=30), TagFilter()),
        _by_tag("latest", "release-*"),
    ),
}


@dataclass(frozen=True, slots=True)
class CleanedYear:
    """Bytes. `new_bytes`: of the weeks before the first cleanup. `kept_bytes`: after it.
    `stored_bytes`: the average of each week of the next year."""

    new_bytes: list[int]
    kept_bytes: int
    policy_growth: int
    stored_bytes: list[float]


def cleaned_year(policy: str, seed: int) -> CleanedYear:
    repository = _Repository(Random(f"{policy} {seed}"))
    new_bytes = [repository.push_week(NOW + week * WEEK)[0] for week in range(-WEEKS, 0)]
    plan = repository.clean(policy, NOW)
    return CleanedYear(
        new_bytes=new_bytes,
        kept_bytes=repository.stored_bytes,
        policy_growth=policy_growth(plan.judged, NOW),
        stored_bytes=list(_weekly_averages(repository, policy)),
    )


def _weekly_averages(repository: "_Repository", policy: str) -> Iterator[float]:
    for week in range(FUTURE_WEEKS):
        kept_bytes = repository.stored_bytes
        _, added_on_average = repository.push_week(NOW + week * WEEK)
        yield kept_bytes + added_on_average
        repository.clean(policy, NOW + (week + 1) * WEEK)


class _Repository:
    """Builds with an own layer each, above layers that change less often. `latest` is the newest
    build. Some builds are releases."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._builds_per_week = exp(random.uniform(log(3), log(40)))
        self._layer_bytes = exp(random.uniform(log(10e6), log(200e6)))
        self._noise = random.choice([0.1, 0.3, 0.5])
        self._days_between_releases = random.choice([7, 14, 30])
        self._next_release = NOW - WEEKS * WEEK + self._days(random.random())
        self._blobs = 0
        self._base, self._packages = self._layer(150e6), self._layer(80e6)
        self._manifests: dict[str, Manifest] = {}
        self._latest: str | None = None

    @property
    def stored_bytes(self) -> int:
        return find_stored_bytes(self._manifests.values()) or 0

    def clean(self, policy: str, now: datetime) -> Plan:
        inputs = PlanInputs(Policy(timedelta(hours=24), Patterns(), POLICIES[policy]), now)
        terms = SavingsTerms(0.10, layers_stay_within=True)
        plan = make_plan(_REPOSITORY, self._manifests.values(), inputs, terms)
        for digest in plan.delete:
            del self._manifests[digest]
        return plan

    def push_week(self, start: datetime) -> tuple[int, float]:
        """The bytes that the week's builds add, at its end and on its average."""
        held = {blob.digest for m in self._manifests.values() for blob in m.blobs or ()}
        added, average = 0, 0.0
        for passed in self._times_of_builds():
            for blob in self._build(start + passed * WEEK).blobs or ():
                if blob.digest not in held:
                    held.add(blob.digest)
                    added += blob.size
                    average += blob.size * (1 - passed)
        return added, average

    def _times_of_builds(self) -> Iterator[float]:
        """As parts of the week."""
        busy = self._random.lognormvariate(-(self._noise**2) / 2, self._noise)
        rate = self._builds_per_week * busy
        passed = self._random.expovariate(rate)
        while passed < 1:
            yield passed
            passed += self._random.expovariate(rate)

    def _build(self, at: datetime) -> Manifest:
        if self._random.random() < 0.15:
            self._packages = self._layer(80e6)
        if self._random.random() < 1 / (4 * self._builds_per_week):
            self._base = self._layer(150e6)
        blobs = (self._base, self._packages, self._layer(self._layer_bytes))
        tags = [f"build-{self._blobs}"]
        if at >= self._next_release:
            tags.append(f"release-{self._blobs}")
            self._next_release = at + self._days(1)
        manifest = _image(f"sha256:{self._blobs:064x}", at, blobs, tags)
        self._move_latest(manifest)
        return self._manifests[manifest.digest]

    def _move_latest(self, manifest: Manifest) -> None:
        if before := self._manifests.get(self._latest or ""):
            tags = tuple(tag for tag in before.tags if tag != "latest")
            self._manifests[before.digest] = replace(before, tags=tags, names=tags)
        tags = tuple(sorted(("latest", *manifest.tags)))
        self._manifests[manifest.digest] = replace(manifest, tags=tags, names=tags)
        self._latest = manifest.digest

    def _layer(self, typical_bytes: float) -> Blob:
        self._blobs += 1
        size = int(self._random.lognormvariate(log(typical_bytes), 0.5))
        return Blob(f"sha256:{self._blobs:064x}", size)

    def _days(self, releases: float) -> timedelta:
        return timedelta(days=self._days_between_releases * releases)


def _image(digest: str, at: datetime, blobs: tuple[Blob, ...], tags: list[str]) -> Manifest:
    size = sum(blob.size for blob in blobs)
    described = DescribedImage(digest, tuple(tags), at, None, size)
    return make_manifest(described, ManifestContent(OCI_MANIFEST, _CONFIG, blobs))
