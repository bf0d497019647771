"""Hypothesis strategies for repositories, policies, pins and usage."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from bot.core.errors import ErrorText
from bot.core.last_use import LastUse, MemoryReach
from bot.core.manifest import (
    OCI_INDEX,
    OCI_MANIFEST,
    SCHEMA_1,
    Blob,
    DescribedImage,
    ImageStatus,
    Manifest,
    ManifestContent,
    ManifestReadFailure,
    make_manifest,
)
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import Plan, make_plan
from bot.core.policy import PlanInputs, Policy
from bot.core.repository import RegistryId, RepositoryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.pushed_within import PushedWithinRule
from bot.core.rules.selection import Rule, TagFilter
from bot.core.rules.semver import SemverRule
from bot.core.rules.tag_groups import Grouping, GroupPattern
from bot.core.rules.tags import TagsRule
from bot.core.rules.used_within import UsedWithinRule
from bot.core.savings import SavingsTerms
from bot.core.usage import PastTagUser, RepositoryUsage
from bot.core.version_pattern import version_pattern
from bot.core.version_tags import PRERELEASES, VersionSyntax

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REPOSITORY = RepositoryId(RegistryId("123456789012", "eu-west-1"), "team/api", "host/team/api")
MOST = 8
DIGESTS = [f"sha256:{number:x}".ljust(71, "0") for number in range(1, MOST + 1)]
GONE = [f"sha256:{number:x}".ljust(71, "f") for number in range(1, 3)]
LAYERS = [Blob(f"sha256:{number:x}".ljust(71, "b"), 10**number) for number in range(5)]
IMAGE_CONFIG = "application/vnd.oci.image.config.v1+json"
FUTURE = "application/vnd.oci.future.v3+json"
CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json"
EMPTY_CONFIG = "application/vnd.oci.empty.v1+json"
ARTIFACT_TYPES = [None, None, "application/vnd.acme.helm.v1", "application/vnd.acme.model.v1"]
NAMES = ["latest", "LATEST-arm", "1.0.0", "v1.0.1", "1.1.0", "2.0.0", "2.0.0-rc.1", "2.0.0-rc.2"]
NAMES += ["7-SNAPSHOT", "8-snapshot", "main", "old"]
NAMES += ["1.1", "1.1.0-alpine", "1.2.0-alpine", "app-1.0.0", "2.0.0_b7f3a21", "2.1.0-b7f3a21"]
SHAPES = ["image", "image", "image", "index", "index", "referrer", "chart"]
ODDITIES = [None] * 34 + ["timeless", "archived", "restored", "unread", "future", "schema 1"]
SUFFIXES = ["", ".sig", ".att"]
HOURS = [1, 24, 240, 240, 480, 480, 960, 960, 2000, 2000]

ages = st.sampled_from(HOURS).map(lambda hours: timedelta(hours=hours))
times = ages.map(lambda age: NOW - age)
seldom = st.integers(0, 24).map(lambda number: number == 24)


@dataclass(frozen=True)
class World:
    manifests: list[Manifest]
    inputs: PlanInputs

    def plan(self, **changes: object) -> Plan:
        """The plan with other inputs, such as another policy."""
        inputs = replace(self.inputs, **changes)  # type: ignore[arg-type]
        return make_plan(
            REPOSITORY, self.manifests, inputs, SavingsTerms(0.10, layers_stay_within=True)
        )

    def deleted(self, **changes: object) -> set[str]:
        return set(self.plan(**changes).delete)


@st.composite
def manifests(draw: st.DrawFn, digest: str, below: list[str], tags: tuple[str, ...]) -> Manifest:
    """One manifest. Its children and subjects are in `below`, or gone."""
    others = st.sampled_from([*below, *GONE])
    blobs = tuple(draw(st.lists(st.sampled_from(LAYERS), max_size=3, unique=True)))
    shape = draw(st.sampled_from(SHAPES))
    oddity = draw(st.sampled_from(ODDITIES))
    content = ManifestContent(OCI_MANIFEST, IMAGE_CONFIG, blobs)
    if shape == "index":
        children = tuple(draw(st.lists(others, max_size=3, unique=True)))
        artifact_type = draw(st.sampled_from(ARTIFACT_TYPES))
        content = ManifestContent(OCI_INDEX, children=children, artifact_type=artifact_type)
    elif shape == "referrer":
        content = ManifestContent(OCI_MANIFEST, CHART_CONFIG, blobs, subject=draw(others))
    elif shape == "chart":
        artifact_type = draw(st.sampled_from(ARTIFACT_TYPES))
        config_type = EMPTY_CONFIG if artifact_type else CHART_CONFIG
        content = ManifestContent(OCI_MANIFEST, config_type, blobs, artifact_type=artifact_type)
    elif oddity == "schema 1":
        content = ManifestContent(SCHEMA_1, blobs=None)
    elif oddity == "future":
        content = ManifestContent(FUTURE)
    described = DescribedImage(
        digest=digest,
        tags=tags,
        pushed_at=None if oddity == "timeless" else draw(times),
        pulled_at=draw(st.none() | times),
        size_bytes=draw(st.integers(0, 100)),
        status=ImageStatus.ARCHIVED if oddity == "archived" else ImageStatus.ACTIVE,
        media_type=content.media_type,
        config_type=content.config_type,
        subject=content.subject,
        restored_at=draw(times) if oddity == "restored" else None,
    )
    return make_manifest(
        described,
        ManifestReadFailure(ErrorText("timed out")) if oddity in ("unread", "future") else content,
    )


@st.composite
def repositories(draw: st.DrawFn) -> list[Manifest]:
    size = draw(st.integers(0, MOST))
    digests = draw(st.permutations(DIGESTS[:size]))
    in_circles = draw(seldom)
    taken: set[str] = set()
    found = []
    for place, digest in enumerate(digests):
        below = [d for d in digests if d != digest] if in_circles else list(digests[place + 1 :])
        scheme = [f"sha256-{d[7:]}{suffix}" for d in [*below, *GONE] for suffix in SUFFIXES]
        wanted = draw(st.sets(st.sampled_from(NAMES), max_size=3))
        wanted |= {draw(st.sampled_from(scheme))} if draw(st.integers(0, 4)) == 4 else set()
        tags = tuple(sorted(wanted - taken))
        taken |= wanted
        found.append(draw(manifests(digest, below, tags)))
    return found


globs = st.sampled_from(
    ["*", "*latest*", "*SNAPSHOT*", "v*", "1.*", "2.?.0*", "sha256-*", "[!0-9]*"]
)
patterns = st.lists(globs, min_size=1, max_size=2).map(lambda drawn: Patterns.of(*drawn))
filters = st.builds(TagFilter, st.none() | patterns, st.just(Patterns()) | patterns)
counts = st.none() | st.integers(0, 3)
syntaxes = st.builds(
    VersionSyntax,
    st.sampled_from([Patterns(PRERELEASES), Patterns.of("alpine"), Patterns()]),
    st.sampled_from([None, None, (), (Patterns.of("alpine"),)]),
    st.sampled_from([None, None, version_pattern("app-{version}"), version_pattern("*{version}*")]),
)
groupings = st.builds(
    Grouping,
    st.sampled_from(["{all}", "{major}.*", "v{major}.{minor}.*", r"/(?P<word>[a-z]*)[^a-z]*/"]).map(
        GroupPattern
    ),
    st.none() | ages,
)
rules: st.SearchStrategy[Rule] = st.one_of(
    st.builds(TagsRule, st.builds(TagFilter, patterns, st.just(Patterns()) | patterns)),
    st.builds(NewestRule, st.integers(0, 4), filters, st.none() | groupings),
    st.builds(PushedWithinRule, ages, filters),
    st.builds(PulledWithinRule, ages, filters),
    st.builds(UsedWithinRule, ages, filters),
    st.builds(SemverRule, filters, counts, counts, counts, syntaxes),
)
policies = st.builds(
    Policy,
    st.sampled_from([timedelta(0), timedelta(hours=24)]),
    st.sampled_from([Patterns(), Patterns.of("*helm*")]),
    st.lists(rules, max_size=4).map(tuple),
)
pins = st.builds(
    Pin,
    st.sampled_from([*NAMES, "*-rc*", "[12]*", *DIGESTS, f"sha256-{GONE[0][7:]}"]),
    st.just("ann"),
    st.just("why not"),
    st.none() | ages.map(lambda age: NOW + age - timedelta(days=1)),
)
users = st.just(("ecs/prod",))
past_tag_users = st.builds(PastTagUser, st.just("ecs/prod"), st.just("v1"), st.booleans())
moments = ages.map(lambda age: NOW - age)
last_uses = st.builds(LastUse, moments, users)
usages = st.builds(
    RepositoryUsage,
    st.dictionaries(st.sampled_from(DIGESTS), users, max_size=1),
    st.dictionaries(st.sampled_from(NAMES), users, max_size=1),
    by_past_tag=st.dictionaries(st.sampled_from(DIGESTS), st.tuples(past_tag_users), max_size=1),
    last_uses=st.dictionaries(st.sampled_from(DIGESTS), last_uses, max_size=2),
    memory=st.none() | st.builds(MemoryReach, st.none() | moments, ages),
)
evidences = st.builds(
    PlanInputs,
    policy=seldom.flatmap(lambda none: st.none() if none else policies),
    now=st.just(NOW),
    usage=st.just(RepositoryUsage()) | usages,
    pins=st.lists(pins, max_size=2).map(tuple),
    subjects_seen=st.sets(st.sampled_from(GONE)).map(frozenset),
)
worlds = st.builds(World, repositories(), evidences)
ruled_worlds = worlds.filter(lambda world: world.inputs.policy is not None)
