"""The templates grant what `ecr-clean iam-policy` prints for the same settings, and no more."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest

from bot.aws.iam_policy import size_of
from bot.playground.aws import AwsStandIn
from bot.playground.aws.identity import DEFAULT_KEY
from tests.deploy.cloudformation import (
    EXAMPLE,
    MAX_INLINE_SIZE,
    PRODUCTION,
    SHARED,
    STAGING,
    Stack,
    example_parameters,
    fill,
)
from tests.support import Run

PRINTED = {"read-registries", "read-workloads", "read-prices", "assume-roles", "delete"}
"""The policies of the bot's role that `iam-policy` prints."""

Grant = tuple[str, str, str]
"""Action, resource without its Region, Region."""

Write = Callable[[str], Path]


@pytest.fixture(autouse=True)
def shared_account(aws: AwsStandIn) -> None:
    """The commands run in the account of the bot."""
    aws.world.identities.add_user(DEFAULT_KEY, "admin", SHARED)


def grants(statements: Iterable[Any]) -> set[Grant]:
    """What the statements allow. A Region in a resource's name and in a condition are the same."""
    return {grant for statement in statements for grant in _grants_of(statement)}


def _grants_of(statement: Any) -> Iterator[Grant]:
    assert statement["Effect"] == "Allow"
    assert statement.keys() <= {"Sid", "Effect", "Action", "Resource", "Condition"}
    regions = _regions_of(statement.get("Condition"))
    for action in _listed(statement["Action"]):
        for resource in _listed(statement["Resource"]):
            place = re.fullmatch(r"(arn:aws:(?!iam)[a-z-]+:)([^:]+)(:.+)", resource)
            named = place[2] if place else "*"
            assert "*" in (named, *regions) or [named] == regions
            for region in regions if named == "*" else [named]:
                yield action, f"{place[1]}{place[3]}" if place else resource, region


def _regions_of(condition: Any) -> list[str]:
    match condition:
        case None:
            return ["*"]
        case {"StringEquals": {"aws:RequestedRegion": regions}}:
            return _listed(regions)
    raise AssertionError(f"a condition that iam-policy never prints: {condition}")


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def printed(run: Run, *options: str) -> set[Grant]:
    result = run("iam-policy", *options)
    assert result.status == 0
    return grants(orjson.loads(result.out)["Statement"])


def granted_by(policies: Mapping[str, Any]) -> set[Grant]:
    statements = [each for policy in policies.values() for each in policy["Statement"]]
    return grants(statements)


def granted_to_bot(stack: Stack) -> set[Grant]:
    policies = stack.policies("TaskRole")
    assert policies.keys() <= PRINTED
    return granted_by(policies)


def example_settings() -> str:
    return (EXAMPLE / "ecr-clean.yml").read_text()


def test_the_bots_role_in_the_example(run: Run, settings_file: Write) -> None:
    settings_file(example_settings())
    bot = fill("bot", example_parameters("bot"), SHARED)
    assert granted_to_bot(bot) == printed(run, "--read") | printed(run, "--delete")


