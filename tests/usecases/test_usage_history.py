"""What a scan of usage records, and which scans cover the time since then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.errors import ErrorText, ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.last_use import LastUse, ScanPlace, tags_in
from bot.core.manifest import OCI_MANIFEST, ManifestContent, make_manifest
from bot.core.plan_problems import NothingInUse
from bot.core.repository import RegistryId
from bot.core.usage import ImageUse, SourceScan
from bot.core.usage_snapshot import ImageUseCollector
from bot.playground.aws import AwsStandIn, Fault
from bot.store.store import Store
from bot.usecases.explanations import explain, with_last_use
from bot.usecases.usage_history import MemoryOfScans, UsageRecorder, last_uses_of
from tests.render.builders import image, plan
from tests.support import NOW, Shelf
from tests.usecases.store_env import StoreEnv

HOUR, DAY, YEAR = timedelta(hours=1), timedelta(days=1), timedelta(days=365)
EVERY = 6 * HOUR
ECS, LAMBDA = ScanPlace("ecs", "here"), ScanPlace("lambda", "here")
JOB = "ECS task nightly"
NO_CONTENT = ManifestContent(OCI_MANIFEST, None, ())
DENIED = ErrorText("AWS refused it")
NO_ALIASES = RegistryHosts({})
OTHER = RegistryId("123456789012", "us-east-1")

pytestmark = pytest.mark.usefixtures("environment")


def no_wait() -> None: ...


@dataclass
class Memory:
    """Records scans. `failed`: the sources that fail."""

    aws: AwsStandIn
    shelf: Shelf
    store: Store
    registries: Sequence[EcrRegistry]
    scan_every: timedelta | None = EVERY
    hosts: RegistryHosts = NO_ALIASES
    failed: tuple[ScanPlace, ...] = ()
    warnings: list[str] = field(default_factory=list)

    def record(self, *uses: ImageUse, at: datetime = NOW) -> None:
        collector = ImageUseCollector(self.hosts)
        for use in uses:
            collector.add(use)
        scans = [
            SourceScan(*place, 1, DENIED if place in self.failed else None)
            for place in (ECS, LAMBDA)
        ]
        self.recorder().record(collector.snapshot(scans, ()), at)

    def recorder(self) -> UsageRecorder:
        asked = frozenset({self.here})
        warn = self.warnings.append
        return UsageRecorder(
            self.store, self.registries, asked, self.hosts, self.scan_every, no_wait, warn
        )

    def use(self, name: str, used_by: str = JOB) -> ImageUse:
        separator = "@" if name.startswith("sha256:") else ":"
        return ImageUse(f"{self.shelf.id.uri}{separator}{name}", used_by)

    @property
    def here(self) -> RegistryId:
        return self.shelf.id.registry

    @property
    def tags(self) -> ScanPlace:
        return tags_in(self.here, NO_ALIASES)

    def last_uses(self, *digests: str) -> dict[str, LastUse]:
        return {**self.store.last_uses(digests)}

    def last_uses_of(self, *destinations: RegistryId) -> Mapping[str, LastUse]:
        found = self.registries[0].describe(self.shelf.id)
        manifests = [make_manifest(image, NO_CONTENT) for image in found]
        return last_uses_of(self.store, self.shelf.id, destinations, manifests)

    def scanned(self) -> set[ScanPlace]:
        return {*self.store.usage_scans(NOW - 400 * DAY)}

    def covered_since(self, now: datetime = NOW) -> datetime | None:
        memory = MemoryOfScans(self.store, {ECS, LAMBDA}, self.hosts, now, self.scan_every)
        return memory.covered_since([self.here, OTHER], 30 * DAY).get(self.here)


@pytest.fixture
def memory(aws: AwsStandIn, shelf: Shelf, env: StoreEnv, registry: EcrRegistry) -> Memory:
    return Memory(aws, shelf, env.store, [registry])


def test_a_use_by_tag_is_recorded_for_the_tag_and_its_image(memory: Memory) -> None:
    digest = memory.shelf.image("a", "1.0", "nightly")
    other = memory.shelf.image("b", "2.0")
    memory.record(
        memory.use("1.0"), memory.use("nightly", "ECS b"), memory.use(digest, "Lambda f"),
        memory.use(other, "Lambda f"),
    )  # fmt: skip
    assert memory.last_uses(digest, other) == {
        digest: LastUse(NOW, ("ECS b", JOB, "Lambda f")),
        other: LastUse(NOW, ("Lambda f",)),
    }
    assert memory.store.last_uses_of_tags([(memory.here, memory.shelf.id.name)]) == {
        "1.0": LastUse(NOW, (JOB,)),
        "nightly": LastUse(NOW, ("ECS b",)),
    }
    assert memory.scanned() == {ECS, LAMBDA, memory.tags}


def test_a_moved_tag_protects_both_images(memory: Memory) -> None:
    before = memory.shelf.image("before", "main")
    memory.record(memory.use("main"))
    now = memory.shelf.image("now", "main")
    uses = memory.last_uses_of()
    assert uses == dict.fromkeys([before, now], LastUse(NOW, (JOB,)))


def test_the_tag_of_a_replica_counts(memory: Memory) -> None:
    digest = memory.shelf.image("a", "1.0")
    uri = memory.shelf.id.uri.replace("eu-west-1", "us-east-1")
    memory.record(ImageUse(f"{uri}:1.0", JOB))
    assert memory.last_uses_of() == {}
    assert memory.last_uses_of(OTHER) == {digest: LastUse(NOW, (JOB,))}


def test_the_later_use_of_digest_and_tags_counts(memory: Memory) -> None:
    digest = memory.shelf.image("a", "1.0", "2.0")
    memory.record(memory.use("1.0", "first"), at=NOW - 2 * DAY)
    memory.record(memory.use("2.0", "second"), at=NOW - DAY)
    memory.record(memory.use(digest, "third"))
    assert memory.last_uses_of() == {digest: LastUse(NOW, ("third",))}


def test_many_tags_are_resolved_100_a_call(memory: Memory) -> None:
    tags = [f"1.{number}" for number in range(150)]
    digest = memory.shelf.image("a", *tags)
    memory.aws.world.calls.reset()
    memory.record(*(memory.use(tag) for tag in tags))
    assert memory.last_uses(digest)[digest].others == 0
    assert memory.aws.world.calls.count("ecr:DescribeImages") == 2


def test_tags_and_repositories_that_are_gone_name_nothing(memory: Memory) -> None:
    uri = memory.shelf.id.uri
    memory.record(memory.use("gone"), ImageUse(f"{uri}-gone:1.0", JOB))
    assert memory.warnings == []
    assert memory.tags in memory.scanned()


def test_a_partial_scan_records_uses_and_claims_only_what_it_scanned(memory: Memory) -> None:
    digest = memory.shelf.image("a")
    memory.failed = (LAMBDA,)
    memory.record(memory.use(digest))
    assert memory.last_uses(digest) == {digest: LastUse(NOW, (JOB,))}
    assert memory.scanned() == {ECS, memory.tags}
    assert memory.covered_since() is None


def test_a_failed_scan_forgets_nothing(memory: Memory) -> None:
    digest = memory.shelf.image("a")
    memory.record(memory.use(digest), at=NOW - 2 * EVERY)
    memory.failed = (ECS, LAMBDA)
    memory.record()
    assert memory.last_uses(digest)[digest].at == NOW - 2 * EVERY
    assert memory.covered_since() == NOW - 2 * EVERY
    assert memory.covered_since(NOW + HOUR) is None


def test_two_sources_of_one_scope_are_whole_together(memory: Memory) -> None:
    scans = [SourceScan(*ECS, 1), SourceScan(*ECS, 0, DENIED)]
    memory.recorder().record(ImageUseCollector(NO_ALIASES).snapshot(scans, ()), NOW)
    assert memory.scanned() == {memory.tags}


def test_a_scan_that_found_nothing_in_use_claims_nothing(memory: Memory) -> None:
    nothing = SourceScan("usage", "all sources", 0, NothingInUse((memory.here,)))
    snapshot = ImageUseCollector(NO_ALIASES).snapshot([SourceScan(*ECS, 0), nothing], ())
    memory.recorder().record(snapshot, NOW)
    assert memory.scanned() == set()


def test_tags_that_cannot_be_resolved_are_logged_once(memory: Memory) -> None:
    digest = memory.shelf.image("a")
    memory.aws.world.deny("ecr:DescribeImages")
    memory.record(memory.use("1.0"), memory.use(digest), ImageUse(f"{memory.shelf.id.uri}2:1", JOB))
    (warning,) = memory.warnings
    assert warning.startswith("AWS refused ecr:DescribeImages on team/api")
    assert warning.endswith(f"not all tags in use in {memory.here} are remembered with their image")
    assert memory.last_uses(digest) == {digest: LastUse(NOW, (JOB,))}
    assert memory.scanned() == {ECS, LAMBDA}


@pytest.mark.parametrize("text", [":1.0 ", "@sha256:1"])
def test_a_registry_with_an_unreadable_reference_is_not_whole(text: str, memory: Memory) -> None:
    """The plan of its repository is incomplete, too."""
    memory.record(ImageUse(f"{memory.shelf.id.uri}{text}", JOB))
    assert memory.scanned() == {ECS, LAMBDA}
    (warning,) = memory.warnings
    assert warning == (
        f"{memory.shelf.id.uri}{text.strip()} is not an image reference; not all images in use in "
        f"{memory.here} are remembered"
    )


def test_some_tags_that_cannot_be_resolved(memory: Memory) -> None:
    """What the other calls resolved is recorded."""
    digest = memory.shelf.image("a", *(f"1.{number:03}" for number in range(150)))
    memory.aws.world.faults.add(Fault(operation="DescribeImages", error="AccessDeniedException"))
    memory.record(*(memory.use(f"1.{number:03}") for number in range(150)))
    assert len(memory.warnings) == 1
    assert memory.last_uses(digest) == {digest: LastUse(NOW, (JOB,))}
    assert memory.scanned() == {ECS, LAMBDA}


def test_a_registry_without_an_id_claims_nothing(memory: Memory) -> None:
    digest = memory.shelf.image("a")
    memory.registries = [UnknownRegistry(memory.registries[0].session)]
    memory.record(memory.use("a"), memory.use(digest))
    assert memory.scanned() == {ECS, LAMBDA}


class UnknownRegistry(EcrRegistry):
    def id(self) -> RegistryId:
        raise ServiceError("the token expired")


def test_other_registries_are_not_asked_for(memory: Memory, registry: EcrRegistry) -> None:
    memory.registries = [registry, UnknownRegistry(registry.session)]
    memory.record(memory.use("1.0"))
    assert memory.scanned() == {ECS, LAMBDA, memory.tags}
    memory.registries = [EcrRegistry(registry.session, "us-east-1"), registry]
    memory.record(memory.use("1.0"), at=NOW + DAY)
    assert memory.covered_since(NOW + DAY) == NOW + DAY


@pytest.mark.parametrize(
    ("hours_ago", "covered"),
    [([0], 0), ([12, 6, 0], 12), ([24, 6], 6), ([13], None), ([-48, 2], 2), ([5 * 8760, 1], 1)],
)
def test_scans_with_gaps_and_wrong_clocks(
    hours_ago: Sequence[float], covered: float | None, memory: Memory
) -> None:
    for hours in hours_ago:
        memory.record(at=NOW - timedelta(hours=hours))
    expected = None if covered is None else NOW - timedelta(hours=covered)
    assert memory.covered_since() == expected


def test_without_regular_scans_nothing_is_covered(memory: Memory) -> None:
    memory.scan_every = None
    memory.record()
    assert memory.scanned() == {ECS, LAMBDA, memory.tags}
    assert memory.covered_since() is None


def test_frequent_scans_are_stored_as_few(memory: Memory) -> None:
    """Each report scans usage. A scan of a clock that was ahead does not stand for these."""
    memory.record(at=NOW + YEAR)
    for minutes in range(0, 24 * 60, 15):
        memory.record(at=NOW + timedelta(minutes=minutes))
    stored = memory.store.usage_scans(NOW - DAY)
    assert [len(stored[place]) for place in (ECS, LAMBDA)] == [17, 17]
    assert memory.covered_since(NOW + DAY) == NOW


def test_a_scan_of_sources_and_another_of_tags_cover_nothing(memory: Memory) -> None:
    """No scan resolved a tag that a workload of ECS used."""
    memory.failed = (ECS,)
    for hours in range(0, 25, 2):
        memory.record(at=NOW - timedelta(hours=hours))
    memory.failed = ()
    memory.aws.world.deny("ecr:DescribeImages")
    for hours in range(1, 25, 2):
        memory.record(memory.use("1.0"), at=NOW - timedelta(hours=hours))
    assert {ECS, LAMBDA, memory.tags} <= memory.scanned()
    assert memory.covered_since() is None


def test_scans_without_an_alias_do_not_cover_it(memory: Memory) -> None:
    """They ignored the workloads that pull by the alias."""
    memory.record(ImageUse("images.example.com/team/api:1.0", JOB), at=NOW - DAY / 2)
    memory.hosts = RegistryHosts({"images.example.com": OTHER})
    assert memory.covered_since() == NOW - DAY / 2
    memory.hosts = RegistryHosts({"images.example.com": memory.here})
    assert memory.covered_since() is None
    memory.record(at=NOW - HOUR)
    assert memory.covered_since() == NOW - HOUR


def test_a_scan_after_a_partial_one_is_stored_whole(memory: Memory) -> None:
    memory.failed = (LAMBDA,)
    memory.record(at=NOW - HOUR)
    memory.failed = ()
    memory.record()
    assert memory.covered_since() == NOW


# explanations


def test_an_explanation_says_when_a_scan_saw_the_image_in_use(memory: Memory) -> None:
    seen, unseen = image(1, "1.0"), image(2, "2.0")
    memory.record(memory.use(seen.digest), at=NOW - DAY)
    memory.record(at=NOW)
    made = plan(seen, unseen)
    said = with_last_use(memory.store, explain(made, "1.0"))
    assert said.last_use == LastUse(NOW - DAY, (JOB,))
    assert with_last_use(memory.store, explain(made, "2.0")).last_use is None
    assert with_last_use(None, explain(made, "1.0")).last_use is None


def test_an_image_in_use_has_no_last_use(memory: Memory) -> None:
    seen = image(1, "1.0")
    memory.record(memory.use(seen.digest), at=NOW - DAY)
    now = explain(plan(seen), "1.0")
    used = replace(now, family=[replace(each, used_by=("ECS prod",)) for each in now.family])
    assert with_last_use(memory.store, used).last_use is None
