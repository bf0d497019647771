"""Whether a plan still stands on the ground on which people approved it."""

from dataclasses import replace

from bot.core.ground import why_not_to_go_on
from bot.core.obstacles import ScanFailed
from bot.core.repository import RegistryId
from bot.core.sentence import Sentence
from bot.core.usage import Look, Usage
from bot.render.obstacles import ground_words
from tests.render.builders import image, plan

LOOKED_AT = Usage(looks=(Look("ecs", "here", 3),), not_checked=("lambda",))
APPROVED = plan(image(1, "1.0"), usage=LOOKED_AT)
THERE = RegistryId("123456789012", "us-east-1")


def test_nothing_speaks_against_it() -> None:
    carried = replace(APPROVED, deleted_also_in=(THERE,))
    assert why_not_to_go_on(APPROVED, APPROVED) is None
    assert why_not_to_go_on(carried, carried) is None
    assert why_not_to_go_on(carried, APPROVED) is None


def test_what_speaks_against_it() -> None:
    now = replace(
        APPROVED,
        problems=(ScanFailed("ecs", "here", Sentence("AWS refused")),),
        usage=Usage(looks=(), not_checked=("ecs", "lambda")),
        deleted_also_in=(THERE,),
    )
    found = why_not_to_go_on(APPROVED, now)
    assert found
    assert ground_words(found) == (
        "ecs (here): AWS refused; no source of usage is looked at any more; ecs was switched off "
        "after the plan was made; deletions are carried to 123456789012 in us-east-1 too, which "
        "people did not know"
    )
