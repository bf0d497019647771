"""`ecr-clean pin`, `unpin` and `pins`."""

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.core.pins import Pin
from bot.core.plan_transitions import started
from bot.core.records import RepositoryPin, StoreChange
from bot.playground.aws import AwsStandIn
from bot.store.store import Store
from tests.cli.stored_plans import ANN, BOB, LOOKED_AT, Write
from tests.store.support import event
from tests.support import Result, Run, Shelf

KEYS = {
    "repository", "registry_id", "region", "pin", "kind", "by", "reason", "until",
}  # fmt: skip
REASON = ("--reason", "the audit needs it")


@pytest.fixture
def pin(run: Run, own_database: Path) -> Run:
    """Pins images in `team/api`."""
    del own_database
    return lambda *arguments: run("pin", "team/api", *arguments, *REASON)


@pytest.fixture
def id_(open_plan: str) -> str:
    """The ID of an open plan."""
    return open_plan


def listed(run: Run, *repositories: str) -> list[str]:
    return [each["pin"] for each in run("pins", *repositories, "--format", "json").plans]


def test_pins_are_listed(run: Run, pin: Run, shelf: Shelf) -> None:
    digest = shelf.image("1.0")
    result = pin("1.0", "2.*", digest, "--until", "2099-12-31")
    assert result.status == 0
    assert result.out.splitlines()[0] == (
        f"In team/api, 1.0 is pinned by {ANN} until 2100-01-01 00:00 UTC: the audit needs it"
    )
    found = run("pins", "--format", "json").plans
    assert [each.keys() for each in found] == [KEYS] * 3
    assert {each["pin"]: each["kind"] for each in found} == {
        "1.0": "tag",
        "2.*": "glob",
        digest: "digest",
    }
    for each in found:
        del each["pin"], each["kind"]
        assert each == {
            "repository": "team/api",
            "registry_id": "123456789012",
            "region": "eu-west-1",
            "by": ANN,
            "reason": "the audit needs it",
            "until": "2100-01-01T00:00:00Z",
        }


def test_an_open_plan_gets_a_new_version(run: Run, pin: Run, id_: str) -> None:
    run("approve", id_)
    result = pin("1.0")
    assert (result.status, result.err) == (0, "")
    assert result.out.splitlines()[-1].startswith(
        f"Kept now: 11 of 13 manifests. Plan {id_}, version 2, is proposed until 20"
    )
    shown = run("show", id_, "--format", "json").plan
    assert (shown["version"], shown["state"], shown["execute_after"]) == (2, "proposed", None)
    assert [approval["version"] for approval in shown["approvals"]] == [1]
    assert sorted(item["tags"] for item in shown["receipt"]) == [["1.1"], ["1.2"]]


@pytest.mark.usefixtures("id_")
def test_a_pin_without_a_match_gets_a_note(pin: Run) -> None:
    result = pin("1.0", "1.O")
    assert result.status == 0
    assert result.sentence == ("1.O matched no image in the last scan, so it protects nothing now")


def test_an_executing_plan(run: Run, pin: Run, id_: str, own_store: Store) -> None:
    run("approve", id_)
    approved = own_store.plan(id_)
    assert approved
    assert approved.execute_after
    executing = started(approved, approved.execute_after)
    assert own_store.commit(StoreChange([event()], approved, executing))
    result = pin("1.0")
    assert result.status == 0
    assert result.out.endswith(f"Plan {id_}, version 1, is being executed.\n")
    assert listed(run) == ["1.0"]


def test_a_regular_expression(run: Run, pin: Run, shelf: Shelf) -> None:
    shelf.image("release-12")
    assert pin("/release-[0-9]+/").status == 0
    (found,) = run("pins", "--format", "json").plans
    assert (found["pin"], found["kind"]) == ("/release-[0-9]+/", "regex")
    assert "team/api  /release-[0-9]+/  regex" in run("pins").out
    verdict = run("why", "team/api", "release-12", "--format", "json").plan
    assert "pinned" in [reason["rule"] for reason in verdict["reasons"]]
    assert run("unpin", "team/api", "/release-[0-9]+/").status == 0
    assert listed(run) == []


