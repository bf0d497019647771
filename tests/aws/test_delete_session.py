"""The session that deletes: its name and its limits."""

import json
import re
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from bot.aws.ecr_deleter import EcrDeleter, deleting_role, session_name, session_policy
from bot.aws.sessions import open_session
from bot.bootstrap.deletion import find_registry, open_deleter
from bot.core.errors import RequestError, ServiceError
from bot.core.repository import RegistryId, RepositoryId
from bot.playground.aws import AwsStandIn
from bot.settings.model import RegistrySection, Settings
from tests.aws.plans import plan_of
from tests.support import Shelf

HERE, THERE = "123456789012", "210987654321"
READER = f"arn:aws:iam::{THERE}:role/ci/reader"
DELETER = f"arn:aws:iam::{THERE}:role/ci/deleter"
ALICE, BOB = "U0ALICE", f"arn:aws:sts::{HERE}:assumed-role/AWSReservedSSO_Admin_1f/bob@example.com"


@pytest.mark.parametrize(
    ("approvers", "who"),
    [
        ((), ""),
        ((ALICE,), "-U0ALICE"),
        ((f"arn:aws:iam::{HERE}:user/ops/carol",), "-carol"),
        ((f"arn:aws:iam::{HERE}:root",), "-root"),
        ((BOB,), "-bob@example.com"),
        ((ALICE, BOB), "-U0ALICE,bob@example.com"),
        ((f"arn:aws:iam::{HERE}:user/a,b c/d;é",), "-d-"),
        ((f"arn:aws:iam::{HERE}:user/{'x' * 64}",), f"-{'x' * 45}"),
        ((f"arn:aws:iam::{HERE}:user/{'x' * 45}", ALICE), f"-{'x' * 45}"),
        ((f"arn:aws:iam::{HERE}:user/{'x' * 37}", ALICE), f"-{'x' * 37},U0ALICE"),
        ((f"arn:aws:iam::{HERE}:user/{'x' * 38}", ALICE), f"-{'x' * 38}"),
    ],
)
def test_the_session_name_has_the_plan_and_its_approvers(
    approvers: tuple[str, ...], who: str
) -> None:
    name = session_name("k3vx9wzp", approvers)
    assert name == f"ecr-clean-k3vx9wzp{who}"
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", name, re.ASCII)


@pytest.mark.parametrize("id_", ["", "x" * 80, "a b/c"])
def test_the_session_name_is_valid_for_sts(id_: str) -> None:
    assert re.fullmatch(r"[\w+=,.@-]{2,64}", session_name(id_, [BOB]), re.ASCII)


@pytest.mark.parametrize(
    ("region", "partition"),
    [("eu-west-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")],
)
def test_the_session_policy_is_for_one_repository(region: str, partition: str) -> None:
    repository = RepositoryId(RegistryId(THERE, region), "team/api", "uri")
    arn = f"arn:{partition}:ecr:{region}:{THERE}:repository/team/api"
    policy = session_policy(repository)
    (statement,) = json.loads(policy)["Statement"]
    assert statement == {"Effect": "Allow", "Action": ["ecr:BatchDeleteImage"], "Resource": arn}


def test_the_longest_policy_fits() -> None:
    repository = RepositoryId(RegistryId(THERE, "ap-northeast-1"), "x" * 256, "uri")
    assert len(session_policy(repository)) < 2048


@pytest.fixture
def roles(aws: AwsStandIn, environment: object) -> None:
    del environment
    for role in (READER, DELETER):
        aws.world.identities.add_role(role, trusts=[HERE], external_id="secret")


BY_DELETER = RegistrySection(
    region="eu-west-1", role_arn=READER, delete_role_arn=DELETER, external_id="secret"
)
BY_READER = RegistrySection(region="eu-west-1", role_arn=READER, external_id="secret")


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize(("entry", "role"), [(BY_DELETER, DELETER), (BY_READER, READER)])
def test_the_session_as_sts_received_it(entry: RegistrySection, role: str, aws: AwsStandIn) -> None:
    shelf = Shelf(aws, account=THERE)
    digest = shelf.image("a")
    deleter = open_deleter(plan_of(shelf.id, ALICE, BOB), entry)
    assert not aws.world.identities.sessions

    assert deleter.delete([digest], lambda: True) == {digest: None}

    (session,) = aws.world.identities.sessions
    assert session.role_arn == role
    assert session.external_id == "secret"
    assert session.name == "ecr-clean-k3vx9wzp-U0ALICE,bob@example.com"
    assert session.policy == session_policy(shelf.id)
    (call,) = aws.world.calls.named("ecr:BatchDeleteImage")
    name = role.rpartition("/")[2]
    assert call.principal == f"arn:aws:sts::{THERE}:assumed-role/{name}/{session.name}"
    (assumed,) = aws.world.calls.named("sts:AssumeRole")
    assert assumed.region == "eu-west-1"


