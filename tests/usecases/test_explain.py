"""Why one manifest stays or goes, and what shares its fate."""

import pytest

from bot.core.errors import RequestError
from bot.core.manifest import OCI_INDEX, Content
from bot.core.plan import Plan
from bot.core.reasons import Verdict
from bot.usecases.explanations import explain
from tests.render.builders import image, plan

CHILDREN = (image(1), image(2))
INDEX = image(
    3,
    "multi",
    content=Content(OCI_INDEX, children=tuple(child.digest for child in CHILDREN)),
    media_type=OCI_INDEX,
)
ALONE = image(4, "1.0", "stable", age=1)


@pytest.fixture
def made() -> Plan:
    return plan(INDEX, *CHILDREN, ALONE, newest=1)


@pytest.mark.parametrize("reference", ["1.0", "stable", ALONE.digest])
def test_what_is_alone(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.manifest == ALONE
    assert found.judged.verdict is Verdict.KEEP
    assert found.family == [found.judged]
    assert found.repository == made.repository


@pytest.mark.parametrize("reference", ["multi", CHILDREN[0].digest])
def test_a_family(reference: str, made: Plan) -> None:
    found = explain(made, reference)
    assert found.judged.verdict is Verdict.DELETE
    assert [each.manifest for each in found.family] == [*CHILDREN, INDEX]


def test_the_beginning_of_a_digest() -> None:
    odd = image(10**63)
    made = plan(odd, image(1), image(2))
    assert explain(made, odd.digest[: len("sha256:") + 6]).judged.manifest == odd
    with pytest.raises(RequestError, match="has no tag or digest sha256:10000"):
        explain(made, odd.digest[: len("sha256:") + 5])


def test_an_ambiguous_beginning(made: Plan) -> None:
    with pytest.raises(RequestError, match=r"may be any of sha256:0000.* and 1 more: give more of"):
        explain(made, "sha256:000000")


@pytest.mark.parametrize(
    ("reference", "hint"),
    [("mutli", "did you mean multi?"), ("zzz", "ecr-clean plan lists all that it has")],
)
def test_what_is_not_there(reference: str, hint: str, made: Plan) -> None:
    with pytest.raises(RequestError) as caught:
        explain(made, reference)
    assert str(caught.value) == f"team/api has no tag or digest {reference}: {hint}"