@pytest.mark.parametrize(
    ("until", "expected"),
    [
        ("2099-12-31", "2100-01-01T00:00:00Z"),
        ("9998-12-31", "9999-01-01T00:00:00Z"),
        ("2099-12-31T18:00", "2099-12-31T18:00:00Z"),
        ("2099-12-31T18:00:00+02:00", "2099-12-31T16:00:00Z"),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_until_a_date_or_a_time(until: str, expected: str, run: Run, pin: Run) -> None:
    assert pin("1.0", "--until", until).status == 0
    assert run("pins", "--format", "json").plan["until"] == expected


@pytest.mark.usefixtures("shelf")
def test_until_a_duration(run: Run, pin: Run) -> None:
    assert pin("1.0", "--until", "30d").status == 0
    until = datetime.fromisoformat(run("pins", "--format", "json").plan["until"])
    assert abs(until - datetime.now(UTC) - timedelta(days=30)) < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("1.0", "--until", "2001-01-01"), "2001-01-02 00:00 UTC is in the past"),
        (("1.0", "--until", "0s"), "is in the past: give a later time"),
        (("1.0", "--until", "tomorrow"), "'tomorrow' is not a time: use a duration (30d), a date"),
        (("1.0", "--until", "2099-02-29"), "'2099-02-29' is not a time"),
        (("1.0", "--until", "9999-12-31"), "'9999-12-31' is after the year 9998"),
        (("1.0", "--until", "9999-12-31T20:00"), "'9999-12-31T20:00' is after the year 9998"),
        (("1.*,2.*",), "'1.*,2.*' can match no tag (none has ','); give a tag, a full digest or"),
        (("/1/.*/",), "'/1/.*/' can match no tag (none has '/'); give a tag, a full digest or a"),
        (("team/api:1.0",), "is not a valid tag, digest or pattern for tags"),
        (("sha256:abc",), "is not a complete digest"),
        (("[a",), "is never closed"),
        ((), "Missing argument 'TAG|DIGEST|PATTERN…'"),
    ],
)
@pytest.mark.usefixtures("shelf")
def test_a_wrong_pin(arguments: tuple[str, ...], said: str, run: Run, pin: Run) -> None:
    result = pin(*arguments)
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert listed(run) == []


@pytest.mark.usefixtures("shelf")
def test_a_pin_needs_a_reason(run: Run) -> None:
    assert "Missing option '--reason'" in run("pin", "team/api", "1.0").sentence
    empty = run("pin", "team/api", "1.0", "--reason", " ")
    assert empty.status == 2
    assert "A pin needs a reason" in empty.err


@pytest.mark.parametrize("command", ["pin", "unpin"])
@pytest.mark.usefixtures("shelf")
def test_exactly_one_repository(command: str, aws: AwsStandIn, run: Run) -> None:
    Shelf(aws, "team/web")

    def said(repository: str) -> Result:
        return run(command, repository, "1.0", *(REASON if command == "pin" else ()))

    assert "team/* matches several repositories" in said("team/*").err
    assert "Unknown repository team/apo: did you mean team/api?" in said("team/apo").err
    assert said("*/api").status == (0 if command == "pin" else 2)


@pytest.mark.usefixtures("shelf")
def test_unpinned(run: Run, pin: Run) -> None:
    pin("1.0", "2.*", "3.0")
    result = run("unpin", "team/api", "2.*", "1.0")
    assert (result.status, result.out, result.err) == (0, "Unpinned in team/api: 2.*, 1.0\n", "")
    assert listed(run) == ["3.0"]
    again = run("unpin", "team/api", "1.0")
    assert (again.status, again.out) == (2, "")
    assert again.sentence == (
        "'1.0' is not pinned in team/api (its pins are 3.0); remove pins of the settings file "
        "in that file"
    )


