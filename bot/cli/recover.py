"""`ecr-clean recover`: finishes what was left."""

from collections.abc import Callable, Iterator
from functools import partial

import click

from bot.cli.carrying_out import HandsOn
from bot.cli.options import Options, common_options
from bot.cli.receipt import tell_what_became, tell_why_not
from bot.cli.remembering import found_store
from bot.cli.status import StatusCollector
from bot.cli.terminal import note, say
from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.words import moment
from bot.render.decisions import pause_words
from bot.settings import load_settings
from bot.usecases.deletion.start import ActiveRun, NotStartedError, Work, find_work
from bot.wiring import command_line_person, is_gone, system_clock


@click.command()
@common_options
@click.pass_obj
def recover(options: Options) -> int:
    """Finish what was left: runs whose process died, and approved plans whose time has come.

    It waits for nothing: what another process has, and what may not begin yet, is named.
    """
    settings = load_settings(options.config)
    outcome = StatusCollector(options.debug)
    with found_store() as store:
        work = find_work(store, system_clock(), is_gone) if store else Work((), (), ())
        pause = store.pause() if store else None
        if store and (work.due or work.abandoned):
            hands = HandsOn(settings, store, command_line_person(settings))
            _finish_all(hands, work, outcome)
    for begun in work.running:
        note(_held(begun))
    if pause:
        note(f"{pause_words(pause)}: no plan begins before that")
    elif not (work.due or work.abandoned or work.running):
        say("Nothing was left: no plan is due, and none is being carried out.")
    return outcome.status


def _finish_all(hands: HandsOn, work: Work, outcome: StatusCollector) -> None:
    """Whoever presses Ctrl-C stops one plan, and begins no other."""
    for finish in _finishers(hands, work):
        _try(hands, finish, outcome)
        if hands.leaving.is_told():
            raise KeyboardInterrupt


def _finishers(hands: HandsOn, work: Work) -> Iterator[Callable[[], PlanRecord]]:
    yield from (partial(hands.take_over, begun) for begun in work.abandoned)
    yield from (partial(hands.start, plan) for plan in work.due)


def _try(hands: HandsOn, finish: Callable[[], PlanRecord], outcome: StatusCollector) -> None:
    """What fails hinders nothing else."""
    try:
        outcome.statuses.add(tell_what_became(hands, finish()))
    except NotStartedError as error:
        outcome.statuses.add(tell_why_not(error))
    except (RequestError, ServiceError) as error:
        outcome.failed(error)


def _held(begun: ActiveRun) -> str:
    plan, run = begun
    return (
        f"the plan {plan.id} for {plan.repository.name} is carried out by process {run.worker.pid} "
        f"on {run.worker.host}, as far as anybody can tell from here: if that is gone, run "
        f"ecr-clean recover again after {moment(run.leased_until)}"
    )
