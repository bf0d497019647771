"""`ecr-clean confirm-usage`, from the incomplete plan to the complete one."""

import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.plan_execution import PATIENCE, working
from tests.support import Result, Run, Shelf, others_off

Write = Callable[[str], Path]


@pytest.fixture
def shrunk(environment: Path, shelf: Shelf, plan: Run, settings_file: Write) -> Result:
    """A plan after most lines of a usage file were removed."""
    shelf.image("a")
    settings_file(f"usage: {{{others_off('files')}, files: [used.txt]}}")
    used = environment / "used.txt"
    used.write_text("team/api:a\nteam/api:b\nteam/api:c\n")
    assert plan().status == 0
    used.write_text("team/api:a\n")
    return plan()


def test_the_plan_names_the_command(shrunk: Result) -> None:
    assert shrunk.status == 3
    assert "ecr-clean confirm-usage files 'used.txt' --workloads 1" in shrunk.sentence


@pytest.mark.usefixtures("shrunk")
def test_a_confirmed_drop_makes_the_plan_complete(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "files", "used.txt", "--workloads", "1")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("Confirmed: files lists 1 workload in used.txt (")
    assert "), but listed 3 on " in result.out
    assert plan().status == 0


@pytest.mark.parametrize("has_store", [False, True])
def test_a_slope_is_noticed_and_confirmed(
    run: Run, environment: Path, shelf: Shelf, settings_file: Write, *, has_store: bool
) -> None:
    shelf.image("a")
    settings_file(f"usage: {{{others_off('files')}, files: [used.txt]}}")
    if has_store:
        assert run("pin", shelf.id.name, "a", "--reason", "creates the database").status == 0

    def status(workloads: int) -> int:
        lines = "".join(f"team/api:{number}\n" for number in range(workloads))
        (environment / "used.txt").write_text(lines)
        return run("plan", shelf.id.name).status

    assert [status(each) for each in (100, 51, 26)] == [0, 0, 3]
    confirmed = run("confirm-usage", "files", "used.txt", "--workloads", "26")
    assert confirmed.out.startswith("Confirmed: files lists 26 workloads in used.txt (")
    assert "), but listed 100 on " in confirmed.out
    assert confirmed.out.endswith(", the most of the 8 days before.\n")
    assert [status(each) for each in (26, 14, 7)] == [0, 0, 3]


@pytest.mark.usefixtures("shrunk")
def test_without_a_terminal_the_number_must_be_given(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.out) == (2, "")
    assert "files lists 1 workload in used.txt" in result.sentence
    assert result.sentence.endswith(": to confirm, add --workloads 1")
    assert plan().status == 3


@pytest.mark.usefixtures("shrunk")
def test_an_outdated_number_is_refused(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "files", "used.txt", "--workloads", "2")
    assert (result.status, result.out) == (2, "")
    assert "The confirmed number, 2, is outdated: files lists 1 workload" in result.sentence
    assert plan().status == 3


@pytest.mark.usefixtures("shrunk")
@pytest.mark.parametrize(("typed", "status", "then"), [("y", 0, 0), ("n", 2, 3)])
def test_a_terminal_is_shown_the_number_and_asked(
    typed: str, status: int, then: int, plan: Run
) -> None:
    ours, theirs = pty.openpty()
    with working("confirm-usage", "files", "used.txt", stdin=theirs) as process:
        os.write(ours, f"{typed}\n".encode())
        out, err = process.communicate(timeout=PATIENCE)
    for end in (ours, theirs):
        os.close(end)
    assert process.returncode == status, err
    assert "files lists 1 workload in used.txt" in err
    assert "Is that expected?" in err
    assert out.startswith("Confirmed: " if status == 0 else "")
    assert plan().status == then


@pytest.mark.usefixtures("shrunk")
def test_a_source_without_a_drop_is_refused(run: Run, plan: Run) -> None:
    result = run("confirm-usage", "ecs", "123456789012 in eu-west-1", "--workloads", "1")
    assert (result.status, result.out) == (2, "")
    assert "ecs has no drop in usage to confirm in '123456789012 in eu-west-1'" in result.sentence
    assert "only these can be confirmed: files 'used.txt'" in result.sentence
    assert plan().status == 3


def test_without_any_drop_it_is_refused(run: Run) -> None:
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.out) == (2, "")
    assert "no source has a drop in usage to confirm" in result.sentence


@pytest.mark.parametrize(
    "arguments", [(), ("ecs",), ("ecs", "here", "there"), ("ecs", "here", "--workloads", "-1")]
)
def test_wrong_calls(arguments: tuple[str, ...], run: Run) -> None:
    result = run("confirm-usage", *arguments)
    assert (result.status, result.out) == (2, "")


def test_an_unreadable_database(run: Run, environment: Path) -> None:
    file = environment / "cache" / "ecr-clean" / "manifests.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all, but long enough to look at" * 50)
    result = run("confirm-usage", "files", "used.txt")
    assert (result.status, result.out) == (1, "")
    assert "cannot be used" in result.sentence
