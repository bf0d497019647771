"""`ecr-clean demo --walkthrough`: a story in which every step is checked."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli.demo.demo_company import DemoCompany, running_company
from bot.playground.remote import Control
from bot.playground.stage import Stage
from bot.playground.walkthrough import REPOSITORY, play
from tests.cli.demo_runs import Machine
from tests.cli.plan_execution import until

pytestmark = pytest.mark.slow


@pytest.fixture
def company() -> Iterator[DemoCompany]:
    with running_company(0, timedelta(seconds=2)) as (company, _):
        yield company


def told(company: DemoCompany) -> tuple[bool, str]:
    """Whether all came out right, and the story."""
    story: list[str] = []
    remote, cast = company.workspace.remote, company.cast
    is_right = play(Stage(remote, Control(company.aws_url), cast, cast.shop, story.append))
    return is_right, "\n".join(story)


def test_all_comes_out_right(tmp_path: Path) -> None:
    machine = Machine(tmp_path, {})
    done = machine.run("--walkthrough")
    assert (done.returncode, done.stderr) == (0, "")
    for words in (
        "✓ it looked at all 273 manifests that ECR has",
        "✓ 1.12.0 is old, but in use: it stays",
        "(to Jo alone): @jo is none of the approvers",
        "✓ the new plan deletes one manifest less",
        "✓ ECR still has all 273 manifests",
        "✓ ECR took all 254 deletions",
        "✓ 254 are gone, as many as were approved",
        "✓ 1.9.0, which Tom pinned, is there",
        "checks, all of them right",
    ):
        assert words in done.stdout
    assert machine.files() == []
    until(lambda: not machine.processes())


def test_an_image_in_use_would_not_stay(company: DemoCompany) -> None:
    """As if a source had not seen it."""
    control = Control(company.aws_url)
    control.send("DELETE", "/ecs/services", {"cluster": "staging", "name": "api"})
    control.send("DELETE", "/ecs/definitions", {"definition": "api-staging:1"})
    is_right, story = told(company)
    assert not is_right
    assert "✗ expected: 1.20.0 is old, but in use: it stays" in story
    assert "found:    shop/api: " in story


def test_ecr_keeps_what_should_go(company: DemoCompany) -> None:
    control = Control(company.aws_url)
    control.send("POST", "/stuck", {"repository": REPOSITORY, "reference": "1.2.0"})
    is_right, story = told(company)
    assert not is_right
    assert "✗ expected: ECR took all 254 deletions" in story
    assert "Deleted 253 of 254 manifests, 1 failed" in story