@pytest.mark.usefixtures("roles")
def test_a_long_name_as_sts_received_it(aws: AwsStandIn) -> None:
    shelf = Shelf(aws, account=THERE)
    who = f"arn:aws:sts::{HERE}:assumed-role/Admin/{'longname' * 8}"
    open_deleter(plan_of(shelf.id, who, ALICE), BY_DELETER).delete([shelf.image("a")], lambda: True)
    (session,) = aws.world.identities.sessions
    assert len(session.name) == 64
    assert session.name.startswith("ecr-clean-k3vx9wzp-longnamelongname")


@pytest.mark.usefixtures("roles")
def test_the_session_cannot_delete_in_other_repositories(aws: AwsStandIn) -> None:
    own, other = Shelf(aws, account=THERE), Shelf(aws, "team/web", account=THERE)
    elsewhere = Shelf(aws, account=THERE, region="us-east-1")
    role = deleting_role(DELETER, "secret", plan_of(own.id))
    for shelf in (other, elsewhere):
        deleter = EcrDeleter(lambda: open_session(role, "eu-west-1"), shelf.id)
        with pytest.raises(ServiceError, match="no session policy allows the ecr:BatchDeleteImage"):
            deleter.delete([shelf.image("a")], lambda: True)
        assert shelf.repository.manifests


@pytest.mark.usefixtures("roles")
def test_the_session_can_only_delete(aws: AwsStandIn) -> None:
    shelf = Shelf(aws, account=THERE)
    session = open_session(deleting_role(DELETER, "secret", plan_of(shelf.id)), "eu-west-1")
    ecr: Any = session.client("ecr", region_name="eu-west-1")
    for call in (ecr.describe_images, ecr.list_images):
        with pytest.raises(ClientError, match="no session policy allows"):
            call(repositoryName="team/api")


def test_own_credentials_delete_without_a_role(aws: AwsStandIn, environment: object) -> None:
    del environment
    shelf = Shelf(aws)
    for entry in (None, RegistrySection(region="eu-west-1")):
        digest = shelf.image("a")
        assert open_deleter(plan_of(shelf.id), entry).delete([digest], lambda: True) == {
            digest: None
        }
    assert aws.world.calls.counts() == {"ecr:BatchDeleteImage": 2}
    assert not aws.world.identities.sessions


def test_no_call_before_the_first_deletion(
    aws: AwsStandIn, environment: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    del environment
    shelf = Shelf(aws)
    monkeypatch.setattr(boto3, "Session", None)
    open_deleter(plan_of(shelf.id), BY_DELETER)
    assert not list(aws.world.calls)


def settings(*registries: dict[str, str]) -> Settings:
    return Settings(registries=tuple(RegistrySection(**each) for each in registries))


IRELAND, VIRGINIA = RegistryId(HERE, "eu-west-1"), RegistryId(HERE, "us-east-1")
AWAY = RegistryId(THERE, "eu-west-1")


@pytest.mark.usefixtures("roles")
def test_the_registry_of_a_plan_is_found(aws: AwsStandIn) -> None:
    ours, theirs, by_role = (
        {"region": "us-east-1"},
        {"account": HERE, "region": "eu-west-1"},
        {"region": "eu-west-1", "role_arn": READER, "external_id": "secret"},
    )
    several = settings(ours, theirs, by_role)
    for id_, number in ((VIRGINIA, 0), (IRELAND, 1), (AWAY, 2)):
        registry, entry = find_registry(several, id_)
        assert registry.id() == id_
        assert entry == several.registries[number]
    aws.world.deny("sts:AssumeRole")
    assert find_registry(several, IRELAND)[1] == several.registries[1]


def test_the_own_registry_has_no_entry(environment: object) -> None:
    del environment
    registry, entry = find_registry(settings(), IRELAND)
    assert (registry.id(), entry) == (IRELAND, None)


@pytest.mark.usefixtures("roles")
@pytest.mark.parametrize("id_", [VIRGINIA, AWAY])
def test_a_registry_that_the_settings_no_longer_name(id_: RegistryId) -> None:
    for known in (settings(), settings({"region": "eu-west-1"}), settings({"account": HERE})):
        with pytest.raises(RequestError, match=f"name no registry {id_}: add it"):
            find_registry(known, id_)


def test_a_registry_that_cannot_be_identified(aws: AwsStandIn, environment: object) -> None:
    del environment
    aws.world.deny("sts:AssumeRole")
    with pytest.raises(ServiceError, match="sts:AssumeRole"):
        find_registry(settings({"region": "eu-west-1", "role_arn": READER}), AWAY)
