"""Workers that are killed wherever they are: after recovery the repository holds exactly what it
should, and the receipt tells the truth of every digest."""

import copy
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from signal import SIGKILL
from typing import Any

import pytest

from bot.core.records import Outcome, PlanRecord, PlanState
from bot.playground.aws import Fault, StandIn, manifests
from bot.store.store import SqlStore, open_store
from bot.usecases.ledger import UNCONFIRMED
from tests.cli.remembered import LOOKED_AT
from tests.journeys.worker import Fate, ended, start, until
from tests.support import Run, Shelf, image_text

SETTINGS = f"{LOOKED_AT}execution: {{undo_window: 0s}}\n"

KEPT = 10
"""Releases that the rules keep."""

BATCHES = 10
"""500 roots in five calls, 400 children in four, 100 signatures in one."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture
def thousand(shelf: Shelf, settings_file: Callable[[str], Path]) -> Shelf:
    """1,000 manifests go: 300 images, and 200 indexes with two children each, of which 100 have a
    signature."""
    settings_file(SETTINGS)
    for number in range(300):
        shelf.image(f"1.{number}", age=100 - number / 100)
    for number in range(200):
        name = f"2.{number}"
        shelf.index(name, f"{name}-amd64", f"{name}-arm64", age=90 - number / 100)
        if number < 100:
            child = image_text(f"{name}-amd64")
            shelf.push(manifests.referrer(child, name=name), age=80)
    shelf.images(KEPT, "3.")
    return shelf


@pytest.fixture
def plan(run: Run, thousand: Shelf) -> str:
    """The id of one that is approved, and due."""
    proposed = run("propose", thousand.id.name, "--format", "json").plan
    assert len(proposed["delete"]) == 1000
    assert run("approve", proposed["plan"], "--confirm", thousand.id.name).status == 0
    return str(proposed["plan"])


@contextmanager
def store(environment: Path, state: str = "state") -> Iterator[SqlStore]:
    with open_store(f"sqlite:///{environment}/{state}/ecr-clean/ecr-clean.db") as opened:
        yield opened


def stored(store: SqlStore, plan: str) -> PlanRecord:
    found = store.plan(plan)
    assert found
    return found


def check(store: SqlStore, plan: PlanRecord, shelf: Shelf, before: set[str]) -> None:
    """Nothing is gone that was not approved, and of what was the receipt tells the truth."""
    gone = before - set(shelf.repository.manifests)
    outcomes = {item.digest: item.outcome for item in store.items(plan.id, plan.version)}
    assert gone == {d for d, outcome in outcomes.items() if outcome is Outcome.DELETED}
    assert set(outcomes.values()) <= {Outcome.DELETED, Outcome.SPARED}
    run = store.run(plan.id)
    assert run
    assert store.unanswered(run) == []
    events = [event for event in store.events() if event.plan == plan.id]
    names = [event.event.value for event in events]
    assert names.count("started") == names.count("ended") == 1
    told = [d for event in events if event.event == "deleted" for d in event.digests]
    assert sorted(told) == sorted(gone)


# before, during and after every batch


class Worlds:
    """The same beginning again and again: a repository, and a database beside it."""

    def __init__(self, shelf: Shelf, environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self._shelf = shelf
        self._environment = environment
        self._monkeypatch = monkeypatch
        self._beginning = copy.deepcopy(shelf.repository)
        self._number = 0

    @contextmanager
    def another(self) -> Iterator[SqlStore]:
        repository = copy.deepcopy(self._beginning)
        registry = self._shelf.world.registries.at(repository.account, repository.region)
        with self._shelf.world.lock:
            registry.repositories[repository.name] = repository
            self._shelf.world.faults.clear()
            self._shelf.world.calls.reset()
        self._shelf.repository = repository
        self._number += 1
        state = f"state-{self._number}"
        shutil.copytree(self._environment / "state", self._environment / state)
        self._monkeypatch.setenv("XDG_STATE_HOME", str(self._environment / state))
        with store(self._environment, state) as opened:
            yield opened


def killed_at(when: str, batch: int) -> None:
    assert ended(start(Fate(when, batch))) == -SIGKILL


def killed_during(aws: StandIn, batch: int) -> None:
    """ECR deletes, but whoever would read its answer is gone."""
    withheld = Fault(operation="BatchDeleteImage", skip=batch - 1, delay=60)
    aws.world.faults.add(withheld)
    worker = start()
    until(lambda: withheld.seen >= batch)
    worker.kill()
    assert ended(worker) == -SIGKILL


@pytest.mark.parametrize("batch", range(1, BATCHES + 1))
def test_killed_before_during_and_after_every_batch(
    batch: int,
    aws: StandIn,
    thousand: Shelf,
    plan: str,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = set(thousand.repository.manifests)
    worlds = Worlds(thousand, environment, monkeypatch)
    deaths: list[Callable[[], None]] = [
        lambda: killed_at("before delete", batch),
        lambda: killed_during(aws, batch),
        lambda: killed_at("after delete", batch),
        lambda: killed_at("before settle", batch),
        lambda: killed_at("after settle", batch),
    ]
    for die in deaths:
        with worlds.another() as opened:
            promised = stored(opened, plan).freed_bytes
            die()
            assert stored(opened, plan).state is PlanState.EXECUTING
            assert ended(start()) == 0
            done = stored(opened, plan)
            assert done.state is PlanState.DONE
            assert done.freed_bytes + done.unconfirmed_bytes == promised
            assert len(before - set(thousand.repository.manifests)) == 1000
            check(opened, done, thousand, before)


# again and again, while other things happen

FATES = [
    *(
        Fate(f"{when} {port}", number)
        for number in (1, 2)
        for port in ("journal", "mark_sent", "delete", "settle")
        for when in ("before", "after")
    ),
    *(
        Fate(f"before {port}")
        for port in ("renew_run", "describe_some", "texts", "digests", "commit", "unanswered")
    ),
]


@pytest.mark.parametrize(
    "faults",
    [
        {"error": "ThrottlingException", "every": 3},
        {"cut": "after", "every": 3},
        {"cut": "before", "every": 3},
    ],
    ids=str,
)
def test_killed_again_and_again(
    faults: dict[str, Any], aws: StandIn, thousand: Shelf, plan: str, environment: Path, run: Run
) -> None:
    """Each worker goes on with what the last one left, until it is killed in turn. Meanwhile a
    child is pinned, and an image gets a signature; of the calls every third fails."""
    before = set(thousand.repository.manifests)
    aws.world.faults.add(Fault(operation="BatchDeleteImage", times=None, **faults))
    kills = 0
    with store(environment) as opened:
        fates = cycle(FATES)
        while stored(opened, plan).is_open:
            kills += ended(start(next(fates))) == -SIGKILL
            if kills == 3:
                pending = [
                    item
                    for item in opened.items(plan, 1)
                    if item.outcome is Outcome.PENDING and item.tags
                ]
                spared = pending[-1]
                assert run("pin", thousand.id.name, spared.tags[0], "--reason", "so").status == 0
        assert kills >= 8
        done = stored(opened, plan)
        assert done.state is PlanState.DONE
        outcomes = {item.digest: item for item in opened.items(plan, 1)}
        assert outcomes[spared.digest].outcome is Outcome.SPARED
        assert "is pinned by" in outcomes[spared.digest].reason
        check(opened, done, thousand, before)


# others who delete meanwhile


@pytest.mark.parametrize(
    ("fate", "outcome", "reason"),
    [
        (Fate("after journal"), Outcome.SPARED, "is gone: somebody else deleted it"),
        (Fate("before mark_sent"), Outcome.SPARED, "is gone: somebody else deleted it"),
        (Fate("after mark_sent"), Outcome.DELETED, UNCONFIRMED),
    ],
    ids=lambda each: each.when if isinstance(each, Fate) else "",
)
def test_others_delete_what_was_journalled(
    fate: Fate,
    outcome: Outcome,
    reason: str,
    shelf: Shelf,
    settings_file: Callable[[str], Path],
    environment: Path,
    run: Run,
) -> None:
    """Only a batch that may have left claims what is gone, and says that ECR never confirmed it."""
    settings_file(SETTINGS)
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    plan = str(run("propose", shelf.id.name, "--format", "json").plan["plan"])
    assert run("approve", plan, "--confirm", shelf.id.name).status == 0
    assert ended(start(fate)) == -SIGKILL
    victim = shelf.repository.digest_by_tag["1.0"]
    shelf.world.remove(shelf.repository, victim)

    assert run("recover").status == 0
    with store(environment) as opened:
        done = stored(opened, plan)
        items = {item.digest: item for item in opened.items(plan, 1)}
        told = [event for event in opened.events() if victim in event.digests]
    assert done.state is PlanState.DONE
    assert items[victim].outcome is outcome
    assert items[victim].reason.endswith(reason)
    one = done.freed_bytes // 2
    is_claimed = outcome is Outcome.DELETED
    assert done.unconfirmed_bytes == (one if is_claimed else 0)
    assert [reason in event.detail for event in told] == [True]
    assert {each.outcome for d, each in items.items() if d != victim} == {Outcome.DELETED}
