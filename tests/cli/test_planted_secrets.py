"""Every secret of the environment is planted where it could be printed: invalid, echoed by a
server, quoted by a library. None is printed, stored or sent."""

from datetime import timedelta
from itertools import product
from pathlib import Path

import pytest

from bot.core.redaction import AWS_SECRETS, MARK, SLACK_SECRETS
from bot.playground.aws import AwsStandIn, Fault
from tests.cli.stored_plans import Write
from tests.matrices import the_first
from tests.postgres import STRANGER, Server, without_password
from tests.support import NO_SOURCES, Run, Shelf, others_off
from tests.tables import stored_texts

SECRET = "S3CRET-planted/by+tests="
PARTS = (SECRET, "S3CRET", "planted", "by+tests")
URL = f"postgresql://ann:{SECRET.replace('/', '%2F')}@127.0.0.1:1/shop"
ROLE = "arn:aws:iam::123456789012:role/cleaner"

READ_BY_BOTO3 = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
EVERY = ("DATABASE_URL", *SLACK_SECRETS, *AWS_SECRETS)

ONE_OF_EACH_KIND = (
    "DATABASE_URL",
    "SLACK_BOT_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)
"""A database URL, a Slack token, an AWS secret, and the only one of these that may contain a
space."""

COMMANDS = (
    ("plan", "team/api"),
    ("propose", "team/api", "--format", "json"),
    ("plan", "team/*", "--format", "csv"),
    ("doctor",),
    ("doctor", "--format", "json"),
)
"""The second command stores what it prints, and the fourth checks everything: these two run with
every secret."""


@pytest.fixture(autouse=True)
def api(shelf: Shelf, own_database: Path) -> Shelf:
    del own_database
    shelf.images(12)
    return shelf


def _expect_nothing(said: str, folder: Path, *others: str) -> None:
    everything = "\n".join((said, *stored_texts(folder)))
    assert [part for part in (*PARTS, *others) if part in everything] == []


def _value(name: str, secret: str) -> str:
    return URL.replace(SECRET.replace("/", "%2F"), secret) if name == "DATABASE_URL" else secret


@pytest.mark.parametrize(
    ("name", "gap"),
    [
        *((name, "\n") for name in EVERY),
        *product(ONE_OF_EACH_KIND, ("\r", "\t", "\x1b", "\u2028", " \n ")),
    ],
)
def test_white_space_and_control_characters_are_refused(
    name: str, gap: str, run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, _value(name, f"S3CRET{gap}planted{gap}by+tests"))
    said = f"{name} contains an invalid character"
    result = run("--debug", "plan", "team/api")
    assert (result.status, result.out) == (2, "")
    assert f"ecr-clean: {said}" in result.err
    _expect_nothing(result.err, environment)
    result = run("--debug", "doctor", "--format", "json")
    assert result.status
    assert said in result.out + result.err
    _expect_nothing(result.out + result.err, environment)


def test_a_space_is_refused(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "S3CRET planted")
    assert run("plan", "team/api").status == 2


def test_secrets_that_may_contain_a_space(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "Basic S3CRET")
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{environment}/my files.db")
    assert run("propose", "team/api").status == 0
    assert (environment / "my files.db").exists()


@pytest.mark.parametrize("name", ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET"])
@pytest.mark.parametrize("command", ["serve", "report"])
def test_an_invalid_secret_prevents_the_start(
    name: str, command: str, run: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_file(f"{NO_SOURCES}\nreports: [{{channel: C0000000001}}]")
    for each in SLACK_SECRETS:
        monkeypatch.setenv(each, "xapp-S3CRET")
    monkeypatch.setenv(name, "xapp-S3CRET\nplanted")
    result = run(command)
    assert result.status == 2
    assert result.sentence.startswith(f"{name} contains an invalid character")


@pytest.mark.parametrize("name", READ_BY_BOTO3[:2])
@pytest.mark.parametrize("around", ["{}\n", " {}", "\t{}\r\n"])
def test_surrounding_white_space_is_stripped(
    name: str, around: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, around.format("test"))
    monkeypatch.setenv("AWS_SESSION_TOKEN", " \n")
    result = run("plan", "team/api")
    assert (result.status, result.err) == (0, "")


@pytest.mark.parametrize(
    "name", the_first(4, dict.fromkeys([*ONE_OF_EACH_KIND, *EVERY, "PGPASSWORD", "HTTPS_PROXY"]))
)
def test_a_server_that_quotes_the_secret(
    name: str,
    aws: AwsStandIn,
    run: Run,
    environment: Path,
    settings_file: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """In the answers of the registry and of a usage source."""
    settings_file(f"usage: {{{others_off('lambda')}}}")
    monkeypatch.setenv("SLACK_API_URL", "http://127.0.0.1:9/api/")
    secret = _plant(name, aws, monkeypatch)
    said = f"the request had {secret}, {secret!r} and {_value(name, secret)}"
    for operation in ("BatchGetImage", "ListFunctions", "GetRepositoryPolicy", "DescribeRegistry"):
        fault = Fault(operation=operation, error="Surprise", message=said, times=None)
        aws.world.faults.add(fault)
    for command in COMMANDS if name in ONE_OF_EACH_KIND else COMMANDS[1::2]:
        result = run("--debug", *command)
        assert result.status
        is_asked = name != "DATABASE_URL" or command == ("doctor",)
        assert (MARK in result.out + result.err) >= is_asked
        _expect_nothing(result.out + result.err, environment, secret)


@pytest.mark.parametrize("operation", ["DescribeImages", "BatchDeleteImage", "ListFunctions"])
def test_a_deletion_that_fails(
    operation: str,
    aws: AwsStandIn,
    run: Run,
    environment: Path,
    settings_file: Write,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The audit and the result have the reason without the secret."""
    settings_file(
        f"usage: {{{others_off('lambda')}, expect_none: true}}\nexecution: {{undo_window: 0s}}"
    )
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    (plan,) = run("propose", "team/api", "--format", "json").plans
    fault = Fault(operation=operation, error="Surprise", message=f"had {SECRET}", times=None)
    aws.world.faults.add(fault)
    result = run("--debug", "approve", plan["plan"], "--wait")
    assert result.status
    shown = (run("show", plan["plan"]), run("audit"), run("audit", "--format", "csv"))
    said = "".join(each.out + each.err for each in (result, *shown))
    assert MARK in said
    _expect_nothing(said, environment)


def _plant(name: str, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    """The current secret of the variable, in a form that the simulated server accepts."""
    if name in ("AWS_SESSION_TOKEN", "AWS_SECURITY_TOKEN"):
        return _plant_session(name, aws, monkeypatch)
    if name == "AWS_ACCESS_KEY_ID":
        key = SECRET.replace("/", "-")
        aws.world.identities.add_user(key, "demo")
        monkeypatch.setenv(name, key)
        return key
    value = f"http://ann:{SECRET}@127.0.0.1:1" if name == "HTTPS_PROXY" else _value(name, SECRET)
    monkeypatch.setenv(name, value)
    return SECRET


def _plant_session(name: str, aws: AwsStandIn, monkeypatch: pytest.MonkeyPatch) -> str:
    identities = aws.world.identities
    identities.add_role(ROLE)
    role = identities.role(ROLE)
    assert role
    end = aws.world.clock.now() + timedelta(hours=1)
    session = identities.open_session(role, "a", end, external_id=None, policy=None).session
    assert session
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", session.access_key)
    monkeypatch.setenv(name, session.token)
    return session.token


def test_an_invalid_token_in_the_credentials_file(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in READ_BY_BOTO3:
        monkeypatch.delenv(name, raising=False)
    file = environment / "credentials"
    file.write_text(
        "[default]\naws_access_key_id = test\naws_secret_access_key = test\n"
        "aws_session_token = S3CRET\n  planted\n"
    )
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    result = run("--debug", "plan", "team/api")
    assert result.status == 2
    assert "The AWS credentials cannot be sent" in result.err
    _expect_nothing(result.err, environment / "state")


def test_an_unreachable_database(
    run: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", URL)
    result = run("--debug", "plans")
    assert result.status == 1
    assert "The database shop on 127.0.0.1 cannot be used" in result.err
    _expect_nothing(result.err, environment)


@pytest.mark.parametrize("around", ["{}", "{}\n"])
def test_a_wrong_password_apart_from_the_url(
    around: str,
    run: Run,
    environment: Path,
    postgresql: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = without_password(postgresql.url.set(username=STRANGER))
    monkeypatch.setenv("DATABASE_URL", url.render_as_string())
    monkeypatch.setenv("PGPASSWORD", around.format(SECRET))
    result = run("--debug", "plans")
    assert result.status == 1
    assert "password authentication failed" in result.err
    assert "user and password in DATABASE_URL (or PGPASSWORD)" in result.err
    _expect_nothing(result.err, environment)
