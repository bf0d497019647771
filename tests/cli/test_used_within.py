"""`used_within` on the command line: what it keeps, and how far scans are remembered."""

from pathlib import Path

import pytest

from tests.support import Plan as Data
from tests.support import Run, Shelf, others_off

RULES = "[{newest: 1}, {used_within: 30d}]"


def write_settings(environment: Path, *, used: str) -> None:
    (environment / "used.txt").write_text(used)
    (environment / "ecr-clean.yml").write_text(
        f"policies: [{{keep: {RULES}}}]\nusage: {{{others_off('files')}, files: [used.txt]}}\n"
    )


@pytest.fixture
def seen(run: Run, shelf: Shelf, environment: Path) -> None:
    """A scan saw 1.0 in use. 1.1 was pulled."""
    shelf.image("1.0", age=60)
    shelf.image("1.1", age=50, pulled=3)
    shelf.image("1.2", age=40)
    shelf.image("2.0", age=10)
    write_settings(environment, used="team/api:1.0\n")
    assert run("propose", "team/api").status == 0
    write_settings(environment, used="team/api:2.0\n")


def reasons(plan: Data) -> dict[str, list[Data]]:
    return {image["tags"][0]: image["reasons"] for image in plan["images"]}


@pytest.mark.usefixtures("seen")
def test_uses_and_pulls_in_json(run: Run) -> None:
    plan = run("plan", "team/api", "--format", "json").plan
    assert plan["usage_memory"]["within"] == "30d"
    since = plan["usage_memory"]["since"]
    found = reasons(plan)
    ((used,), (pulled,), (deleted,)) = found["1.0"], found["1.1"], found["1.2"]
    assert used.pop("at") == since
    assert used.pop("detail").startswith("last seen in use 20")
    assert used == {"rule": "used_within", "within": "30d", "users": ["used.txt line 1"]}
    assert pulled.pop("at") < since
    assert ", and usage is remembered only since 20" in pulled.pop("detail")
    assert pulled == {"rule": "used_within", "within": "30d", "remembered_since": since}
    assert deleted["rule"] == "nothing_keeps"


@pytest.mark.usefixtures("seen")
def test_the_table_counts_uses_and_pulls_apart(run: Run) -> None:
    out = " ".join(run("plan", "team/api").out.split())
    assert "(0s of 30d): `used_within` also keeps images pulled in the last 30d." in out
    assert "in use recently 1" in out
    assert "pulled recently 1" in out


@pytest.mark.usefixtures("seen")
def test_an_image_in_use_has_no_second_reason(run: Run, environment: Path) -> None:
    write_settings(environment, used="team/api:1.0\n")
    plan = run("plan", "team/api", "--format", "json").plan
    assert [reason["rule"] for reason in reasons(plan)["1.0"]] == ["in_use"]
