"""`ecr-clean demo --walkthrough`: an automated demo in which each step is checked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.demo.demo_company import DemoCompany, running_company
from bot.playground.control_client import ControlClient
from bot.playground.walkthrough import REPOSITORY, run_walkthrough
from bot.playground.walkthrough_session import WalkthroughSession
from tests.cli.demo_runs import Machine
from tests.cli.plan_execution import until

pytestmark = pytest.mark.slow


@pytest.fixture
def company() -> Iterator[DemoCompany]:
    with running_company(0, timedelta(seconds=2)) as (company, _):
        yield company


def run(company: DemoCompany) -> tuple[bool, str]:
    """Whether all checks passed, and the printed text."""
    printed: list[str] = []
    users, aws = company.users, ControlClient(company.aws_url)
    session = WalkthroughSession(company.workspace.remote, aws, users, users.shop, printed.append)
    return run_walkthrough(session), "\n".join(printed)


def test_all_checks_pass(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {})
    done = machine.run("--walkthrough")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "✓ the plan covers all 273 images in ECR",
        "✓ 3 old images are kept only because workloads use them",
        "(only visible to Jo): @jo is not an approver",
        "@image-approvers: @jo asks for your approval of `shop/api`.",
        "✓ the new plan deletes one image less",
        "✓ ECR still has all 273 manifests",
        "✓ ECR deleted all 254 images",
        "✓ 254 manifests are gone, as approved",
        "✓ 1.9.0, which Tom pinned, exists",
        "checks passed in",
    ):
        assert words in done.stdout
    assert machine.files() == []
    until(lambda: not machine.processes())


def test_a_plan_that_deletes_an_image_in_use_fails(company: DemoCompany) -> None:
    """Simulates a usage source that misses a service."""
    control = ControlClient(company.aws_url)
    control.send("DELETE", "/ecs/services", {"cluster": "staging", "name": "api"})
    control.send("DELETE", "/ecs/definitions", {"definition": "api-staging:1"})
    is_passed, printed = run(company)
    assert not is_passed
    assert "✗ expected: 3 old images are kept only because workloads use them" in printed
    assert "actual:   shop/api: " in printed


def test_a_failed_deletion_fails(company: DemoCompany) -> None:
    control = ControlClient(company.aws_url)
    control.send("POST", "/deletion-failures", {"repository": REPOSITORY, "reference": "1.2.0"})
    is_passed, printed = run(company)
    assert not is_passed
    assert "✗ expected: ECR deleted all 254 images" in printed
    assert "deleted 253 of 254 images (1 failed)" in printed
