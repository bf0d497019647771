"""`ecr-clean approve`, as the AWS identity of the credentials."""

import os
import pty
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn
from tests.cli.plan_execution import PATIENCE, working
from tests.cli.stored_plans import ANN, BOB, LOOKED_AT, Remembered, Write, proposed
from tests.support import Run, Shelf

MUCH = f"{LOOKED_AT}policies: [{{keep: [{{newest: 1}}]}}]"
"""The plan deletes 12 of 13 manifests."""


@pytest.fixture
def id_(open_plan: str) -> str:
    """The ID of a plan that deletes 3 of 13 manifests."""
    return open_plan


@pytest.fixture
def large(
    run: Run,
    releases: Shelf,
    settings_file: Write,
    own_database: Path,
    remembered: Remembered,
) -> str:
    """The ID of a plan that deletes 12 of 13 manifests."""
    settings_file(MUCH)
    name = releases.id.name
    return remembered.after("large plan", own_database, lambda: proposed(run, name))


def events(run: Run) -> list[str]:
    return [each["event"] for each in run("audit", "--format", "json").plans]


def test_a_plan_is_approved(run: Run, id_: str) -> None:
    result = run("approve", id_)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith(f"Plan {id_}, version 1, is approved; deletion starts 20")
    assert result.out.endswith(
        f"Approved: version 1 of plan {id_} deletes 3 of 13 manifests in team/api, which frees "
        "2.96 kB (saves < $1 a year).\n"
    )


def test_a_plan_is_approved_only_once(run: Run, id_: str) -> None:
    run("approve", id_)
    again = run("approve", id_)
    assert (again.status, again.out) == (2, "")
    assert again.sentence == "The plan for team/api is already approved"
    assert events(run) == ["proposed", "approved", "refused"]


def test_sessions_of_a_role_are_different_approvers(
    aws: AwsStandIn, run: Run, id_: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = aws.world.identities.add_role("arn:aws:iam::123456789012:role/deployer")
    expires_at = aws.world.clock.now().replace(year=2099)
    aws.world.identities.open_session(role, "ann", expires_at, external_id=None, policy=None)
    (session,) = aws.world.identities.sessions
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", session.secret_key)
    monkeypatch.setenv("AWS_SESSION_TOKEN", session.token)
    assert run("approve", id_).status == 0
    (approval,) = run("show", id_, "--format", "json").plan["approvals"]
    assert approval["by"] == "arn:aws:sts::123456789012:assumed-role/deployer/ann"


@pytest.mark.parametrize(
    ("approval", "said"),
    [
        (
            f"approvers: ['{BOB}', '@ops']",
            f"demo is not an approver in the settings: the approvers are {BOB}, @ops",
        ),
        ("approvers: ['arn:*']", "arn:* is too broad, so it is ignored"),
        ("required: 2", "2 people must approve, and approvals from the command line do not count"),
    ],
)
def test_identities_without_permission_are_refused(
    approval: str, said: str, run: Run, id_: str, settings_file: Write
) -> None:
    settings_file(f"{LOOKED_AT}approval: {{{approval}}}")
    result = run("approve", id_)
    assert (result.status, result.out) == (2, "")
    assert said in result.sentence
    assert run("show", id_, "--format", "json").plan["state"] == "proposed"
    assert events(run) == ["proposed", "refused"]


def test_an_approver_is_allowed(
    run: Run, id_: str, settings_file: Write, bob: Callable[[], None]
) -> None:
    settings_file(f"{LOOKED_AT}approval: {{approvers: ['{BOB}']}}")
    bob()
    assert run("approve", id_).status == 0


def test_a_plan_without_usage_sources_is_refused(run: Run, shelf: Shelf) -> None:
    for number in range(13):
        shelf.image(f"1.{number}", age=60 - number)
    id_ = run("propose", "team/api", "--format", "json").plan["plan"]
    result = run("approve", id_)
    assert result.status == 2
    assert result.sentence.startswith("No usage source is switched on, so the plan cannot")


def test_an_expired_plan_is_refused(run: Run, releases: Shelf, settings_file: Write) -> None:
    settings_file(f"{LOOKED_AT}approval: {{expires_after: 0s}}")
    id_ = run("propose", releases.id.name, "--format", "json").plan["plan"]
    result = run("approve", id_)
    assert (result.status, result.out) == (2, "")
    assert "expired before it had enough approvals" in result.sentence
    assert events(run) == ["proposed", "expired", "refused"]


def test_an_older_version_is_refused(run: Run, id_: str) -> None:
    run("pin", "team/api", "1.0", "--reason", "the audit")
    result = run("approve", id_, "--version", "1")
    assert (result.status, result.out) == (2, "")
    assert result.sentence.startswith("Version 2 of the plan has replaced version 1:")
    assert run("approve", id_, "--version", "2").status == 0
    assert run("approve", id_, "--version", "0").status == 2


def test_a_large_plan_asks_for_the_name(run: Run, large: str) -> None:
    result = run("approve", large)
    assert (result.status, result.out) == (2, "")
    first, second = result.err.splitlines()
    assert first == (
        f"ecr-clean: version 1 of plan {large} deletes 12 of 13 manifests in team/api, which "
        "frees 11.8 kB (saves < $1 a year): to confirm, add --confirm team/api"
    )
    assert second == (
        "ecr-clean: The plan deletes 12 of 13 manifests: type the repository's name to confirm: "
        "team/api"
    )
    assert events(run) == ["proposed", "refused"]


@pytest.mark.parametrize(
    ("typed", "status"), [("team/api", 0), (" team/api ", 0), ("team/web", 2), ("", 2)]
)
def test_the_name_confirms_it(typed: str, status: int, run: Run, large: str) -> None:
    result = run("approve", large, "--confirm", typed)
    assert result.status == status
    if status:
        assert result.sentence == f"{typed!r} was typed, but the name of the repository is team/api"


@pytest.mark.parametrize(("share", "status"), [("92%", 2), ("93%", 0), ("100%", 0), ("0%", 2)])
def test_the_share_that_needs_a_name(
    share: str, status: int, run: Run, large: str, settings_file: Write
) -> None:
    """12 of 13 manifests are 92.3 %."""
    settings_file(f"{MUCH}\napproval: {{type_to_confirm_over: {share}}}")
    assert run("approve", large).status == status


def test_an_unneeded_name_is_accepted(run: Run, id_: str) -> None:
    assert run("approve", id_, "--confirm", "team/api").status == 0


def test_identities_without_permission_are_not_asked(
    run: Run, large: str, settings_file: Write
) -> None:
    settings_file(f"{MUCH}\napproval: {{approvers: ['{BOB}']}}")
    assert "is not an approver" in run("approve", large).sentence


@pytest.mark.parametrize(("typed", "status"), [("team/api", 0), ("team/web", 2)])
def test_a_terminal_is_asked(typed: str, status: int, large: str, run: Run) -> None:
    ours, theirs = pty.openpty()
    with working("approve", large, stdin=theirs) as process:
        os.close(theirs)
        os.write(ours, f"{typed}\n".encode())
        out, err = process.communicate(timeout=PATIENCE)
    os.close(ours)
    assert process.returncode == status
    assert "deletes 12 of 13 manifests in team/api" in err
    assert "Type the repository's name (team/api) to approve" in err
    assert ("is approved" in out) is (status == 0)
    assert events(run) == ["proposed", "refused" if status else "approved"]


def test_without_credentials(run: Run, id_: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = run("approve", id_)
    assert (result.status, result.out) == (1, "")
    assert "credentials" in result.sentence
    assert ANN not in result.err
