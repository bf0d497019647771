"""The doctor's findings that tests of the command cannot produce."""

from collections.abc import Sequence

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.doctor_findings import (
    AllUsageSourcesOff,
    DoctorFinding,
    DoctorFindingStatus,
    FindingDetail,
    OtherRegionsEmpty,
    RegionsUnreadable,
    SomeUsageSourcesOff,
    WorkloadsInUnscannedRegions,
    WorkloadsListed,
)
from bot.core.doctor_registry_findings import (
    AllReferencesResolved,
    MissingReferencedRepositories,
    ReferenceToMissingRepository,
    ReferenceUnreadable,
)
from bot.core.errors import ErrorText
from bot.core.image_references import RegistryHosts
from bot.core.plan_problems import NothingInUse, ReferenceUse, ScanFailed
from bot.core.repository import RegistryId
from bot.core.usage import (
    SOURCES,
    ImageUse,
    OtherRegionsUsage,
    ScanCoverage,
    SourceScan,
    UnscannedRegion,
)
from bot.core.usage_snapshot import ImageUseCollector
from bot.playground.aws import AwsStandIn
from bot.ports import AwsCaller, NamedRegistry
from bot.usecases.doctor import Doctor, UsageScan
from tests.support import Shelf

HERE = RegistryId("123456789012", "eu-west-1")
ANN = AwsCaller("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/ann")


def findings_of(
    registry: EcrRegistry,
    scans: Sequence[SourceScan] = (),
    not_checked: Sequence[str] = (),
    images: Sequence[str] = (),
    elsewhere: Sequence[OtherRegionsUsage] = (),
) -> list[DoctorFinding]:
    index = ImageUseCollector(RegistryHosts({}))
    for image in images:
        index.add(ImageUse(image, "a pod"))
    sight = UsageScan(
        index.snapshot(scans, not_checked),
        {(scan.source, scan.scope): 7 for scan in scans},
        ScanCoverage(frozenset({HERE})),
        elsewhere,
    )
    doctor = Doctor(
        lambda: ANN,
        lambda: [NamedRegistry(registry, "ours")],
        lambda _registries: sight,
        lambda _regions: (),
        lambda _repositories: (),
    )
    return list(doctor.findings())


def of(check: str, findings: Sequence[DoctorFinding]) -> list[DoctorFinding]:
    return [finding for finding in findings if finding.check == check]


@pytest.fixture
def stocked(shelf: Shelf, registry: EcrRegistry) -> EcrRegistry:
    shelf.image("a")
    return registry


def test_every_scan_has_a_finding(stocked: EcrRegistry) -> None:
    refused, nothing = ErrorText("AWS refused it"), NothingInUse((HERE,))
    scans = [
        SourceScan("ecs", "here", 1200),
        SourceScan("ecs", "there", 0, refused),
        SourceScan("usage", "all sources", 0, nothing),
    ]
    findings = findings_of(stocked, scans)
    (seen, unseen) = of("ecs", findings)
    assert seen.detail == WorkloadsListed(7, 1200)
    assert unseen.detail == ScanFailed("ecs", "there", refused)
    assert (seen.status, unseen.status) == (DoctorFindingStatus.OK, DoctorFindingStatus.FAILED)
    (silence,) = of("usage", findings)
    assert silence.detail == ScanFailed("usage", "all sources", nothing)


def test_no_finding_about_sources_if_all_are_on(stocked: EcrRegistry) -> None:
    assert of("usage", findings_of(stocked)) == []
    (warned,) = of("usage", findings_of(stocked, not_checked=SOURCES))
    assert (warned.status, warned.scope) == (DoctorFindingStatus.WARNING, ", ".join(SOURCES))
    assert warned.detail == AllUsageSourcesOff()
    (warned,) = of(
        "usage", findings_of(stocked, [SourceScan("ecs", "here", 1)], not_checked=SOURCES[1:])
    )
    assert warned.detail == SomeUsageSourcesOff()


BEYOND = UnscannedRegion(RegistryId(HERE.account, "us-east-1"), ("ecs",))


