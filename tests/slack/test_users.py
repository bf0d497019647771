"""Who clicks, as Slack's directory has them."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from slack_sdk import WebClient

from bot.core.errors import RequestError
from bot.core.permissions import SlackUser
from bot.playground.slack import TEAM_ID, CallFault, Person, Workspace
from bot.slack.api import SlackError
from bot.slack.directory import SECONDS, SECONDS_OF_ERRORS, SlackUsers
from tests.slack.support import calls


class Watch:
    """Seconds that go by when a test says so."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def watch() -> Watch:
    return Watch()


def people(client: WebClient, watch: Watch, *groups: str) -> SlackUsers:
    return SlackUsers(client, TEAM_ID, groups, watch)


def test_a_full_member(client: WebClient, watch: Watch, ann: Person) -> None:
    found = people(client, watch).person(ann.id, TEAM_ID)
    assert found == SlackUser(ann.id, TEAM_ID, is_guest=False, groups=frozenset())


@pytest.mark.parametrize("flag", ["is_restricted", "is_ultra_restricted"])
def test_guests(client: WebClient, watch: Watch, slack: Workspace, flag: str) -> None:
    gil = slack.remote.add_person("gil", **{flag: True})
    assert people(client, watch).person(gil.id, TEAM_ID).is_guest


