"""`ecr-clean confirm-usage`, from the plan that asks for it to the plan that is glad of it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import Result, Run, Shelf, others_off

Write = Callable[[str], Path]


@pytest.fixture
def shrunk(environment: Path, shelf: Shelf, plan: Run, settings_file: Write) -> Result:
    """The plan after most of what a file listed is gone from it."""
    shelf.image("a")
    settings_file(f"usage: {{{others_off('files')}, files: [used.txt]}}")
    used = environment / "used.txt"
    used.write_text("team/api:a\nteam/api:b\nteam/api:c\n")
    assert plan().status == 0
    used.write_text("team/api:a\n")
    return plan()


def test_the_plan_tells_what_to_call(shrunk: Result) -> None:
    assert shrunk.status == 3
    assert "ecr-clean confirm-usage files 'used.txt'" in shrunk.sentence


@pytest.mark.usefixtures("shrunk")
def test_it_is_believed_from_then_on(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(
        "Confirmed: the workloads that files lists in used.txt are 1, as seen at "
    )
    assert plan().status == 0


@pytest.mark.usefixtures("shrunk")
def test_what_is_not_in_doubt(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "ecs", "123456789012 in eu-west-1")
    assert (result.status, result.out) == (2, "")
    assert "Nothing that ecs lists in '123456789012 in eu-west-1' is in doubt" in result.sentence
    assert "only these can be confirmed: files 'used.txt'" in result.sentence
    assert plan().status == 3


def test_when_nothing_is_in_doubt(run: Run) -> None:
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.out) == (2, "")
    assert "nothing to confirm at all" in result.sentence


@pytest.mark.parametrize("arguments", [(), ("ecs",), ("ecs", "here", "there")])
def test_wrong_calls(arguments: tuple[str, ...], run: Run) -> None:
    result = run("confirm-usage", *arguments)
    assert (result.status, result.out) == (2, "")


def test_a_memory_that_cannot_be_read(run: Run, environment: Path) -> None:
    file = environment / "cache" / "ecr-clean" / "manifests.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all, but long enough to look at" * 50)
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.out) == (1, "")
    assert "cannot be used" in result.sentence
