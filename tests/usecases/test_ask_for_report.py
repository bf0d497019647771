"""Somebody in Slack wants a report."""

from datetime import timedelta

import pytest

from bot.core.authority import SlackPerson
from bot.core.person_reasons import Guest
from bot.core.records import EventName
from bot.usecases.reports import Asker, Wish
from tests.usecases.scene import CAT, Scene, refused

GUEST = SlackPerson("U9", "T1", is_guest=True, groups=None)


def asker(scene: Scene) -> Asker:
    return Asker(scene.store, scene.clock, scene.rules)


@pytest.mark.parametrize(("ts", "told"), [("1.5", "1.5"), (None, "")])
def test_a_worker_gets_to_know_it(scene: Scene, ts: str | None, told: str) -> None:
    asker(scene).ask(CAT, Wish("team/*", "C1", ts))
    job = scene.store.take("worker", scene.now, timedelta(minutes=1))
    assert job
    assert job.kind == "report"
    assert job.payload == {"repository": "team/*", "channel": "C1", "user": CAT.id, "ts": told}


def test_whoever_may_not(scene: Scene) -> None:
    with refused(Guest("U9")):
        asker(scene).ask(GUEST, Wish("team/api", "C1", None))
    event = scene.last_event()
    assert (event.event, event.by, event.repository) == (EventName.REFUSED, "U9", None)
    assert scene.store.take("worker", scene.now, timedelta(minutes=1)) is None
