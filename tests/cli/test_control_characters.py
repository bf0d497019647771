"""Control characters in names and answers are made visible."""

import csv
import io
import json
import re
import sys
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn, Fault, manifests
from tests.cli.stored_plans import Write
from tests.support import Run, Shelf, others_off

HOSTILE = "evil\x1b[2J\x1b]52;c;aGk=\x07\u202egpj\u2066.\x9b\x7f\nforged: line"
SHOWN = r"evil\x1b[2J\x1b]52;c;aGk=\x07\u202egpj\u2066.\x9b\x7f\nforged: line"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")

COMMANDS = (
    ("plan", "team/*"),
    ("propose", "team/api"),
    ("why", "team/api", "chart"),
    ("why", "team/api", "1.0"),
    ("plans",),
    ("pins",),
    ("audit",),
    ("doctor",),
)


@pytest.fixture(autouse=True)
def hostile(aws: AwsStandIn, shelf: Shelf, environment: Path, settings_file: Write) -> None:
    """A media type, workloads, a cluster, a pin and a server with control characters."""
    shelf.images(12)
    shelf.push(manifests.image(("config", 1), [("layer", 1)], config_type=HOSTILE), "chart")
    used = [{"image": f"{shelf.id.uri}:1.0", "used_by": HOSTILE}]
    (environment / "used.json").write_text(json.dumps(used))
    broken = Shelf(aws, "team/broken")
    aws.world.faults.add(
        Fault(
            operation="DescribeImages",
            parameters={"repositoryName": broken.id.name},
            error="Surprise",
            message=HOSTILE,
            times=None,
        )
    )
    said = json.dumps(HOSTILE)
    settings_file(
        f"usage: {{{others_off('files', 'kubernetes')}, files: [used.json], kubernetes: "
        f"{{clusters: [{{name: {said}, kubeconfig: missing}}]}}}}\n"
        f"pins: [{{repository: team/api, pin: '1.1', reason: {said}}}]\n"
        "policies: [{keep: [{newest: 3}]}]\n"
    )


def _expect_no_control_characters(text: str) -> None:
    assert OBEYED.findall(text) == []
    assert not any(line.lstrip().startswith("forged") for line in text.splitlines())


def _words(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_terminal_shows_them(command: tuple[str, ...], run: Run) -> None:
    result = run(*command)
    _expect_no_control_characters(result.out)
    _expect_no_control_characters(result.err)
    if command[0] in ("plan", "why", "pins", "doctor"):
        assert _words(SHOWN) in _words(result.out + result.err)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_csv_escapes_them(command: tuple[str, ...], run: Run) -> None:
    result = run(*command, "--format", "csv")
    _expect_no_control_characters(result.out + result.err)
    rows = list(csv.reader(io.StringIO(result.out)))
    assert {len(row) for row in rows} == {len(rows[0])}
    if command[0] in ("plan", "why", "pins", "doctor"):
        assert any(SHOWN in cell for row in rows for cell in row)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_json_has_the_same_data(command: tuple[str, ...], run: Run) -> None:
    result = run(*command, "--format", "json")
    _expect_no_control_characters(result.out + result.err)
    held = [json.dumps(entry, ensure_ascii=False) for entry in result.plans]
    if command[0] in ("plan", "why", "pins", "doctor"):
        assert any(json.dumps(HOSTILE, ensure_ascii=False)[1:-1] in each for each in held)


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", f"team/{HOSTILE}"),
        ("why", "team/api", HOSTILE),
        ("show", HOSTILE),
        ("pin", "team/api", HOSTILE, "--reason", "a"),
        ("pin", "team/api", "1.0", "--reason", HOSTILE),
        ("confirm-usage", HOSTILE, HOSTILE),
        ("audit", "--since", HOSTILE),
        (HOSTILE,),
        ("plan", "--format", HOSTILE),
        ("--config", HOSTILE, "plan", "team/api"),
    ],
    ids=lambda arguments: arguments[0][:8],
)
def test_errors_show_them(arguments: tuple[str, ...], run: Run) -> None:
    result = run(*arguments)
    assert result.status
    _expect_no_control_characters(result.err)
    assert result.err.startswith("ecr-clean: ")


def test_tracebacks_show_them(run: Run) -> None:
    """The traceback keeps its lines."""
    assert OBEYED.findall(run("--debug", "plan", "team/broken").err) == []


def test_a_manifest_is_printed_unchanged(
    run: Run, shelf: Shelf, monkeypatch: pytest.MonkeyPatch, settings_file: Write
) -> None:
    """A digest names the exact bytes. Only a terminal gets visible characters instead."""
    settings_file(
        f"usage: {{{others_off('files')}, files: [/dev/null], expect_none: true}}\n"
        "execution: {undo_window: 0s}\npolicies: [{keep: []}]\n"
    )
    text = manifests.image(("odd", 1), [("odd layer", 1)])[:-1] + ', "note": "\u202e\x7f"}'
    shelf.push(text, "odd")
    (plan,) = run("propose", "team/api", "--format", "json").plans
    assert run("approve", plan["plan"], "--wait", "--confirm", "team/api").status == 0
    assert run("show", plan["plan"], "--manifest", "odd").out == text
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    shown = run("show", plan["plan"], "--manifest", "odd").out
    _expect_no_control_characters(shown)
    assert r"\u202e\x7f" in shown
