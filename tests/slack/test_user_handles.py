"""Approvers by @handle: of a user or of a user group."""

import pytest
from slack_sdk import WebClient

from bot.playground.slack import TEAM_ID, CallFault, SimulatedUser, Workspace
from bot.slack.directory import SlackUsers
from bot.slack.user_handles import SECONDS_CACHED, USERS_PER_PAGE, HandleOwners
from tests.slack.support import calls
from tests.slack.test_users import Watch


@pytest.fixture
def watch() -> Watch:
    return Watch()


def users(client: WebClient, watch: Watch, *approvers: str) -> SlackUsers:
    return SlackUsers(client, TEAM_ID, approvers, watch)


def test_a_user(client: WebClient, watch: Watch, ann: SimulatedUser, bob: SimulatedUser) -> None:
    found = users(client, watch, "@ann")
    assert found.owners("@ann") == HandleOwners((ann.id,))
    assert found.person(ann.id, TEAM_ID).groups == frozenset({"@ann"})
    assert found.person(bob.id, TEAM_ID).groups == frozenset()


def test_a_user_group(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser, bob: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("image-approvers", [ann])
    found = users(client, watch, "@Image-Approvers")
    assert found.owners("@image-approvers") == HandleOwners((), (group,))
    assert found.person(ann.id, TEAM_ID).groups == frozenset({"@Image-Approvers"})
    assert found.person(bob.id, TEAM_ID).groups == frozenset()


def test_a_display_name_gives_no_permission(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    """Users choose it themselves."""
    eve = slack.remote.add_user("e.miller", display_name="Ann")
    slack.change_user(eve.id, display_name="oncall")
    found = users(client, watch, "@ann", "@oncall", "@e.miller")
    assert found.person(eve.id, TEAM_ID).groups == frozenset({"@e.miller"})
    assert found.person(ann.id, TEAM_ID).groups == frozenset({"@ann"})


@pytest.mark.parametrize("handle", ["@nobody", "@rob", "@off"])
def test_an_unknown_handle_does_not_count(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser, handle: str
) -> None:
    """Bots cannot approve. A disabled user group has no members."""
    slack.remote.add_user("rob", is_bot=True)
    group = slack.remote.add_user_group("off", [ann])
    slack.remote.put("/user-groups", group=group, is_disabled=True)
    found = users(client, watch, handle)
    assert found.owners(handle) == HandleOwners()
    assert found.person(ann.id, TEAM_ID).groups == frozenset()


@pytest.mark.parametrize("other", [{}, {"deleted": True}, {"is_restricted": True}])
def test_an_ambiguous_handle_does_not_count(
    client: WebClient,
    watch: Watch,
    slack: Workspace,
    ann: SimulatedUser,
    other: dict[str, bool],
) -> None:
    """A user may have the name of a user group."""
    group = slack.remote.add_user_group("ops", [ann])
    eve = slack.remote.add_user("ops")
    slack.change_user(eve.id, **other)
    found = users(client, watch, "@ops")
    assert found.owners("@ops") == HandleOwners((eve.id,), (group,))
    assert found.person(ann.id, TEAM_ID).groups == frozenset()


def test_many_users(client: WebClient, watch: Watch, slack: Workspace) -> None:
    """The last page counts too. Later lookups make no call."""
    for number in range(USERS_PER_PAGE):
        slack.add_user(f"user{number}")
    zoe = slack.remote.add_user("zoe")
    found = users(client, watch, "@zoe")
    for _ in range(3):
        watch.now += SECONDS_CACHED / 4
        assert found.person(zoe.id, TEAM_ID).groups == frozenset({"@zoe"})
    assert len(calls(slack, "users.list")) == 2
    assert len(calls(slack, "usergroups.list")) == 1


@pytest.mark.parametrize("method", ["users.list", "usergroups.list"])
def test_a_failed_lookup_refuses(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser, method: str
) -> None:
    slack.faults.add(CallFault(method=method, error="internal_error", times=None))
    assert users(client, watch, "@ann").person(ann.id, TEAM_ID).groups is None


def test_without_handles_no_list_is_read(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("ops", [ann])
    users(client, watch, group).person(ann.id, TEAM_ID)
    assert calls(slack, "users.list") == calls(slack, "usergroups.list") == []
