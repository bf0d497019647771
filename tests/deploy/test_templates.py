"""The templates, filled with the example's values, are valid and fit the bot."""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bot.cli.main import COMMANDS
from bot.core.redaction import SLACK_SECRETS
from bot.settings.environment import Environment
from bot.settings.load import load_settings
from bot.store.store import open_database
from tests.deploy.cloudformation import (
    EXAMPLE,
    SHARED,
    RejectedError,
    Stack,
    example_parameters,
    fill,
    read_template,
    template_text,
)

ROOT = Path(__file__).parents[2]
DATABASES = pytest.mark.parametrize("database", ["postgresql", "sqlite"])
FILLED = [
    ("bot", {**example_parameters("bot"), "Database": "postgresql"}),
    ("bot", {**example_parameters("bot"), "Database": "sqlite", "EnableExecuteCommand": "yes"}),
    ("account", example_parameters("account-222222222222")),
    ("account", example_parameters("account-333333333333")),
]


def bot(**parameters: str) -> Stack:
    return fill("bot", {**example_parameters("bot"), **parameters}, SHARED)


def container(stack: Stack) -> Any:
    (only,) = stack.properties("TaskDefinition")["ContainerDefinitions"]
    return only


def environment(stack: Stack) -> Mapping[str, str]:
    return {each["Name"]: each["Value"] for each in container(stack)["Environment"]}


def secrets(stack: Stack) -> Mapping[str, str]:
    return {each["Name"]: each["ValueFrom"] for each in container(stack)["Secrets"]}


def readable_secrets(stack: Stack) -> list[str]:
    statements = stack.policies("ExecutionRole")["start-tasks"]["Statement"]
    reads = ("secretsmanager:GetSecretValue", "ssm:GetParameters")
    found = [each["Resource"] for each in statements if each["Action"] in reads]
    return [arn for each in found for arn in ([each] if isinstance(each, str) else each)]


def with_lists(name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Values as cfn-lint takes them."""
    declared = read_template(name)["Parameters"]
    return {
        name: value.split(",") if declared[name]["Type"] == "CommaDelimitedList" else value
        for name, value in parameters.items()
    }


@pytest.mark.parametrize(("name", "parameters"), FILLED)
def test_a_filled_template_is_valid(name: str, parameters: Mapping[str, str]) -> None:
    from cfnlint.api import lint  # noqa: PLC0415 - loads slowly, in each test process
    from cfnlint.config import ManualArgs  # noqa: PLC0415

    values = ManualArgs(parameters=[with_lists(name, parameters)], regions=["eu-west-1"])
    assert lint(template_text(name), config=values) == []
    fill(name, parameters, SHARED)


@pytest.mark.parametrize("name", ["bot", "account"])
def test_a_template_can_be_uploaded_as_it_is(name: str) -> None:
    """CloudFormation's API takes 51,200 bytes; larger templates have to be in S3."""
    assert len(template_text(name).encode()) <= 51_200


@pytest.mark.parametrize("name", ["bot", "account"])
def test_every_parameter_is_described_in_a_group(name: str) -> None:
    template = read_template(name)
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [parameter for group in groups for parameter in group["Parameters"]]
    assert sorted(grouped) == sorted(template["Parameters"])
    assert all(each["Description"] for each in template["Parameters"].values())


def test_the_settings_of_the_example_fit_its_parameters() -> None:
    settings = load_settings(EXAMPLE / "ecr-clean.yml")
    own = example_parameters("bot")
    registries, accounts = settings.registries, settings.usage.accounts
    readers = {(each.role_arn, each.external_id) for each in registries}
    readers |= {(each.role_arn, each.external_id) for each in accounts}
    deleters = {(each.delete_role_arn, each.external_id) for each in registries}
    roles = {role: external_id for role, external_id in readers | deleters if role}
    assert set(own["MemberRoleArns"].split(",")) == roles.keys()
    assert tuple(own["UsageRegions"].split(",")) == settings.usage.regions
    for account in {role.split(":")[4] for role in roles}:
        member = example_parameters(f"account-{account}")
        created = fill("account", member, account).of_type("AWS::IAM::Role").values()
        names = {f"arn:aws:iam::{account}:role/{each['RoleName']}" for each in created}
        assert names == {role for role in roles if f":{account}:" in role}
        assert {roles[name] for name in names} == {member["ExternalId"]}


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"Settings": "{}"}, "not both"),
        ({"Database": "mysql"}, "Database has no allowed value"),
        ({"Image": "ghcr.io/example/ecr-clean"}, "Image does not match"),
        ({"SlackSecretArn": "ecr-clean/slack"}, "SlackSecretArn does not match"),
        ({"SettingsArn": "ecr-clean"}, "SettingsArn does not match"),
        ({"RepositoryPattern": "team/*,other"}, "RepositoryPattern does not match"),
        ({"SettingsArn": "", "Settings": "#" * 5000}, "over 4,096 bytes"),
    ],
)
def test_wrong_values_are_rejected(wrong: Mapping[str, str], reason: str) -> None:
    with pytest.raises(RejectedError, match=reason):
        bot(**wrong)