@pytest.mark.parametrize(
    ("elsewhere", "status", "detail"),
    [
        (
            OtherRegionsUsage("1", asked=("a", "b"), denied=("c",)),
            DoctorFindingStatus.OK,
            OtherRegionsEmpty(asked=2, denied=1),
        ),
        (OtherRegionsUsage("1"), DoctorFindingStatus.OK, OtherRegionsEmpty(asked=0, denied=0)),
        (
            OtherRegionsUsage("1", found=(BEYOND,)),
            DoctorFindingStatus.WARNING,
            WorkloadsInUnscannedRegions((BEYOND,)),
        ),
        (
            OtherRegionsUsage("1", errors=(ErrorText("AWS refused it"),)),
            DoctorFindingStatus.WARNING,
            RegionsUnreadable(ErrorText("AWS refused it"), others=0),
        ),
        (
            OtherRegionsUsage("1", errors=(ErrorText("AWS refused it"), ErrorText("too"))),
            DoctorFindingStatus.WARNING,
            RegionsUnreadable(ErrorText("AWS refused it"), others=1),
        ),
    ],
)
def test_other_regions(
    stocked: EcrRegistry,
    elsewhere: OtherRegionsUsage,
    status: DoctorFindingStatus,
    detail: FindingDetail,
) -> None:
    (finding,) = of("other Regions", findings_of(stocked, elsewhere=[elsewhere]))
    assert finding == DoctorFinding("other Regions", "1", status, detail)


HOST = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"


def use(image: str) -> ReferenceUse:
    return ReferenceUse(f"{HOST}/{image}", ("a pod",))


@pytest.mark.parametrize(
    ("image", "status", "detail"),
    [
        ("team/api:1", DoctorFindingStatus.OK, AllReferencesResolved()),
        (
            "team/api:",
            DoctorFindingStatus.FAILED,
            ReferenceUnreadable(use("team/api:"), ("team/api",)),
        ),
        ("${APP}", DoctorFindingStatus.FAILED, ReferenceUnreadable(use("${APP}"), ("team/api",))),
        ("team/gone:", DoctorFindingStatus.WARNING, ReferenceUnreadable(use("team/gone:"), ())),
        (
            "x/team/api:1",
            DoctorFindingStatus.FAILED,
            ReferenceToMissingRepository(use("x/team/api:1"), (f"{HOST}/team/api",)),
        ),
        (
            "team/gone:1",
            DoctorFindingStatus.WARNING,
            MissingReferencedRepositories((use("team/gone:1"),)),
        ),
    ],
)
def test_references_to_missing_repositories(
    image: str, status: DoctorFindingStatus, detail: FindingDetail, stocked: EcrRegistry
) -> None:
    (finding,) = of("references", findings_of(stocked, images=[f"{HOST}/{image}"]))
    assert (finding.status, finding.detail) == (status, detail)


def test_references_to_other_registries_are_ignored(stocked: EcrRegistry) -> None:
    other = HOST.replace("eu-west-1", "us-east-1")
    images = [f"{other}/team/api:", f"{other}/x/team/api:1", f"{other}/team/gone:1"]
    (finding,) = of("references", findings_of(stocked, images=images))
    assert finding.status is DoctorFindingStatus.OK


def test_all_reasons_of_incomplete_plans_have_findings(stocked: EcrRegistry) -> None:
    images = [f"{HOST}/{name}" for name in ("team/api:", "team/gone:1", "gone:1", "x/team/api:1")]
    findings = of("references", findings_of(stocked, images=images))
    assert [each.status for each in findings] == [
        DoctorFindingStatus.FAILED,
        DoctorFindingStatus.FAILED,
        DoctorFindingStatus.WARNING,
    ]
    assert findings[2].detail == MissingReferencedRepositories((use("gone:1"), use("team/gone:1")))


def test_references_are_not_checked_if_the_registry_cannot_be_listed(
    aws: AwsStandIn, stocked: EcrRegistry
) -> None:
    aws.world.deny("ecr:ListImages")
    assert of("references", findings_of(stocked, images=[f"{HOST}/team/gone:1"])) == []


def test_the_doctor_changes_nothing(aws: AwsStandIn, stocked: EcrRegistry) -> None:
    findings_of(stocked)
    operations = {name.partition(":")[2] for name in aws.world.calls.counts()}
    assert all(each.startswith(("BatchGet", "Describe", "Get", "List")) for each in operations)
