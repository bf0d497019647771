"""`ecr-clean doctor` in a healthy workspace, and with each problem."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.playground.slack import APP_TOKEN, BOT_TOKEN, TEAM_ID, SimulatedUser, Workspace
from tests.support import Run

Write = Callable[[str], Path]
Finding = dict[str, Any]
Examine = Callable[[], list[Finding]]

APP, BOT = "Slack app token", "Slack bot token"
SCOPES, CHANNEL, APPROVERS = "Slack scopes", "Slack channel", "Slack approvers"


@pytest.fixture
def releases(slack: Workspace, ann: SimulatedUser, settings_file: Write) -> str:
    settings_file("reports: [{channel: '#releases'}]")
    return slack.remote.add_channel("releases", [ann])


@pytest.fixture
def examine(run: Run) -> Examine:
    """The findings about Slack. Checks that none contains a token."""

    def examine_it() -> list[Finding]:
        result = run("doctor", "--format", "json")
        assert BOT_TOKEN not in result.out + result.err
        assert APP_TOKEN not in result.out + result.err
        findings = [orjson.loads(line) for line in result.out.splitlines()]
        assert result.status == any(finding["status"] == "FAILED" for finding in findings)
        return [finding for finding in findings if finding["check"].startswith("Slack")]

    return examine_it


def problem(findings: list[Finding]) -> Finding:
    """The only finding that is not ok."""
    (found,) = (finding for finding in findings if finding["status"] != "ok")
    assert found["mend"]
    return found


def test_slack_is_not_set_up(run: Run) -> None:
    result = run("doctor")
    assert (
        "\nok       Slack, environment: not set up; the command line works without it\n"
        in result.out
    )


@pytest.mark.usefixtures("releases")
def test_all_checks_pass(slack: Workspace, examine: Examine) -> None:
    found = examine()
    assert {finding["check"]: finding["status"] for finding in found} == dict.fromkeys(
        (BOT, APP, SCOPES, CHANNEL, APPROVERS), "ok"
    )
    told = {finding["check"]: finding["detail"] for finding in found}
    assert "the bot is @ecr-clean in " in told[BOT]
    assert told[CHANNEL] == "the bot is a member"
    assert told[APPROVERS] == "every full member of the workspace may approve"
    assert slack.remote.connections() == []
    assert slack.remote.warnings() == []


@pytest.mark.usefixtures("releases")
def test_one_token_is_missing(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SLACK_APP_TOKEN")
    found = problem(examine())
    assert (found["check"], found["status"]) == (APP, "FAILED")
    assert "SLACK_APP_TOKEN is not set" in found["detail"]
    monkeypatch.delenv("SLACK_BOT_TOKEN")
    monkeypatch.setenv("SLACK_APP_TOKEN", APP_TOKEN)
    (found,) = examine()
    assert (found["check"], found["status"]) == (BOT, "FAILED")
    assert "SLACK_BOT_TOKEN is not set" in found["detail"]


@pytest.mark.usefixtures("releases")
def test_tokens_that_slack_refuses(
    slack: Workspace, examine: Examine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLACK_APP_TOKEN", BOT_TOKEN)
    found = problem(examine())
    assert (found["check"], found["status"]) == (APP, "FAILED")
    assert "not_allowed_token_type" in found["detail"]
    assert "set SLACK_APP_TOKEN to an app-level token" in found["detail"]
    slack.remote.post("/tokens/revoke", kind="bot")
    (found,) = examine()
    assert found["scope"] == "SLACK_BOT_TOKEN"
    assert "(token_revoked): set SLACK_BOT_TOKEN" in found["detail"]


@pytest.mark.usefixtures("releases")
def test_the_app_token_is_refused(slack: Workspace, examine: Examine) -> None:
    slack.remote.put("/scopes", app=[])
    found = problem(examine())
    assert (found["check"], found["status"]) == (APP, "FAILED")
    assert "lacks the scope connections:write" in found["detail"]


@pytest.mark.usefixtures("releases")
def test_slack_limits_the_rate(slack: Workspace, examine: Examine) -> None:
    slack.remote.add_fault("apps.connections.open", error="ratelimited", retry_after=60)
    found = problem(examine())
    assert (found["check"], found["status"]) == (APP, "warning")
    assert "try again in a minute" in found["detail"]


@pytest.mark.usefixtures("releases")
def test_slack_is_unreachable(examine: Examine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    (found,) = examine()
    assert "Check the network and SLACK_API_URL" in found["detail"]


@pytest.mark.usefixtures("releases")
def test_missing_scopes(slack: Workspace, examine: Examine) -> None:
    granted = ["chat:write", "chat:write.public", "commands", "channels:read", "groups:read"]
    slack.remote.put("/scopes", bot=granted)
    found = problem(examine())
    assert (found["check"], found["status"]) == (SCOPES, "FAILED")
    assert found["detail"] == (
        "the bot token lacks files:write (the full list in a report's thread), usergroups:read "
        "(members of approver groups), users:read (guests and members of other workspaces)"
    )
    assert "OAuth & Permissions" in found["mend"]


@pytest.mark.usefixtures("releases")
def test_channels_cannot_be_listed(slack: Workspace, examine: Examine) -> None:
    slack.remote.put("/scopes", bot=["chat:write", "commands"])
    found = {finding["check"]: finding for finding in examine()}
    assert "lacks channels:read (" in found[SCOPES]["detail"]
    assert (found[CHANNEL]["scope"], found[CHANNEL]["status"]) == ("all", "FAILED")
    assert "the app lacks the scope" in found[CHANNEL]["detail"]


def test_no_channel(slack: Workspace, examine: Examine) -> None:
    del slack
    found = problem(examine())
    assert (found["check"], found["scope"], found["status"]) == (CHANNEL, "reports", "warning")


def test_each_channel_has_a_finding(
    slack: Workspace, ann: SimulatedUser, examine: Examine, releases: str, settings_file: Write
) -> None:
    slack.remote.add_channel("open", [ann], with_bot=False)
    secret = slack.remote.add_channel("secret", [ann], kind="private", with_bot=False)
    old = slack.remote.add_channel("old", [ann])
    slack.remote.post("/channels/archive", channel=old)
    named = ("#releases", "releases", releases, "#relaeses", "open", secret, old, "old")
    settings_file(f"reports: [{', '.join(f'{{channel: {name!r}}}' for name in named)}]")
    found = {each["scope"]: each for each in examine() if each["check"] == CHANNEL}
    assert {name: finding["status"] for name, finding in found.items()} == {
        "#releases": "ok",
        "releases": "ok",
        releases: "ok",
        "#relaeses": "FAILED",
        "open": "warning",
        secret: "FAILED",
        old: "FAILED",
        "old": "FAILED",
    }
    assert "did you mean #releases?" in found["#relaeses"]["detail"]
    assert found["open"]["mend"] == "in the channel, type: /invite @ecr-clean"
    assert "the bot cannot see the channel" in found[secret]["detail"]
    assert found[old]["detail"] == "the channel is archived"
    assert "The bot cannot see the channel" in found["old"]["detail"]
    assert slack.remote.warnings() == []


def test_each_approver_has_a_finding(
    slack: Workspace, ann: SimulatedUser, releases: str, examine: Examine, settings_file: Write
) -> None:
    del releases
    add = slack.remote.add_user
    guest, other = add("gil", is_restricted=True), add("eve", team_id="T0000000009")
    gone, robot = add("don", deleted=True), add("rob", is_bot=True)
    group, empty = slack.remote.add_user_group("ops", [ann]), slack.remote.add_user_group("none")
    disabled = slack.remote.add_user_group("off", [ann])
    slack.remote.put("/user-groups", group=disabled, is_disabled=True)
    named = [each.id for each in (ann, guest, other, gone, robot)]
    arn = "arn:aws:iam::123456789012:user/ops"
    named += [group, empty, disabled, "U0000000404", f"'{arn}'"]
    settings_file(
        "reports: [{channel: '#releases', approvers: "
        f"[{', '.join(named)}]}}]\napproval: {{approvers: [{ann.id}]}}"
    )
    found = {each["scope"]: each for each in examine() if each["check"] == APPROVERS}
    assert {name: finding["status"] for name, finding in found.items()} == {
        ann.id: "ok",
        guest.id: "warning",
        other.id: "warning",
        gone.id: "FAILED",
        robot.id: "FAILED",
        group: "ok",
        empty: "warning",
        disabled: "FAILED",
        "U0000000404": "FAILED",
    }
    assert "guest" in found[guest.id]["detail"]
    assert found[group]["detail"] == "the user group has 1 member"
    assert "is disabled: check its ID" in found[disabled]["detail"]
    assert "This Slack workspace has no user U0000000404" in found["U0000000404"]["detail"]
    assert TEAM_ID in next(each["detail"] for each in examine() if each["check"] == BOT)


def test_approvers_by_handle(
    slack: Workspace, ann: SimulatedUser, releases: str, examine: Examine, settings_file: Write
) -> None:
    """An unknown or ambiguous handle does not count. The finding has the fix."""
    del releases
    add = slack.remote.add_user
    guest = add("gil", is_restricted=True)
    kims = slack.remote.add_user_group("kim", [ann])
    kim = add("kim")
    gone = add("don", deleted=True)
    group = slack.remote.add_user_group("ops", [ann])
    handles = ["@ann", "@ops", "@OPS", "@gil", "@kim", "@don", "@nobody"]
    settings_file(
        "reports: [{channel: '#releases', approvers: "
        f"{[*handles, group]}}}]\napproval: {{approvers: [{ann.id}]}}"
    )
    found = {each["scope"]: each for each in examine() if each["check"] == APPROVERS}
    assert {name: finding["status"] for name, finding in found.items()} == {
        "@ann": "ok",
        "@ops": "ok",
        "@OPS": "ok",
        "@gil": "FAILED",
        "@kim": "FAILED",
        "@don": "FAILED",
        "@nobody": "FAILED",
        group: "ok",
        ann.id: "ok",
    }
    assert found["@ann"]["detail"] == f"belongs to {ann.id}, a full member of the workspace"
    assert found["@ops"]["detail"] == "the user group has 1 member"
    assert f"write {guest.id} if this is intended" in found["@gil"]["mend"]
    assert found["@kim"]["detail"] == (f"{kim.id}, {kims} have this handle, so it does not count")
    assert "write the ID of the right one instead" in found["@kim"]["mend"]
    assert f"{gone.id} is deactivated" in found["@don"]["detail"]
    assert "so it does not count" in found["@nobody"]["detail"]
    assert "correct the handle" in found["@nobody"]["mend"]


def test_approvers_cannot_be_looked_up(
    slack: Workspace, ann: SimulatedUser, examine: Examine, settings_file: Write
) -> None:
    group = slack.remote.add_user_group("ops", [ann])
    settings_file(f"approval: {{approvers: [{ann.id}, {group}]}}")
    slack.remote.put("/scopes", bot=["channels:read", "groups:read"])
    found = {each["scope"]: each for each in examine() if each["check"] == APPROVERS}
    assert {finding["status"] for finding in found.values()} == {"FAILED"}
    assert "lacks the scope users:read" in found[ann.id]["detail"]
    assert "lacks the scope usergroups:read" in found[group]["detail"]