@DATABASES
def test_secrets_come_from_parameters_alone(database: str) -> None:
    stack = bot(Database=database)
    tokens = {name: secrets(stack)[name] for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")}
    parameter = example_parameters("bot")["SlackSecretArn"]
    assert tokens == {name: f"{parameter}:{name}::" for name in tokens}
    assert not {"PGPASSWORD", *SLACK_SECRETS} & environment(stack).keys()
    assert not re.search(r"xox|xapp|://[^/]*:[^/]*@", json.dumps(environment(stack)))


@DATABASES
def test_tasks_may_read_their_secrets_and_no_others(database: str) -> None:
    stack = bot(Database=database)
    used = {re.sub(r":\w+::$", "", each) for each in secrets(stack).values()}
    assert set(readable_secrets(stack)) == used


def test_settings_come_from_a_parameter_of_the_stack_ssm_or_a_secret() -> None:
    inline = bot(SettingsArn="", Settings="{execution: {enabled: false}}")
    assert environment(inline)["ECR_CLEAN_SETTINGS"] == "{execution: {enabled: false}}"
    assert "ECR_CLEAN_SETTINGS" not in secrets(inline)
    for arn in (
        "arn:aws:ssm:eu-west-1:123456789012:parameter/ecr-clean",
        "arn:aws:secretsmanager:eu-west-1:123456789012:secret:settings-AbCdEf",
    ):
        stack = bot(SettingsArn=arn)
        assert secrets(stack)["ECR_CLEAN_SETTINGS"] == arn
        assert arn in readable_secrets(stack)
        assert "ECR_CLEAN_SETTINGS" not in environment(stack)
    neither = bot(SettingsArn="")
    assert "ECR_CLEAN_SETTINGS" not in {*environment(neither), *secrets(neither)}


def test_postgresql() -> None:
    stack = bot(Database="postgresql")
    instance = stack.properties("PostgresqlInstance")
    url = environment(stack)["DATABASE_URL"]
    assert url == (
        "postgresql://ecr_clean@[PostgresqlInstance].Endpoint.Address:5432/ecr_clean?sslmode=require"
    )
    open_database(url.replace("[PostgresqlInstance].Endpoint.Address", "db.example.com")).close()
    assert secrets(stack)["PGPASSWORD"] == "[DatabaseSecret]:password::"
    assert "[DatabaseSecret]" in instance["MasterUserPassword"]
    assert instance["MasterUsername"] == instance["DBName"] == "ecr_clean"
    assert instance["StorageEncrypted"]
    assert instance["BackupRetentionPeriod"] >= 7
    assert not instance["DeletionProtection"]
    protected = bot(Database="postgresql", DatabaseDeletionProtection="yes")
    assert protected.properties("PostgresqlInstance")["DeletionProtection"]
    assert not instance["PubliclyAccessible"]
    assert stack.resources["PostgresqlInstance"]["DeletionPolicy"] == "Snapshot"
    assert stack.properties("DatabaseIngress")["FromPort"] == 5432
    assert not stack.of_type("AWS::EFS::FileSystem")


def test_sqlite_is_a_file_on_an_encrypted_file_system() -> None:
    stack = bot(Database="sqlite")
    volume = {each["Name"]: each for each in stack.properties("TaskDefinition")["Volumes"]}
    mounted = volume["database"]["EFSVolumeConfiguration"]
    assert mounted["TransitEncryption"] == "ENABLED"
    assert mounted["AuthorizationConfig"]["IAM"] == "ENABLED"
    assert stack.properties("FileSystem")["Encrypted"]
    assert stack.resources["FileSystem"]["DeletionPolicy"] == "Retain"
    user = stack.properties("AccessPoint")["PosixUser"]
    assert f"{user['Uid']}:{user['Gid']}" == container(stack)["User"]
    assert "DATABASE_URL" not in environment(stack)
    assert stack.properties("DatabaseIngress")["FromPort"] == 2049
    assert not stack.of_type("AWS::RDS::DBInstance")
    assert not stack.of_type("AWS::SecretsManager::Secret")


@pytest.mark.parametrize(
    ("database", "wanted", "tasks"),
    [("sqlite", "3", 1), ("sqlite", "1", 1), ("sqlite", "0", 0), ("postgresql", "3", "3")],
)
def test_a_sqlite_file_never_has_two_tasks(database: str, wanted: str, tasks: int | str) -> None:
    """Nor does a new version ever start before the old one has stopped."""
    service = bot(Database=database, DesiredCount=wanted).properties("Service")
    assert service["DesiredCount"] == tasks
    assert service["DeploymentConfiguration"]["MaximumPercent"] == 100
    assert service["DeploymentConfiguration"]["MinimumHealthyPercent"] == 0
    assert service["AvailabilityZoneRebalancing"] == "DISABLED"
    assert service["DeploymentConfiguration"]["DeploymentCircuitBreaker"]["Enable"]


def test_the_log_is_not_kept_forever() -> None:
    stack = bot(LogRetentionDays="30")
    assert stack.properties("LogGroup")["RetentionInDays"] == "30"
    assert bot().properties("LogGroup")["RetentionInDays"] == "90"
    assert container(stack)["LogConfiguration"]["Options"]["awslogs-group"] == "[LogGroup]"


def test_the_bot_accepts_no_connections() -> None:
    stack = bot()
    assert "SecurityGroupIngress" not in stack.properties("BotSecurityGroup")
    (ingress,) = stack.of_type("AWS::EC2::SecurityGroupIngress").values()
    assert ingress["GroupId"] == "[DatabaseSecurityGroup].GroupId"
    assert ingress["SourceSecurityGroupId"] == "[BotSecurityGroup].GroupId"


def test_commands_in_tasks_are_an_option_and_need_a_writable_root() -> None:
    assert container(bot())["ReadonlyRootFilesystem"]
    assert "execute-command" not in bot().policies("TaskRole")
    stack = bot(EnableExecuteCommand="yes")
    assert not container(stack)["ReadonlyRootFilesystem"]
    assert stack.properties("Service")["EnableExecuteCommand"]
    assert "execute-command" in stack.policies("TaskRole")


def dockerfile(name: str) -> list[str]:
    """The arguments of each instruction, on one line."""
    joined = re.sub(r"\\\n\s*", "", (ROOT / "Dockerfile").read_text())
    return re.findall(rf"^{name} (.+)$", joined, re.MULTILINE)


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for line in dockerfile("ENV") for pair in shlex.split(line))


