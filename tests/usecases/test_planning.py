"""Planning of repositories on the stand-in."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import open_session
from bot.core.errors import RequestError, ServiceError
from bot.core.image_references import RegistryHosts
from bot.core.manifest import DescribedImage
from bot.core.patterns import Patterns
from bot.core.pins import Pin
from bot.core.plan import Plan
from bot.core.plan_problems import MissingRepositories, ReferenceUse, ScanFailed
from bot.core.policy import PinEntry, Policy, PolicyEntry
from bot.core.repository import RepositoryId
from bot.core.rules.newest import NewestRule
from bot.core.rules.pulled_within import PulledWithinRule
from bot.core.rules.selection import TagFilter
from bot.core.usage import ImageUse, ScanCoverage
from bot.core.usage_snapshot import ImageUseCollector, UsageSnapshot
from bot.core.verdict_reasons import RuleName, Verdict
from bot.playground.aws import AwsStandIn, manifests
from bot.render.plan_problem_sentences import plan_problem_words
from bot.store.manifest_cache import SqliteManifestCache
from bot.store.store import Store
from bot.usecases.check_authority import AuthorityChecker
from bot.usecases.planning import Planned, Planner
from bot.usecases.repositories import FoundRepository, RepositoryNames
from tests.support import NOW, PRICES, Shelf, image_text
from tests.usecases.aws_env import RULES
from tests.usecases.store_env import FakeDirectory, StoreEnv

ONE_OF = Policy(timedelta(hours=24), Patterns(), (NewestRule(1, TagFilter()),))
EVERYWHERE = (PolicyEntry(Patterns.of("*"), ONE_OF),)

MakePlan = Callable[..., Plan]
MakePlanned = Callable[..., Planned]


NOTHING_IN_USE = UsageSnapshot({}, {}, (), ())


@pytest.fixture
def make(make_all: MakePlanned) -> MakePlan:
    return lambda *arguments, **options: make_all(*arguments, **options).plan


@pytest.fixture
def make_all(aws: AwsStandIn, registry: EcrRegistry, cache: SqliteManifestCache) -> MakePlanned:
    aws.world.clock.set(NOW)

    def make_it(
        shelf: Shelf,
        policies: tuple[PolicyEntry, ...] = EVERYWHERE,
        pins: tuple[PinEntry, ...] = (),
        registry: EcrRegistry = registry,
        cache: SqliteManifestCache = cache,
        snapshot: UsageSnapshot = NOTHING_IN_USE,
        store: Store | None = None,
    ) -> Planned:
        clock = aws.world.clock.now
        planner = Planner(
            snapshot=snapshot,
            scanned_at=NOW,
            coverage=ScanCoverage(frozenset({shelf.id.registry})),
            policies=policies,
            pins=pins,
            price_of=PRICES.of,
            cache=cache,
            store=store,
            authority=AuthorityChecker(lambda _: RULES, RULES, FakeDirectory()),
            clock=clock,
            progress=lambda *_: None,
            names=RepositoryNames(),
            covered_since={},
        )
        return planner.plan(FoundRepository(shelf.id, registry))

    return make_it


def test_tags_may_move_during_the_listing(
    aws: AwsStandIn, shelf: Shelf, make_all: MakePlanned, env: StoreEnv
) -> None:
    """Their history starts after the listing, and images have lost their tags by then."""

    class Slow(EcrRegistry):
        def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
            aws.world.clock.advance(timedelta(hours=1))
            yield from super().describe(repository)

    shelf.image("old")
    first = make_all(shelf, registry=Slow(open_session()), store=env.store).tags
    assert (first.at, first.reaches_back_to) == (NOW, NOW + timedelta(hours=1))
    env.store.save_tag_scan(shelf.id, first)
    shelf.image("new")
    aws.world.retag(shelf.repository, "new", "old")
    second = make_all(shelf, registry=Slow(open_session()), store=env.store).tags
    assert [past.gone_by for past in second.past] == [NOW + timedelta(hours=2)]


class Backwards(EcrRegistry):
    def describe(self, repository: RepositoryId) -> Iterator[DescribedImage]:
        return reversed(list(super().describe(repository)))


def test_the_order_of_the_listing_does_not_matter(shelf: Shelf, make: MakePlan) -> None:
    shelf.images(20)
    shelf.index("multi", "amd64", "arm64")
    assert make(shelf) == make(shelf, registry=Backwards(open_session()))


def test_a_plan_has_every_manifest(shelf: Shelf, make: MakePlan) -> None:
    old, new = shelf.image("old", age=41), shelf.image("new", age=40)
    plan = make(shelf)
    assert {j.manifest.digest: j.verdict for j in plan.judged} == {
        old: Verdict.DELETE,
        new: Verdict.KEEP,
    }
    assert plan.delete == (old,)
    assert plan.savings.freed_bytes == 1010
    assert plan.savings.exact


def test_the_first_policy_that_matches_applies(shelf: Shelf, make: MakePlan) -> None:
    shelf.images(3)
    none = Policy(timedelta(), Patterns(), ())
    entries = (
        PolicyEntry(Patterns.of("other/*"), ONE_OF),
        PolicyEntry(Patterns.of(shelf.id.uri), none),
        *EVERYWHERE,
    )
    assert len(make(shelf, entries).delete) == 3


def test_repositories_without_a_policy_are_kept(shelf: Shelf, make: MakePlan) -> None:
    shelf.images(3)
    plan = make(shelf, policies=())
    assert plan.delete == ()
    assert {reason.rule for j in plan.judged for reason in j.reasons} == {RuleName.NO_POLICY}


def test_only_pins_of_this_repository_protect(shelf: Shelf, make: MakePlan) -> None:
    old, older = shelf.image("old", age=41), shelf.image("older", age=42)
    shelf.image("new", age=40)
    here = PinEntry(Patterns.of("team/*"), Pin("old", "ann", "the audit"))
    there = PinEntry(Patterns.of("other/*"), Pin("older", "ann", "the audit"))
    plan = make(shelf, pins=(here, there))
    assert plan.delete == (older,)
    assert old not in plan.delete


@pytest.mark.parametrize("value", ["ENABLED", "denied", "something new"])
def test_savings_are_inexact_if_layers_may_be_shared(
    value: str, aws: AwsStandIn, shelf: Shelf, make: MakePlan
) -> None:
    shelf.image("a")
    if value == "denied":
        aws.world.deny("ecr:GetAccountSetting")
    else:
        aws.world.set_account_setting("BLOB_MOUNTING", value)
    assert not make(shelf).savings.exact


def test_no_plan_if_images_cannot_be_listed(aws: AwsStandIn, shelf: Shelf, make: MakePlan) -> None:
    shelf.images(1001)
    aws.world.faults.throttle(operation="DescribeImages", skip=1)
    with pytest.raises(ServiceError, match="throttled"):
        make(shelf)


def test_a_plan_is_incomplete_if_a_reference_cannot_be_checked(
    aws: AwsStandIn, shelf: Shelf, make: MakePlan
) -> None:
    shelf.images(2)
    index = ImageUseCollector(RegistryHosts({}))
    index.add(ImageUse(f"{shelf.id.uri.replace('/', '/ecr-proxy/', 1)}:1", "a pod"))
    named = index.snapshot((), ())
    image = shelf.id.uri.replace("/", "/ecr-proxy/", 1) + ":1"
    doubted = make(shelf, snapshot=named).problems
    cause = MissingRepositories((ReferenceUse(image, ("a pod",)),))
    assert doubted == (ScanFailed("references", shelf.id.uri, cause),)
    aws.world.deny("ecr:DescribeRepositories")
    plan = make(shelf, snapshot=named)
    assert plan.delete == ()
    assert plan_problem_words(plan.problems[0]).startswith(
        f"references ({shelf.id.uri}): AWS refused"
    )


def test_a_plan_is_incomplete_if_replication_cannot_be_read(
    aws: AwsStandIn, shelf: Shelf, make: MakePlan
) -> None:
    shelf.images(2)
    aws.world.deny("ecr:DescribeRegistry")
    plan = make(shelf)
    assert plan.delete == ()
    assert plan_problem_words(plan.problems[0]).startswith(
        f"replication ({shelf.id.uri}): AWS refused"
    )


def test_no_plan_for_a_deleted_repository(shelf: Shelf, make: MakePlan) -> None:
    shelf.world.registries.at("123456789012", "eu-west-1").repositories.clear()
    with pytest.raises(RequestError, match="no longer exists"):
        make(shelf)


def test_a_lost_cache_makes_the_plan_keep_more(
    aws: AwsStandIn, shelf: Shelf, make: MakePlan, tmp_path: Path
) -> None:
    """Without the cache, the bot's own reads count as pulls."""
    rule = PulledWithinRule(timedelta(days=30), TagFilter())
    lately = (PolicyEntry(Patterns.of("*"), replace(ONE_OF, keep=(rule,))),)
    old = shelf.image("old")
    assert make(shelf, lately).delete == (old,)
    aws.world.clock.advance(timedelta(hours=1))
    assert make(shelf, lately).delete == (old,)
    with SqliteManifestCache(tmp_path / "another.db") as empty:
        assert make(shelf, lately, cache=empty).delete == ()


def test_a_lost_cache_keeps_signatures_whose_subject_is_gone(
    aws: AwsStandIn, shelf: Shelf, make: MakePlan, tmp_path: Path
) -> None:
    text = image_text("old")
    subject = shelf.push(text, "old")
    signature = shelf.push(manifests.cosign_signature(text), manifests.cosign_tag(text))
    shelf.image("new", age=30)
    assert make(shelf).delete == (subject, signature)
    aws.world.remove(shelf.repository, subject)
    assert make(shelf).delete == (signature,)
    with SqliteManifestCache(tmp_path / "another.db") as empty:
        assert make(shelf, cache=empty).delete == ()
