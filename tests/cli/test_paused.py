"""`ecr-clean pause` and `resume`. While the bot is paused, no command starts a plan."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from bot.core.plan import PlanState
from bot.core.records import AuditEventName, Pause, StoreChange
from bot.store.store import Store
from tests.cli.plan_execution import NOTHING, approved, as_stored, proposed, until
from tests.cli.stored_plans import Write
from tests.store.support import event
from tests.support import NOW, Run, Shelf

PAUSE = Pause("U0000000001", NOW, "the registry moves")
SAYS = "U0000000001 paused ecr-clean 2026-11-23 12:00 UTC (the registry moves)"


def pause(store: Store) -> None:
    assert store.set_pause(PAUSE, event(AuditEventName.PAUSED))


def resume(store: Store) -> None:
    assert store.set_pause(None, event(AuditEventName.RESUMED))


def test_recover_names_who_paused(run: Run, at_once: Shelf, own_store: Store) -> None:
    id_ = approved(run, at_once.id.name)
    pause(own_store)
    result = run("recover")
    assert (result.status, result.out) == (0, "")
    assert SAYS in result.err
    assert as_stored(own_store, id_).state is PlanState.APPROVED
    resume(own_store)
    assert run("recover").status == 0
    assert as_stored(own_store, id_).state is PlanState.DONE
    assert run("recover").out == NOTHING


def test_approve_with_wait_waits_until_resumed(run: Run, at_once: Shelf, own_store: Store) -> None:
    id_ = proposed(run, at_once.id.name)
    pause(own_store)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(run, "approve", id_, "--wait")
        until(lambda: as_stored(own_store, id_).state is PlanState.APPROVED)
        assert own_store.run(id_) is None
        resume(own_store)
        assert waiting.result().status == 0
    assert as_stored(own_store, id_).state is PlanState.DONE


def test_pause_and_resume_by_command(run: Run, at_once: Shelf, own_store: Store) -> None:
    id_ = approved(run, at_once.id.name)
    paused = run("pause", "--reason", "the registry moves")
    assert (paused.status, paused.out) == (
        0,
        "Paused. No deletion starts until `ecr-clean resume`.\n",
    )
    assert run("recover").out == ""
    again = run("pause")
    assert again.status == 2
    assert "paused ecr-clean" in again.err
    assert "the registry moves" in again.err
    resumed = run("resume")
    assert resumed.status == 0
    assert resumed.out.startswith("Resumed. arn:aws:")
    assert run("resume").status == 2
    assert run("recover").status == 0
    assert as_stored(own_store, id_).state is PlanState.DONE
    events = [each.event for each in own_store.events()]
    assert {AuditEventName.PAUSED, AuditEventName.RESUMED} <= {*events}


def test_pause_needs_approver_rights(run: Run, own_store: Store, settings_file: Write) -> None:
    settings_file("approval: {approvers: [U0000000001]}")
    refused = run("pause")
    assert refused.status == 2
    assert "approver" in refused.err
    assert own_store.pause() is None


def test_running_deletions_are_named(run: Run, at_once: Shelf, own_store: Store) -> None:
    id_ = approved(run, at_once.id.name)
    plan = as_stored(own_store, id_)
    running = replace(plan, state=PlanState.EXECUTING, revision=plan.revision + 1)
    assert own_store.commit(StoreChange((event(AuditEventName.STARTED),), plan, running))
    assert f"ecr-clean stop {id_}" in run("pause").err


def test_decisions_are_accepted_while_paused(run: Run, at_once: Shelf, own_store: Store) -> None:
    pause(own_store)
    id_ = approved(run, at_once.id.name)
    assert run("stop", id_).status == 0
    assert as_stored(own_store, id_).state is PlanState.PROPOSED