@DATABASES
def test_the_container_fits_the_image(database: str) -> None:
    stack = bot(Database=database)
    (user,) = dockerfile("USER")
    assert container(stack)["User"] == user
    (health,) = re.findall(
        r"^HEALTHCHECK .*CMD (.+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE
    )
    assert container(stack)["HealthCheck"]["Command"] == ["CMD", *json.loads(health)]
    assert json.loads(health)[1] in COMMANDS
    assert "Command" not in container(stack)
    ours = {**image_environment(), **environment(stack)}
    assert {name.lower() for name in ours if name.startswith("ECR_")} <= {*Environment.model_fields}


@DATABASES
def test_the_bot_writes_only_to_volumes(database: str) -> None:
    """The root file system is read-only. Fargate gives an empty volume the owner that the image's
    volume at the same path has, else root."""
    stack = bot(Database=database)
    mounts = {
        each["ContainerPath"]: each["SourceVolume"] for each in container(stack)["MountPoints"]
    }
    ours = {**image_environment(), **environment(stack)}
    assert f"{ours['XDG_CACHE_HOME']}/ecr-clean" in mounts
    assert any(ours["ECR_CLEAN_HEARTBEAT"].startswith(f"{path}/") for path in mounts)
    assert ours["TMPDIR"] in mounts
    assert (f"{ours['XDG_STATE_HOME']}/ecr-clean" in mounts) is (database == "sqlite")
    declared = [path for line in dockerfile("VOLUME") for path in json.loads(line)]
    assert [path for path, volume in mounts.items() if volume == "cache"] == declared


def test_the_bot_has_time_to_stop() -> None:
    assert 30 < container(bot())["StopTimeout"] <= 120
