"""The doctor, who looks at everything: what the command's tests cannot bring about."""

from collections.abc import Sequence

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.coverage import Coverage
from bot.core.findings import Finding, Status
from bot.core.references import Hosts
from bot.core.repository import RegistryId
from bot.core.snapshot import Index
from bot.core.usage import SOURCES, Elsewhere, Look, Sighting, UnscannedRegion
from bot.playground.aws import StandIn
from bot.usecases.doctor import Caller, Doctor, Patient, Sight
from tests.support import Shelf

HERE = RegistryId("123456789012", "eu-west-1")
ANN = Caller("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/ann")


def examine(
    registry: EcrRegistry,
    looks: Sequence[Look] = (),
    not_checked: Sequence[str] = (),
    images: Sequence[str] = (),
    elsewhere: Sequence[Elsewhere] = (),
) -> list[Finding]:
    index = Index(Hosts({}))
    for image in images:
        index.add(Sighting(image, "a pod"))
    sight = Sight(
        index.snapshot(looks, not_checked),
        {(look.source, look.scope): 7 for look in looks},
        Coverage(frozenset({HERE})),
        elsewhere,
    )
    doctor = Doctor(lambda: ANN, lambda: [Patient(registry, "ours")], lambda _registries: sight)
    return list(doctor.findings())


def of(check: str, findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.check == check]


@pytest.fixture
def stocked(shelf: Shelf, registry: EcrRegistry) -> EcrRegistry:
    shelf.image("a")
    return registry


def test_every_look_is_told(stocked: EcrRegistry) -> None:
    looks = [
        Look("ecs", "here", 1200),
        Look("ecs", "there", 0, "AWS refused it"),
        Look("usage", "all sources", 0, "nobody uses anything"),
    ]
    findings = examine(stocked, looks)
    (seen, unseen) = of("ecs", findings)
    assert seen.detail == "workloads: 7; different images of these registries: 1,200"
    assert (seen.status, unseen.status) == (Status.OK, Status.FAILED)
    assert unseen.mend
    assert "usage.ecs" in unseen.mend
    (silence,) = of("usage", findings)
    assert silence.mend
    assert "usage.expect_none" in silence.mend


def test_nothing_is_said_of_sources_if_all_are_on(stocked: EcrRegistry) -> None:
    assert of("usage", examine(stocked)) == []
    (warned,) = of("usage", examine(stocked, not_checked=SOURCES))
    assert (warned.status, warned.scope) == (Status.WARNING, ", ".join(SOURCES))
    assert "no source of usage is on" in warned.detail
    (warned,) = of("usage", examine(stocked, [Look("ecs", "here", 1)], not_checked=SOURCES[1:]))
    assert "images that only these run are not protected" in warned.detail


THERE = RegistryId(HERE.account, "us-east-1")


@pytest.mark.parametrize(
    ("elsewhere", "status", "said"),
    [
        (
            Elsewhere("1", asked=("a", "b"), denied=("c",)),
            Status.OK,
            "would scan: 2; denied by service control policies: 1",
        ),
        (Elsewhere("1"), Status.OK, "Regions without anything that a source would scan: 0"),
        (
            Elsewhere("1", found=(UnscannedRegion(THERE, ("ecs",)),)),
            Status.WARNING,
            f"no source scans {THERE} (ecs): images that run only there are not protected",
        ),
        (Elsewhere("1", errors=("AWS refused it",)), Status.WARNING, "there: AWS refused it"),
        (
            Elsewhere("1", errors=("AWS refused it", "too")),
            Status.WARNING,
            "refused it (and 1 more)",
        ),
    ],
)
def test_other_regions(
    stocked: EcrRegistry, elsewhere: Elsewhere, status: Status, said: str
) -> None:
    (finding,) = of("other Regions", examine(stocked, elsewhere=[elsewhere]))
    assert (finding.scope, finding.status) == ("1", status)
    assert finding.detail.endswith(said)


HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    ("image", "status", "words"),
    [
        ("team/api:1", Status.OK, "exists"),
        ("team/api:", Status.FAILED, "(used by a pod) cannot be read"),
        ("${APP}", Status.FAILED, "plans of team/api are incomplete"),
        ("team/gone:", Status.WARNING, "cannot be read"),
        ("x/team/api:1", Status.FAILED, f"plans of {HOST}/team/api are incomplete"),
        ("team/gone:1", Status.WARNING, "team/gone:1 (used by a pod)"),
    ],
)
def test_references_that_lead_to_no_repository(
    image: str, status: Status, words: str, stocked: EcrRegistry
) -> None:
    (finding,) = of("references", examine(stocked, images=[f"{HOST}/{image}"]))
    assert finding.status is status
    assert words in finding.detail
    assert bool(finding.mend) is (status is not Status.OK)


def test_references_to_other_registries_are_none_of_this_ones(stocked: EcrRegistry) -> None:
    other = HOST.replace("eu-west-1", "us-east-1")
    images = [f"{other}/team/api:", f"{other}/x/team/api:1", f"{other}/team/gone:1"]
    (finding,) = of("references", examine(stocked, images=images))
    assert finding.status is Status.OK


def test_all_that_holds_plans_back_is_told(stocked: EcrRegistry) -> None:
    images = [f"{HOST}/{name}" for name in ("team/api:", "team/gone:1", "gone:1", "x/team/api:1")]
    findings = of("references", examine(stocked, images=images))
    assert [each.status for each in findings] == [Status.FAILED, Status.FAILED, Status.WARNING]
    assert findings[2].detail.count("used by a pod") == 2


def test_what_exists_is_not_known_where_the_registry_cannot_be_read(
    aws: StandIn, stocked: EcrRegistry
) -> None:
    aws.world.deny("ecr:ListImages")
    assert of("references", examine(stocked, images=[f"{HOST}/team/gone:1"])) == []


def test_it_changes_nothing(aws: StandIn, stocked: EcrRegistry) -> None:
    examine(stocked)
    operations = {name.partition(":")[2] for name in aws.world.calls.counts()}
    assert all(each.startswith(("BatchGet", "Describe", "Get", "List")) for each in operations)