def test_settings_in_a_parameter_apply_to_the_bot(
    run: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = settings_file(example_settings())
    from_file = printed(run)
    file.unlink()
    parameters = {"SettingsArn": "", "Settings": example_settings()}
    bot = fill("bot", {**example_parameters("bot"), **parameters}, SHARED)
    (container,) = bot.properties("TaskDefinition")["ContainerDefinitions"]
    given = {each["Name"]: each["Value"] for each in container["Environment"]}
    monkeypatch.setenv("ECR_CLEAN_SETTINGS", given["ECR_CLEAN_SETTINGS"])
    assert printed(run) == from_file


def test_the_roles_of_the_members_in_the_example(run: Run, settings_file: Write) -> None:
    settings_file(example_settings())
    for account in (STAGING, PRODUCTION):
        member = fill("account", example_parameters(f"account-{account}"), account)
        role = f"arn:aws:iam::{account}:role/ecr-clean-read"
        assert granted_by(member.policies("ReadRole")) == printed(run, "--role", role)
    role = f"arn:aws:iam::{STAGING}:role/ecr-clean-delete"
    member = fill("account", example_parameters(f"account-{STAGING}"), STAGING)
    assert granted_by(member.policies("DeletionRole")) == printed(run, "--delete", "--role", role)


def test_an_account_without_registries_has_no_role_that_deletes() -> None:
    member = fill("account", example_parameters(f"account-{PRODUCTION}"), PRODUCTION)
    assert "DeletionRole" not in member.resources
    with_delete = {**example_parameters(f"account-{PRODUCTION}"), "DeleteRole": "yes"}
    assert "DeletionRole" not in fill("account", with_delete, PRODUCTION).resources
    without = {**example_parameters(f"account-{STAGING}"), "DeleteRole": "no"}
    assert "DeletionRole" not in fill("account", without, STAGING).resources


BOTH = "eu-west-1,us-east-1"
EKS = "kubernetes: {clusters: [{name: prod, eks: prod}]}"
SETTINGS = {
    "the defaults": (
        "usage: {}",
        {"RegistryRegions": "eu-west-1", "UsageRegions": "eu-west-1", "EksClusters": "no"},
    ),
    "two Regions": (
        f"""registries: [{{region: eu-west-1}}, {{region: us-east-1}}]\nusage: {{{EKS}}}""",
        {"RegistryRegions": BOTH, "UsageRegions": BOTH},
    ),
    "every Region": (
        f"usage: {{regions: [all], {EKS}, ecs: {{revisions: 3}}}}",
        {"RegistryRegions": "eu-west-1", "UsageRegions": "all"},
    ),
    "one team, AWS's prices": (
        f'policies: [{{repositories: ["team/*"]}}]\nprice_per_gb_month: auto\nusage: {{{EKS}}}',
        {
            "RegistryRegions": "eu-west-1",
            "UsageRegions": "eu-west-1",
            "RepositoryPattern": "team/*",
            "PriceList": "yes",
        },
    ),
    "only other accounts": (
        f"registries: [{{region: eu-west-1, role_arn: 'arn:aws:iam::{STAGING}:role/reader', "
        f"delete_role_arn: 'arn:aws:iam::{STAGING}:role/deleter'}}]",
        {
            "MemberRoleArns": f"arn:aws:iam::{STAGING}:role/reader,"
            f"arn:aws:iam::{STAGING}:role/deleter"
        },
    ),
}
OF_SETTINGS = ("RegistryRegions", "UsageRegions", "MemberRoleArns")


@pytest.mark.parametrize(("settings", "parameters"), SETTINGS.values(), ids=SETTINGS)
def test_the_bots_role(
    settings: str, parameters: Mapping[str, str], run: Run, settings_file: Write
) -> None:
    settings_file(settings)
    others = {
        key: each for key, each in example_parameters("bot").items() if key not in OF_SETTINGS
    }
    bot = fill("bot", {**others, **parameters}, SHARED)
    assert granted_to_bot(bot) == printed(run, "--read") | printed(run, "--delete")
    report_only = fill("bot", {**others, **parameters, "DeleteImages": "no"}, SHARED)
    without_deletion = granted_to_bot(report_only)
    assert "ecr:BatchDeleteImage" not in {action for action, _, _ in without_deletion}
    assert printed(run, "--read") <= without_deletion


@pytest.mark.parametrize("name", ["every Region", "two Regions", "one team, AWS's prices"])
def test_the_roles_of_a_member(name: str, run: Run, settings_file: Write) -> None:
    settings, parameters = SETTINGS[name]
    role = f"arn:aws:iam::{STAGING}:role/ecr-clean-"
    regions = parameters["RegistryRegions"].split(",")
    registries = [
        f"{{region: {each}, role_arn: '{role}read', delete_role_arn: '{role}delete'}}"
        for each in regions
    ]
    rest = re.sub(r"registries: .*\n", "", settings)
    settings_file(f"registries: [{', '.join(registries)}]\n{rest}")
    shared = {key: each for key, each in parameters.items() if key != "PriceList"}
    member = fill("account", {**example_parameters(f"account-{STAGING}"), **shared}, STAGING)
    assert granted_by(member.policies("ReadRole")) == printed(run, "--role", f"{role}read")
    delete = printed(run, "--delete", "--role", f"{role}delete")
    assert granted_by(member.policies("DeletionRole")) == delete


def test_policies_have_a_legal_size() -> None:
    """With every option."""
    everything = {
        "RegistryRegions": BOTH,
        "UsageRegions": BOTH,
        "PriceList": "yes",
        "EnableExecuteCommand": "yes",
        "MemberRoleArns": ",".join(
            f"arn:aws:iam::{account:012}:role/ecr-clean-read" for account in range(80)
        ),
    }
    bot = fill("bot", {**example_parameters("bot"), **everything}, SHARED)
    for role in ("TaskRole", "ExecutionRole"):
        assert sum(map(size_of, bot.policies(role).values())) < MAX_INLINE_SIZE


@pytest.mark.parametrize("account", [STAGING, PRODUCTION])
def test_roles_of_members_trust_only_the_bot_with_the_external_id(account: str) -> None:
    parameters = example_parameters(f"account-{account}")
    member = fill("account", parameters, account)
    for role in member.of_type("AWS::IAM::Role").values():
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement == {
            "Effect": "Allow",
            "Principal": {"AWS": parameters["BotRoleArn"]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": parameters["ExternalId"]}},
        }
        assert "PermissionsBoundary" not in role


def test_names_and_boundaries_of_roles_are_parameters() -> None:
    boundary = f"arn:aws:iam::{STAGING}:policy/boundary"
    parameters = {
        **example_parameters(f"account-{STAGING}"),
        "NamePrefix": "platform-ecr",
        "PermissionsBoundaryArn": boundary,
    }
    roles = fill("account", parameters, STAGING).of_type("AWS::IAM::Role")
    assert {each["RoleName"] for each in roles.values()} == {
        "platform-ecr-read",
        "platform-ecr-delete",
    }
    assert {each["PermissionsBoundary"] for each in roles.values()} == {boundary}
