"""The progress bar of long commands."""

from io import StringIO

import pytest
from rich.console import Console
from rich.progress import Progress

from bot.cli.progress_bar import _ProgressBar


@pytest.fixture
def bars() -> Progress:
    return Progress(console=Console(file=StringIO()))


def shown(bars: Progress) -> list[tuple[str, float, str]]:
    return [(task.description, task.completed, task.fields["counted"]) for task in bars.tasks]


def test_the_note_of_a_step_changes(bars: Progress) -> None:
    show = _ProgressBar(bars).show
    show("deleting", 1, 4, "1 MB freed")
    (task,) = bars.task_ids
    show("deleting", 2, 4, "2 MB freed")
    assert bars.task_ids == [task]
    assert shown(bars) == [("deleting (2 MB freed)", 2, "2 of 4")]


def test_each_step_starts_a_new_bar(bars: Progress) -> None:
    show = _ProgressBar(bars).show
    show("listing images (all)", 1000, None)
    show("listing images (some)", 1, None)
    assert shown(bars) == [("listing images (some)", 1, "1")]
    (task,) = bars.task_ids
    show("reading\nmanifests", 2, 3)
    assert bars.task_ids != [task]
    assert shown(bars) == [("reading\\nmanifests", 2, "2 of 3")]
