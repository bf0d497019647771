"""`plan` in a terminal of 80 columns."""

import pytest

from bot.playground.aws import AwsStandIn
from tests.support import Run, Shelf, image_text


def test_a_plan_in_a_terminal(run: Run, shelf: Shelf) -> None:
    for number in range(12):
        layers = [("base", 50 * 2**20), (f"layer {number}", 2**20)]
        text = image_text(f"{number}", layers=layers)
        shelf.push(text, f"1.{number}", age=60 - number, pulled=2 if number == 0 else None)
    result = run("plan", "team/api")
    assert result.status == 0
    assert result.err == ""
    assert max(map(len, result.out.splitlines())) <= 80
    words = " ".join(result.out.split())
    assert "2 images to delete: frees 2 of 62 MB, saves < $1 a year" in words
    assert "ECR lists 102 MB for them, but shared layers are stored once" in words
    assert "Why the other 10 are kept" in words
    assert "1 of these was pulled in the last 30 days" in words
    assert "Sources not scanned: ecs, lambda, kubernetes" in words


def test_nothing_to_delete(run: Run, shelf: Shelf) -> None:
    shelf.image("1.0")
    assert "Nothing to delete." in run("plan", "team/api").out


def test_unscanned_sources_are_listed_once(run: Run, aws: AwsStandIn, shelf: Shelf) -> None:
    Shelf(aws, "team/web")
    out = run("plan", "team/*", shelf.id.name).out
    assert out.count("Sources not scanned") == 1


def test_an_incomplete_plan_is_marked(run: Run, shelf: Shelf) -> None:
    shelf.push(image_text("odd"), media_type="application/vnd.example.v9+json")
    result = run("plan", "team/api")
    assert result.status == 3
    assert "INCOMPLETE" in result.out
    assert max(map(len, result.out.splitlines())) <= 80


@pytest.mark.parametrize("columns", ["40", "80", "200"])
def test_the_table_fits_the_terminal(
    columns: str, run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    for number in range(12):
        shelf.image(f"{number}-with-a-tag-that-is-as-long-as-build-systems-like-them", age=60)
    assert max(map(len, run("plan", "team/api").out.splitlines())) <= int(columns)
