"""The lookup of users and user groups in Slack."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.core.errors import RequestError
from bot.core.permissions import SlackUser
from bot.playground.slack import TEAM_ID, CallFault, SimulatedUser, Workspace
from bot.slack.api import SlackError
from bot.slack.directory import SECONDS_CACHED, SECONDS_ERRORS_CACHED, SlackUsers
from tests.slack.support import calls


class Watch:
    """A clock in seconds that tests set."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def users(client: WebClient, watch: Watch, *groups: str) -> SlackUsers:
    return SlackUsers(client, TEAM_ID, groups, watch)


def test_a_full_member(client: WebClient, watch: Watch, ann: SimulatedUser) -> None:
    found = users(client, watch).person(ann.id, TEAM_ID)
    assert found == SlackUser(ann.id, TEAM_ID, is_guest=False, groups=frozenset())


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted"])
def test_guests(client: WebClient, watch: Watch, slack: Workspace, flag: str) -> None:
    gil = slack.remote.add_user("gil", **{flag: True})
    assert users(client, watch).person(gil.id, TEAM_ID).is_guest


@pytest.mark.parametrize("says", [TEAM_ID, "T0000000009"])
def test_a_user_of_another_workspace(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    """The workspace in the click does not matter."""
    eve = slack.remote.add_user("eve", team_id="T0000000009")
    assert users(client, watch).person(eve.id, says).workspace == "T0000000009"


def test_a_click_in_another_workspace(client: WebClient, watch: Watch, ann: SimulatedUser) -> None:
    assert users(client, watch).person(ann.id, "T0000000009").workspace == "T0000000009"


HOME, OTHER, ORGANIZATION = "T0000000002", "T0000000009", "E0000000001"


@pytest.mark.parametrize("says", [TEAM_ID, HOME, ORGANIZATION])
def test_a_click_names_the_home_workspace_in_an_organization(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    kim = slack.remote.add_user("kim", team_id=HOME, teams=[HOME, TEAM_ID])
    assert users(client, watch).person(kim.id, says).workspace == TEAM_ID


@pytest.mark.parametrize("says", [OTHER, "E0000000009", ""])
def test_a_click_names_a_workspace_without_the_user(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    kim = slack.remote.add_user("kim", team_id=HOME, teams=[HOME, TEAM_ID])
    assert users(client, watch).person(kim.id, says).workspace == says


@pytest.mark.parametrize("says", [TEAM_ID, HOME, ORGANIZATION])
def test_a_workspace_of_the_organization_is_not_ours(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    lee = slack.remote.add_user("lee", team_id=HOME, teams=[HOME, OTHER])
    assert users(client, watch).person(lee.id, says).workspace == HOME


@pytest.mark.parametrize(
    ("user", "workspace"),
    [
        ({"team_id": "E1", "enterprise_user": {"teams": ["T2", TEAM_ID]}}, TEAM_ID),
        ({"team_id": "T2", "enterprise_user": {"teams": ["T2"]}}, "T2"),
        ({"team_id": TEAM_ID, "is_stranger": True}, "another workspace"),
    ],
)
def test_organizations_of_several_workspaces(
    client: WebClient, watch: Watch, user: dict[str, Any], workspace: str
) -> None:
    found = users(client, watch)
    found._users._load = lambda _: user
    assert found.person("U1", TEAM_ID).workspace == workspace


@pytest.mark.parametrize(
    ("traits", "words"),
    [({"deleted": True}, "is deactivated"), ({"is_bot": True}, "is a bot")],
)
def test_deactivated_users_and_bots(
    client: WebClient, watch: Watch, slack: Workspace, traits: dict[str, Any], words: str
) -> None:
    gone = slack.remote.add_user("gone", **traits)
    with pytest.raises(RequestError, match=words):
        users(client, watch).person(gone.id, TEAM_ID)


def test_an_unknown_user(client: WebClient, watch: Watch) -> None:
    with pytest.raises(RequestError, match="This Slack workspace has no user U404"):
        users(client, watch).person("U404", TEAM_ID)


def test_the_lookup_fails(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    slack.faults.add(CallFault(method="users.info", error="internal_error"))
    found = users(client, watch)
    with pytest.raises(SlackError, match="Looking up a user in Slack failed: internal_error"):
        found.person(ann.id, TEAM_ID)
    watch.now += SECONDS_ERRORS_CACHED
    assert found.person(ann.id, TEAM_ID).id == ann.id


# user groups


def groups_of(found: SlackUsers, person: SimulatedUser) -> Collection[str] | None:
    return found.person(person.id, TEAM_ID).groups


def test_groups_that_may_approve(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    bob = slack.remote.add_user("bob")
    one, two = (slack.remote.add_user_group(handle, [ann]) for handle in ("one", "two"))
    other = slack.remote.add_user_group("other", [bob])
    found = users(client, watch, one, other)
    assert groups_of(found, ann) == {one}
    assert groups_of(found, bob) == {other}
    assert two not in str(calls(slack, "usergroups.users.list"))


def test_without_approver_groups_none_is_read(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    assert groups_of(users(client, watch), ann) == frozenset()
    assert calls(slack, "usergroups.users.list") == []


def test_a_group_that_cannot_be_read(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    readable = slack.remote.add_user_group("one", [ann])
    disabled = slack.remote.add_user_group("two", [ann])
    slack.remote.put("/user-groups", group=disabled, is_disabled=True)
    assert groups_of(users(client, watch, readable), ann) == {readable}
    assert groups_of(users(client, watch, readable, disabled), ann) is None


def test_the_app_may_not_read_groups(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.remote.put("/scopes", bot=["users:read"])
    assert groups_of(users(client, watch, group), ann) is None


# cache


def test_an_answer_is_cached_for_a_minute(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = users(client, watch, group)
    assert groups_of(found, ann) == {group}
    slack.remote.put("/user-groups", group=group, users=[])
    slack.remote.put("/users", user=ann.id, is_restricted=True)
    watch.now = SECONDS_CACHED - 1
    assert not found.person(ann.id, TEAM_ID).is_guest
    watch.now = SECONDS_CACHED
    again = found.person(ann.id, TEAM_ID)
    assert again.is_guest
    assert again.groups == frozenset()


def test_a_failure_is_cached_for_seconds(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.faults.add(CallFault(method="usergroups.users.list", error="internal_error", times=None))
    found = users(client, watch, group)
    for _ in range(3):
        assert groups_of(found, ann) is None
    assert len(calls(slack, "usergroups.users.list")) == 1
    slack.faults.clear()
    watch.now = SECONDS_ERRORS_CACHED
    assert groups_of(found, ann) == {group}


def test_many_clicks_at_once_make_one_call(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = users(client, watch, group)
    together = Barrier(50)

    def click(_: int) -> SlackUser:
        together.wait(60)
        return found.person(ann.id, TEAM_ID)

    with ThreadPoolExecutor(50) as pool:
        clicks = list(pool.map(click, range(50)))
    assert {each.groups for each in clicks} == {frozenset({group})}
    assert len(calls(slack, "users.info")) == 1
    assert len(calls(slack, "usergroups.users.list")) == 1


def test_old_entries_are_removed(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    found = users(client, watch)
    found.person(ann.id, TEAM_ID)
    watch.now = SECONDS_CACHED
    bob = slack.remote.add_user("bob")
    found.person(bob.id, TEAM_ID)
    assert set(found._users._entries) == {bob.id}


# users who acted earlier


def test_a_member_who_acted_earlier(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = users(client, watch, group).member(ann.id)
    assert found == SlackUser(ann.id, TEAM_ID, is_guest=False, groups=frozenset({group}))


def test_an_outsider_who_acted_earlier(client: WebClient, watch: Watch, slack: Workspace) -> None:
    eve = slack.remote.add_user("eve", team_id="T0000000009")
    assert users(client, watch).member(eve.id).workspace == "T0000000009"


def test_a_group_that_cannot_be_read_leaves_a_member_unknown(
    client: WebClient, watch: Watch, slack: Workspace, ann: SimulatedUser
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.remote.put("/user-groups", group=group, is_disabled=True)
    with pytest.raises(SlackError, match="Reading a user group"):
        users(client, watch, group).member(ann.id)
