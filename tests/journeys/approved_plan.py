"""An approved plan that can be executed: made once per session, and copied for every test."""

import copy
import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.cli.main import main
from bot.core.records import PlanRecord
from bot.playground.aws import AwsStandIn, manifests
from bot.playground.aws.ecr.repository import Repository
from bot.store.store import Store, open_store
from tests.cli.stored_plans import LOOKED_AT
from tests.postgres import Server
from tests.support import Shelf, image_text

SETTINGS = f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"

TOGETHER = pytest.mark.xdist_group("prepared")
"""Group of the fast tests: one worker of xdist prepares the plan and loads the modules."""

BUILDS = 61
INDEXES = 40
"""Each has one tagged child."""

SIGNATURES = 10
"""Of the last child images."""

KEPT = 10
"""Releases that the rules keep."""

DELETED = BUILDS + 2 * INDEXES + SIGNATURES
BATCHES = 4
"""101 roots in two concurrent calls, then the children in one, then the signatures in one."""


def fill(shelf: Shelf) -> None:
    for number in range(BUILDS):
        shelf.image(f"1.{number}", age=100 - number / 100)
    for number in range(INDEXES):
        name = f"2.{number}"
        child = image_text(f"{name}-amd64")
        shelf.push(child, f"{name}-amd64", age=90 - number / 100)
        listing = manifests.index([manifests.ChildManifest(child)])
        shelf.push(listing, name, age=90 - number / 100)
        if number >= INDEXES - SIGNATURES:
            shelf.push(manifests.referrer(child, name=name), age=80)
    shelf.images(KEPT, "3.")


@dataclass(frozen=True)
class ApprovedPlan:
    """An approved plan. `before`: the digests in the repository before the deletion."""

    shelf: Shelf
    store: Store
    id: str
    before: frozenset[str]

    @property
    def plan(self) -> PlanRecord:
        found = self.store.plan(self.id)
        assert found
        return found

    @property
    def existing(self) -> frozenset[str]:
        return frozenset(self.shelf.repository.manifests)


@dataclass(frozen=True)
class PreparedPlan:
    """`template`: the database of `server` with the plan."""

    server: Server
    template: str
    repository: Repository
    plan: str

    @contextmanager
    def copied(self, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApprovedPlan]:
        """Copies repository and database, and sets the environment for them."""
        shelf = Shelf(aws)
        shelf.repository = copy.deepcopy(self.repository)
        shelf.world.registries.at(shelf.id.registry.account, shelf.id.registry.region).repositories[
            shelf.id.name
        ] = shelf.repository
        with self.server.copy_of(self.template) as url, open_store(url) as store:
            monkeypatch.setenv("DATABASE_URL", url)
            yield ApprovedPlan(shelf, store, self.plan, frozenset(shelf.repository.manifests))


@contextmanager
def prepare(server: Server, folder: Path) -> Iterator[PreparedPlan]:
    with (
        AwsStandIn() as aws,
        pytest.MonkeyPatch.context() as patch,
        server.database(migrated=False) as url,
    ):
        for name in os.environ:
            if name.startswith(("AWS_", "ECR_CLEAN_", "XDG_", "SLACK_")):
                patch.delenv(name)
        given = {"DATABASE_URL": url, "XDG_CACHE_HOME": str(folder), "HOME": str(folder)}
        for name, value in (aws.environment() | given).items():
            patch.setenv(name, value)
        patch.chdir(folder)
        Path("ecr-clean.yml").write_text(SETTINGS)
        shelf = Shelf(aws)
        fill(shelf)
        _run("propose", shelf.id.name)
        with open_store(url) as store:
            (plan,) = store.open_plans()
            assert len(store.deletions(plan.id, 1)) == DELETED
        _run("approve", plan.id, "--confirm", shelf.id.name)
        patch.undo()
        template = make_url(url).database
        assert template
        yield PreparedPlan(server, template, shelf.repository, plan.id)


def _run(*arguments: str) -> None:
    out = TextIOWrapper(BytesIO())
    with redirect_stdout(out), pytest.raises(SystemExit) as left:
        main(list(arguments))
    assert left.value.code == 0
