"""Names with control characters are visible in Slack, and do not change the text around them."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.playground.aws import AwsStandIn, manifests
from bot.playground.aws import Fault as AwsFault
from bot.playground.slack import Workspace
from bot.store.store import Store
from tests.support import Shelf, others_off
from tests.worker.conftest import MakeOffice, WriteSettings
from tests.worker.support import Office

HOSTILE = "evil\x1b[2J\u202egpj\u2066.\x9b\nforged"
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


@pytest.fixture
def office(
    shelf: Shelf,
    environment: Path,
    write_settings: WriteSettings,
    make_office: MakeOffice,
    own_store: Store,
) -> Office:
    """`team/api`, with an artifact, a workload and a pin that have such names."""
    shelf.images(13)
    shelf.push(manifests.image(("config", 1), [("layer", 1)], config_type=HOSTILE), "chart")
    used = [{"image": f"{shelf.id.uri}:1.0", "used_by": HOSTILE}]
    (environment / "used.json").write_text(json.dumps(used))
    settings = write_settings(
        f"usage: {{{others_off('files', 'lambda')}, files: [used.json]}}\n"
        f"pins: [{{repository: team/api, pin: '1.1', reason: {json.dumps(HOSTILE)}}}]\n"
    )
    return make_office(settings, own_store)


def _texts(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)


def _sent(slack: Workspace) -> list[str]:
    return [text for call in slack.remote.calls() for text in _texts(call["arguments"])]


def test_a_report(office: Office, slack: Workspace) -> None:
    office.ask()
    assert office.jobs.do_next()
    sent = _sent(slack)
    assert any(r"evil\x1b[2J\u202egpj\u2066.\x9b" in text for text in sent)
    assert OBEYED.findall("".join(sent)) == []
    assert not any(line.startswith("forged") for text in sent for line in text.splitlines())


def test_a_report_of_unchecked_sources(
    office: Office, slack: Workspace, aws: AwsStandIn, caplog: pytest.LogCaptureFixture
) -> None:
    for operation in ("ListFunctions", "DescribeImages"):
        fault = AwsFault(operation=operation, error="Surprise", message=HOSTILE, times=1)
        aws.world.faults.add(fault)
        office.ask()
        assert office.jobs.do_next()
    sent = _sent(slack)
    assert any(r"evil\x1b[2J\u202egpj\u2066.\x9b forged" in text for text in sent)
    assert OBEYED.findall("".join(sent)) == []
    assert "\n" not in "".join(record.getMessage() for record in caplog.records)


def test_a_name_that_a_user_typed(office: Office, slack: Workspace) -> None:
    office.ask(f"team/{HOSTILE}")
    assert office.jobs.do_next()
    assert OBEYED.findall("".join(_sent(slack))) == []
