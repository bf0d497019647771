"""Credentials are opened once for all users of a session, and renewed when needed."""

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier

import boto3
import pytest

from bot.aws.aws_api import caller_arn
from bot.aws.sessions import client_config
from bot.bootstrap.planning import identify
from bot.bootstrap.sources import session_of
from bot.core.errors import ExpiredCredentialsError, RequestError, ServiceError
from bot.playground.aws import AwsStandIn, Fault
from bot.playground.aws.identity import DEFAULT_KEY
from bot.settings.load import load_settings
from tests.cli.plan_execution import until
from tests.support import Run, Shelf

HERE = "123456789012"
ADMIN = f"arn:aws:iam::{HERE}:role/admin"
READER = f"arn:aws:iam::{HERE}:role/reader"
WITH_MFA = f"""\
[profile admin]
role_arn = {ADMIN}
source_profile = me
mfa_serial = arn:aws:iam::{HERE}:mfa/me
[profile me]
aws_access_key_id = {DEFAULT_KEY}
aws_secret_access_key = test
"""
TWO_REGISTRIES = "registries: [{region: eu-west-1}, {region: us-east-1}]"

Configure = Callable[[str], Path]


@pytest.fixture
def configure(environment: Path, monkeypatch: pytest.MonkeyPatch) -> Configure:
    """Writes boto3's configuration file, in place of credentials in the environment."""

    def write(text: str) -> Path:
        file = environment / "aws-config"
        file.write_text(text)
        return file

    monkeypatch.setenv("AWS_CONFIG_FILE", str(environment / "aws-config"))
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    return write