@pytest.mark.parametrize("says", [TEAM_ID, "T0000000009"])
def test_somebody_of_another_workspace(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    """Whatever the click says."""
    eve = slack.remote.add_person("eve", team_id="T0000000009")
    assert people(client, watch).person(eve.id, says).workspace == "T0000000009"


def test_a_click_that_comes_from_elsewhere(client: WebClient, watch: Watch, ann: Person) -> None:
    assert people(client, watch).person(ann.id, "T0000000009").workspace == "T0000000009"


HOME, OTHER, ORGANIZATION = "T0000000002", "T0000000009", "E0000000001"


@pytest.mark.parametrize("says", [TEAM_ID, HOME, ORGANIZATION])
def test_a_click_names_the_home_workspace_in_an_organization(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    kim = slack.remote.add_person("kim", team_id=HOME, teams=[HOME, TEAM_ID])
    assert people(client, watch).person(kim.id, says).workspace == TEAM_ID


@pytest.mark.parametrize("says", [OTHER, "E0000000009", ""])
def test_a_click_names_no_workspace_of_the_person(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    kim = slack.remote.add_person("kim", team_id=HOME, teams=[HOME, TEAM_ID])
    assert people(client, watch).person(kim.id, says).workspace == says


@pytest.mark.parametrize("says", [TEAM_ID, HOME, ORGANIZATION])
def test_a_workspace_of_the_organization_is_not_ours(
    client: WebClient, watch: Watch, slack: Workspace, says: str
) -> None:
    lee = slack.remote.add_person("lee", team_id=HOME, teams=[HOME, OTHER])
    assert people(client, watch).person(lee.id, says).workspace == HOME


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
    found = people(client, watch)
    found._users._load = lambda _: user
    assert found.person("U1", TEAM_ID).workspace == workspace


@pytest.mark.parametrize(
    ("traits", "words"),
    [({"deleted": True}, "is deactivated"), ({"is_bot": True}, "is a bot")],
)
def test_nobody_to_decide_anything(
    client: WebClient, watch: Watch, slack: Workspace, traits: dict[str, Any], words: str
) -> None:
    gone = slack.remote.add_person("gone", **traits)
    with pytest.raises(RequestError, match=words):
        people(client, watch).person(gone.id, TEAM_ID)


def test_nobody_at_all(client: WebClient, watch: Watch) -> None:
    with pytest.raises(RequestError, match="Slack knows nobody called U404"):
        people(client, watch).person("U404", TEAM_ID)


def test_slack_cannot_tell(client: WebClient, watch: Watch, slack: Workspace, ann: Person) -> None:
    slack.faults.add(CallFault(method="users.info", error="internal_error"))
    found = people(client, watch)
    with pytest.raises(SlackError, match="Looking somebody up in Slack failed: internal_error"):
        found.person(ann.id, TEAM_ID)
    watch.now += SECONDS_OF_ERRORS
    assert found.person(ann.id, TEAM_ID).id == ann.id


# user groups


def groups_of(found: SlackUsers, person: Person) -> Collection[str] | None:
    return found.person(person.id, TEAM_ID).groups


def test_groups_that_may_approve(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    bob = slack.remote.add_person("bob")
    one, two = (slack.remote.add_user_group(handle, [ann]) for handle in ("one", "two"))
    other = slack.remote.add_user_group("other", [bob])
    found = people(client, watch, one, other)
    assert groups_of(found, ann) == {one}
    assert groups_of(found, bob) == {other}
    assert two not in str(calls(slack, "usergroups.users.list"))


def test_nobody_asks_for_groups_that_do_not_matter(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    assert groups_of(people(client, watch), ann) == frozenset()
    assert calls(slack, "usergroups.users.list") == []


def test_a_group_that_cannot_be_read(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    readable = slack.remote.add_user_group("one", [ann])
    disabled = slack.remote.add_user_group("two", [ann])
    slack.remote.put("/user-groups", group=disabled, is_disabled=True)
    assert groups_of(people(client, watch, readable), ann) == {readable}
    assert groups_of(people(client, watch, readable, disabled), ann) is None


def test_the_app_may_not_read_groups(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.remote.put("/scopes", bot=["users:read"])
    assert groups_of(people(client, watch, group), ann) is None


# asked once


def test_an_answer_stands_for_a_minute(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = people(client, watch, group)
    assert groups_of(found, ann) == {group}
    slack.remote.put("/user-groups", group=group, users=[])
    slack.remote.put("/users", user=ann.id, is_restricted=True)
    watch.now = SECONDS - 1
    assert not found.person(ann.id, TEAM_ID).is_guest
    watch.now = SECONDS
    again = found.person(ann.id, TEAM_ID)
    assert again.is_guest
    assert again.groups == frozenset()


def test_a_failure_stands_for_a_moment(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.faults.add(CallFault(method="usergroups.users.list", error="internal_error", times=None))
    found = people(client, watch, group)
    for _ in range(3):
        assert groups_of(found, ann) is None
    assert len(calls(slack, "usergroups.users.list")) == 1
    slack.faults.clear()
    watch.now = SECONDS_OF_ERRORS
    assert groups_of(found, ann) == {group}


def test_many_clicks_at_once_ask_once(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = people(client, watch, group)
    together = Barrier(50)

    def click(_: int) -> SlackUser:
        together.wait(60)
        return found.person(ann.id, TEAM_ID)

    with ThreadPoolExecutor(50) as pool:
        clicks = list(pool.map(click, range(50)))
    assert {each.groups for each in clicks} == {frozenset({group})}
    assert len(calls(slack, "users.info")) == 1
    assert len(calls(slack, "usergroups.users.list")) == 1


def test_nothing_is_kept_for_ever(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    found = people(client, watch)
    found.person(ann.id, TEAM_ID)
    watch.now = SECONDS
    bob = slack.remote.add_person("bob")
    found.person(bob.id, TEAM_ID)
    assert set(found._users._entries) == {bob.id}


# somebody who acted earlier


def test_a_member_as_the_directory_has_them(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    found = people(client, watch, group).member(ann.id)
    assert found == SlackUser(ann.id, TEAM_ID, is_guest=False, groups=frozenset({group}))


def test_an_outsider_who_acted_earlier(client: WebClient, watch: Watch, slack: Workspace) -> None:
    eve = slack.remote.add_person("eve", team_id="T0000000009")
    assert people(client, watch).member(eve.id).workspace == "T0000000009"


def test_a_group_that_cannot_be_read_leaves_a_member_unknown(
    client: WebClient, watch: Watch, slack: Workspace, ann: Person
) -> None:
    group = slack.remote.add_user_group("one", [ann])
    slack.remote.put("/user-groups", group=group, is_disabled=True)
    with pytest.raises(SlackError, match="Reading a user group"):
        people(client, watch, group).member(ann.id)