@pytest.mark.usefixtures("shelf")
def test_removing_anothers_pin_needs_approver_rights(
    run: Run, pin: Run, bob: Callable[[], None], settings_file: Write
) -> None:
    settings_file(f"{LOOKED_AT}approval: {{approvers: ['{ANN}']}}")
    pin("1.0")
    bob()
    for result in (
        run("unpin", "team/api", "1.0"),
        pin("1.0", "--until", "1d"),
        pin("1.0"),
    ):
        assert (result.status, result.out) == (2, "")
        assert f"{BOB} is not an approver" in result.sentence
    assert [(each["by"], each["until"]) for each in run("pins", "--format", "json").plans] == [
        (ANN, None)
    ]
    settings_file(f"{LOOKED_AT}approval: {{approvers: ['{ANN}', '{BOB}']}}")
    assert run("unpin", "team/api", "1.0").status == 0


def test_expired_pins_are_removed(run: Run, plan: Run, releases: Shelf, own_store: Store) -> None:
    made_at = datetime.now(UTC) - timedelta(days=2)
    brief = Pin("1.0", ANN, "for a day", made_at + timedelta(days=1))
    stored = RepositoryPin(releases.id.uri, brief, made_at)
    assert own_store.commit(StoreChange([event()], pins_added=[stored]))
    assert len(plan().plan["delete"]) == 3
    assert listed(run) == []
    told = run("audit", "--format", "json").plans[-1]
    assert (told["event"], told["by"], told["repository"]) == (
        "pin_expired",
        "ecr-clean",
        "team/api",
    )
    assert told["detail"].startswith("1.0 is pinned by")


SETTINGS_PINS = """
pins:
  - {repository: "team/*", pin: "old-*", reason: "=1+1"}
  - {repository: "ops", pin: "1.0", reason: "they need it", until: 2001-01-01T18:00:00+02:00}
"""


@pytest.mark.usefixtures("shelf")
def test_pins_of_the_settings_file_are_listed_too(run: Run, pin: Run, settings_file: Write) -> None:
    settings_file(SETTINGS_PINS)
    pin("1.0")
    first, second, third = run("pins", "--format", "json").plans
    assert (first["pin"], first["by"]) == ("1.0", ANN)
    assert second == {
        "repository": "team/*",
        "registry_id": None,
        "region": None,
        "pin": "old-*",
        "kind": "glob",
        "by": "the settings file",
        "reason": "=1+1",
        "until": None,
    }
    assert (third["repository"], third["until"]) == ("ops", "2001-01-01T16:00:00Z")
    table = run("pins").out
    assert "team/api  1.0  tag\n" in table
    assert "ops  1.0  tag, expired 2001-01-01 16:00 UTC\n" in table


def test_pins_of_some_repositories(
    aws: AwsStandIn, shelf: Shelf, run: Run, pin: Run, settings_file: Write
) -> None:
    settings_file(SETTINGS_PINS)
    for name in ("team/web", "ops"):
        Shelf(aws, name)
        run("pin", name, f"of-{name.replace('/', '-')}", *REASON)
    pin("1.0")
    assert listed(run, shelf.id.name) == ["1.0", "old-*"]
    assert listed(run, "team/*") == ["1.0", "of-team-web", "old-*"]
    assert listed(run, "ops") == ["of-ops", "1.0"]
    result = run("pins", "ops", "nobody", "--format", "json")
    assert result.status == 2
    assert len(result.plans) == 2
    assert run("pins", "nobody", "--format", "json").out == ""


def test_no_pins(run: Run) -> None:
    assert run("pins").out == "No pins.\n"


@pytest.mark.usefixtures("shelf")
def test_csv_cells_are_not_formulas(run: Run, settings_file: Write) -> None:
    settings_file(SETTINGS_PINS)
    for number, sign in enumerate("=+-@"):
        run("pin", "team/api", f"1.{number}", f"--reason={sign}HYPERLINK()")
    rows = list(csv.DictReader(io.StringIO(run("pins", "--format", "csv").out)))
    assert [row["reason"] for row in rows] == [
        "'=HYPERLINK()",
        "'+HYPERLINK()",
        "'-HYPERLINK()",
        "'@HYPERLINK()",
        "'=1+1",
        "they need it",
    ]
    assert rows[0].keys() == KEYS


@pytest.mark.usefixtures("shelf")
def test_brackets_are_shown_as_they_are(run: Run) -> None:
    run("pin", "team/api", "[ab]*", "--reason", "[bold]x[/bold] [/]")
    out = run("pins").out
    assert "[ab]*" in out
    assert "[bold]x[/bold] [/]" in out