@pytest.fixture
def prompts(aws: AwsStandIn, configure: Configure, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The prompts for MFA codes in the terminal. Answers each with a code."""
    aws.world.identities.add_role(ADMIN, needs_mfa=True)
    configure(WITH_MFA)
    monkeypatch.setenv("AWS_PROFILE", "admin")
    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return f"{len(asked):06}"

    monkeypatch.setattr("getpass.getpass", answer)
    return asked


def arn_of(session: boto3.Session) -> str:
    sts = session.client("sts", region_name="eu-west-1", config=client_config())
    return str(sts.get_caller_identity()["Arn"])


# one prompt


def test_two_registries_need_one_mfa_code(
    aws: AwsStandIn, prompts: list[str], plan: Run, settings_file: Callable[[str], Path]
) -> None:
    Shelf(aws, "team/api").image("a")
    Shelf(aws, "team/web", region="us-east-1").image("b")
    settings_file(TWO_REGISTRIES)
    result = plan("team/*")
    assert (result.status, result.err) == (0, "")
    assert len(result.plans) == 2
    assert prompts == [f"Enter MFA code for arn:aws:iam::{HERE}:mfa/me: "]
    assert aws.world.calls.count("sts:AssumeRole") == 1


def test_sources_and_roles_need_no_second_mfa_code(
    aws: AwsStandIn, prompts: list[str], plan: Run, settings_file: Callable[[str], Path]
) -> None:
    """The role of both registries is also assumed once."""
    aws.world.identities.add_role(READER)
    Shelf(aws, "team/api").image("a")
    registries = ", ".join(
        f"{{region: {region}, role_arn: '{READER}'}}" for region in ("eu-west-1", "us-east-1")
    )
    settings_file(
        f"registries: [{registries}]\nusage: {{expect_none: true, accounts: "
        f"[{{account: '{HERE}', regions: [eu-west-1, us-east-1, eu-north-1]}}]}}"
    )
    result = plan("team/api")
    assert (result.status, result.err) == (0, "")
    assert len(prompts) == 1
    assert aws.world.calls.count("sts:AssumeRole") == 2


@pytest.mark.usefixtures("prompts")
def test_threads_wait_for_the_one_mfa_code(prompts: list[str]) -> None:
    start = Barrier(8)

    def ask(_: int) -> str:
        start.wait(10)
        return arn_of(session_of(None))

    with ThreadPoolExecutor(8) as pool:
        arns = set(pool.map(ask, range(8)))
    assert len(arns) == 1
    assert len(prompts) == 1


def test_a_wrong_mfa_code_fails_for_all(
    aws: AwsStandIn, prompts: list[str], run: Run, settings_file: Callable[[str], Path]
) -> None:
    aws.world.identities.use_mfa_code("000001")
    settings_file(TWO_REGISTRIES)
    result = run("doctor")
    assert result.status == 1
    assert "invalid MFA one time pass code" in " ".join(result.out.split())
    for region in ("eu-west-1", "us-east-1"):
        with pytest.raises(ServiceError, match="MultiFactorAuthentication failed"):
            identify_in(region)
    assert len(prompts) == 1


def identify_in(region: str) -> None:
    caller_arn(session_of(None), [region])


def test_a_disabled_region_needs_no_second_mfa_code(
    aws: AwsStandIn, prompts: list[str], run: Run, settings_file: Callable[[str], Path]
) -> None:
    """A Region that the account has not enabled."""
    Shelf(aws, "team/api").image("a")
    aws.world.faults.add(
        Fault(operation="DescribeRepositories", error="UnrecognizedClientException")
    )
    settings_file(TWO_REGISTRIES)
    result = run("doctor")
    assert result.status == 1
    assert "AWS does not accept the credentials" in " ".join(result.out.split())
    assert len(prompts) == 1


def test_an_expired_mfa_session_is_opened_again(aws: AwsStandIn, prompts: list[str]) -> None:
    """botocore does not renew it: RefreshWithMFAUnsupportedError."""
    now = datetime.now(UTC)
    aws.world.clock.set(now - timedelta(minutes=55))
    arn_of(session_of(None))
    with pytest.raises(
        ExpiredCredentialsError, match="opened with an MFA code has expired: run the command"
    ):
        identify(load_settings(None))
    aws.world.clock.set(now)
    identify(load_settings(None))
    assert len(prompts) == 2


# shared and renewed sessions


def test_equal_arguments_get_the_same_session(aws: AwsStandIn) -> None:
    aws.world.identities.add_role(READER, external_id="x")
    assert session_of(None) is session_of(None, region="us-east-1")
    by_role = session_of(READER, "x", "eu-west-1")
    assert session_of(READER, "x", "us-east-1") is by_role
    assert session_of(READER, "y", "eu-west-1") is not by_role
    assert session_of(None) is not by_role


@pytest.mark.usefixtures("environment")
def test_tokens_of_the_global_endpoint_are_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", "legacy")
    regions = [session_of(READER, None, region) for region in ("eu-west-1", "eu-south-1")]
    assert regions[0] is not regions[1]


def test_new_keys_in_the_file_are_found(aws: AwsStandIn, configure: Configure) -> None:
    keys = "[default]\naws_access_key_id = {}\naws_secret_access_key = test\n"
    aws.world.identities.add_user("bobs-key", "bob")
    configure(keys.format(DEFAULT_KEY))
    assert arn_of(session_of(None)).endswith("user/demo")
    configure(keys.format("bobs-key"))
    assert arn_of(session_of(None)).endswith("user/bob")


def test_process_credentials_without_expiry_are_loaded_again(
    aws: AwsStandIn, configure: Configure, environment: Path
) -> None:
    """They are loaded again once AWS reports them as expired."""
    role = aws.world.identities.add_role(READER)
    for number in (1, 2):
        principal = aws.world.identities.open_session(
            role,
            f"run-{number}",
            aws.world.clock.now() + timedelta(hours=number),
            external_id=None,
            policy=None,
        )
        assert principal.session
        given = principal.session
        (environment / f"keys-{number}").write_text(
            f'{{"Version": 1, "AccessKeyId": "{given.access_key}", '
            f'"SecretAccessKey": "{given.secret_key}", "SessionToken": "{given.token}"}}'
        )
    (environment / "keys").symlink_to("keys-1")
    configure(f"[default]\ncredential_process = /bin/cat {environment / 'keys'}\n")
    assert arn_of(session_of(None)).endswith("run-1")
    (environment / "keys").unlink()
    (environment / "keys").symlink_to("keys-2")
    assert arn_of(session_of(None)).endswith("run-1")
    aws.world.clock.set(aws.world.clock.now() + timedelta(minutes=61))
    with pytest.raises(ExpiredCredentialsError):
        identify(load_settings(None))
    assert arn_of(session_of(None)).endswith("run-2")


# AWS_REGION


def test_aws_region_takes_precedence(
    aws: AwsStandIn, plan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(aws, "team/api", region="us-east-1").image("a")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert plan().plan["region"] == "us-east-1"


def test_aws_region_alone_is_enough(
    aws: AwsStandIn, plan: Run, monkeypatch: pytest.MonkeyPatch, configure: Configure
) -> None:
    """It takes precedence over the profile's Region, like AWS_DEFAULT_REGION."""
    configure(
        f"[default]\nregion = eu-north-1\naws_access_key_id = {DEFAULT_KEY}\n"
        "aws_secret_access_key = test\n"
    )
    Shelf(aws, "team/api", region="us-east-1").image("a")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    assert plan().plan["region"] == "us-east-1"


@pytest.mark.parametrize("region", ["", None])
def test_without_aws_region_the_default_region_applies(
    region: str | None, aws: AwsStandIn, plan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(aws, "team/api", region="us-east-1").image("a")
    monkeypatch.delenv("AWS_REGION") if region is None else monkeypatch.setenv("AWS_REGION", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert plan().plan["region"] == "us-east-1"


# a hanging program


def test_a_hanging_credential_process_is_killed_with_its_children(
    configure: Configure, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.aws.credentials.PROCESS_TIMEOUT", 1.0)
    script = environment / "hangs.sh"
    script.write_text(f"sleep 60 & echo $$ $! > {environment}/pids; wait\n")
    configure(
        f"[profile role]\nrole_arn = {READER}\nsource_profile = slow\n"
        f"[profile slow]\ncredential_process = /bin/sh {script} --token SECRET\n"
    )
    for profile in ("slow", "role"):
        monkeypatch.setenv("AWS_PROFILE", profile)
        with pytest.raises(ServiceError) as caught:
            identify(load_settings(None))
        assert str(caught.value) == (
            "The credential_process of the AWS profile slow did not finish within 1 seconds and "
            "was stopped: run it in a terminal to see what it waits for"
        )
        if sys.platform == "linux":
            pids = (environment / "pids").read_text().split()
            assert len(pids) == 2
            until(lambda: not any(map(is_running, pids)))  # noqa: B023 - called at once


def is_running(pid: str) -> bool:
    """False for zombies."""
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


def test_a_worker_asks_for_no_mfa_code(prompts: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Slack users would have to wait for a user at the worker's terminal."""
    monkeypatch.setattr("multiprocessing.parent_process", object)
    with pytest.raises(ServiceError, match="needs an MFA code, and there is no terminal"):
        identify(load_settings(None))
    assert prompts == []


def test_an_invalid_region_is_a_settings_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu west 1")
    with pytest.raises(RequestError, match="'eu west 1' cannot be the name of an AWS Region"):
        identify(load_settings(None))
