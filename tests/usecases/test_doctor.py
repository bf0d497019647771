"""The doctor, who looks at everything: what the command's tests cannot bring about."""

from collections.abc import Sequence

import pytest

from bot.aws.ecr import EcrRegistry
from bot.core.coverage import Coverage
from bot.core.findings import Finding, Status
from bot.core.repository import RegistryId
from bot.core.snapshot import Snapshot
from bot.core.usage import SOURCES, Look
from bot.playground.aws import StandIn
from bot.usecases.doctor import Caller, Doctor, Patient, Sight
from tests.support import Shelf

HERE = RegistryId("123456789012", "eu-west-1")
ANN = Caller("arn:aws:iam::123456789012:user/ann", "arn:aws:iam::123456789012:user/ann")


def examine(
    registry: EcrRegistry, looks: Sequence[Look] = (), not_checked: Sequence[str] = ()
) -> list[Finding]:
    sight = Sight(
        Snapshot({}, {}, tuple(looks), tuple(not_checked)),
        {(look.source, look.scope): 7 for look in looks},
        Coverage(frozenset({HERE})),
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


def test_it_changes_nothing(aws: StandIn, stocked: EcrRegistry) -> None:
    examine(stocked)
    operations = {name.partition(":")[2] for name in aws.world.calls.counts()}
    assert all(each.startswith(("BatchGet", "Describe", "Get", "List")) for each in operations)
