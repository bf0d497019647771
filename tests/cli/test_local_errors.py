"""Errors in boto3's configuration and credential providers. Each has one sentence with the fix,
without text of programs or files."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import pytest

from bot.aws.aws_api import caller_arn
from bot.bootstrap.sources import session_of
from bot.core.errors import ServiceError
from tests.support import Run, Shelf

SECRET = "what-nobody-may-read"
ROLE = "arn:aws:iam::123456789012:role/reader"
SSO = "sso_account_id = 123456789012\nsso_role_name = reader\n"
SSO_SESSION = (
    "[sso-session corp]\nsso_start_url = https://corp.awsapps.com/start\nsso_region = eu-west-1\n"
)
BY_SSO = f"[profile dev]\nsso_session = corp\n{SSO}{SSO_SESSION}"
OWN_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
FILES = {
    "token-without-sense": b"\xff\xfe" + SECRET.encode(),
    "token-of-nothing": b"",
    "fails.sh": f"echo {SECRET} >&2; exit 3\n".encode(),
    "babbles.sh": f"echo {SECRET}\n".encode(),
    "lists.sh": f"echo '[\"{SECRET}\"]'\n".encode(),
    "halves.sh": f'echo \'{{"Version": 1, "AccessKeyId": "{SECRET}"}}\'\n'.encode(),
    "garbage": SECRET.encode(),
}


@dataclass(frozen=True)
class Case:
    """A wrong configuration. `status`: of `plan`. `config`: boto3's file; with one, no keys are in
    the environment. `{folder}` is the folder of FILES."""

    name: str
    status: int
    words: tuple[str, ...]
    config: str = ""
    variables: Mapping[str, str | None] = field(default_factory=dict)


def by_token(file: str) -> Mapping[str, str | None]:
    return without_keys(AWS_ROLE_ARN=ROLE, AWS_WEB_IDENTITY_TOKEN_FILE=file)


def without_keys(**more: str) -> Mapping[str, str | None]:
    return {**dict.fromkeys(OWN_KEYS), **more}


def program(text: str) -> str:
    return f"[default]\ncredential_process = {text}\n"


LOG_IN = "There is no valid AWS SSO session: run `aws sso login --profile "
FAILED_PROGRAM = "The credential_process of the AWS profile default failed: run it in a terminal"
WRONG = "boto3's own settings are wrong: "
UNREADABLE = "The AWS credentials cannot be read"
FIX_TOKEN = "correct AWS_WEB_IDENTITY_TOKEN_FILE, or let this user read it"
FIX_CONTAINER = "correct AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
AT_CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://127.0.0.1:1/keys"}

CASES = [
    # web identity tokens
    Case(
        "no token",
        1,
        ("/no/token: No such file or directory", FIX_TOKEN),
        variables=by_token("/no/token"),
    ),
    Case("a folder for a token", 1, ("Is a directory", FIX_TOKEN), variables=by_token("{folder}")),
    Case(
        "a token of the profile",
        1,
        ("/no/token: No such file", "correct the AWS profile default, which names it"),
        config=f"[default]\nrole_arn = {ROLE}\nweb_identity_token_file = /no/token\n",
    ),
    Case("a binary token", 1, (UNREADABLE,), variables=by_token("{folder}/token-without-sense")),
    Case(
        "an empty token",
        2,
        ("web identity token is malformed",),
        variables=by_token("{folder}/token-of-nothing"),
    ),
    # IAM Identity Center, and aws login
    Case("sso", 1, (f"{LOG_IN}dev`",), BY_SSO, {"AWS_PROFILE": "dev"}),
    Case(
        "sso without a session",
        1,
        (f"{LOG_IN}default`",),
        f"[default]\n{SSO}sso_start_url = https://x.awsapps.com/start\nsso_region = eu-west-1\n",
    ),
    Case(
        "sso behind a role",
        1,
        (f"{LOG_IN}dev`",),
        f"[profile admin]\nrole_arn = {ROLE}\nsource_profile = dev\n{BY_SSO}",
        {"AWS_PROFILE": "admin"},
    ),
    Case("half of sso", 2, (WRONG, "sso_start_url"), f"[default]\n{SSO}"),
    Case(
        "aws login without its package",
        2,
        ("profile default uses `login_session`", "pip install 'botocore[crt]'"),
        "[default]\nlogin_session = arn:aws:iam::123456789012:user/me\n",
    ),
    # programs
    Case("a program fails", 1, (FAILED_PROGRAM,), program("/bin/sh {folder}/fails.sh")),
    Case("no program", 1, ("/no/program: No such file",), program(f"/no/program {SECRET}")),
    Case("a program babbles", 1, (UNREADABLE,), program("/bin/sh {folder}/babbles.sh")),
    Case("a program lists", 1, (UNREADABLE,), program("/bin/sh {folder}/lists.sh")),
    Case("a program gives half", 1, (FAILED_PROGRAM,), program("/bin/sh {folder}/halves.sh")),
    Case("an open quote", 1, (UNREADABLE,), program(f'"/bin/sh {SECRET}')),
    # containers
    Case(
        "no token for the container's agent",
        1,
        ("/no/token: No such file", FIX_CONTAINER),
        variables=without_keys(AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="/no/token", **AT_CONTAINER),
    ),
    Case(
        "a token for it with a line feed inside",
        2,
        ("AWS_CONTAINER_AUTHORIZATION_TOKEN",),
        variables=without_keys(AWS_CONTAINER_AUTHORIZATION_TOKEN=f"{SECRET}\nx", **AT_CONTAINER),
    ),
    Case(
        "no agent",
        1,
        ("The container's credentials could not be read", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
        variables=without_keys(**AT_CONTAINER),
    ),
    # profiles and files
    Case("no profile", 2, ("nobody", "set AWS_PROFILE"), variables={"AWS_PROFILE": "nobody"}),
    Case(
        "profiles in a circle",
        2,
        (WRONG, "Infinite loop"),
        f"[profile a]\nrole_arn = {ROLE}\nsource_profile = b\n"
        f"[profile b]\nrole_arn = {ROLE}\nsource_profile = a\n",
        {"AWS_PROFILE": "a"},
    ),
    Case(
        "no source profile",
        2,
        (WRONG, 'source_profile "b"'),
        f"[default]\nrole_arn = {ROLE}\nsource_profile = b\n",
    ),
    Case(
        "no source",
        1,
        ("No AWS credentials were found (source_profile or credential_source is missing)",),
        f"[default]\nrole_arn = {ROLE}\n",
    ),
    Case("a file of garbage", 2, (WRONG, "Unable to parse"), SECRET),
    Case(
        "a folder for the settings",
        2,
        ("profile (dev) could not be found", "{folder} cannot be read (Is a directory)"),
        variables={"AWS_CONFIG_FILE": "{folder}", "AWS_PROFILE": "dev"},
    ),
    Case(
        "a folder for the keys",
        1,
        ("No AWS credentials were found; {folder} cannot be read (Is a directory)",),
        variables=without_keys(AWS_SHARED_CREDENTIALS_FILE="{folder}"),
    ),
    # Regions, endpoints and the rest
    Case(
        "no Region's name",
        2,
        ("'eu west 1' cannot be the name of an AWS Region", "correct AWS_REGION"),
        variables={"AWS_REGION": "eu west 1"},
    ),
    Case(
        "a Region that is none",
        1,
        ("the host api.ecr.eu-west-99.", "check the network, the Region"),
        variables={
            "AWS_REGION": "eu-west-99",
            **dict.fromkeys(("AWS_ENDPOINT_URL", "HTTPS_PROXY", "https_proxy")),
        },
    ),
    Case(
        "an endpoint that is none",
        2,
        ("boto3 cannot use its own settings", "AWS_ENDPOINT_URL"),
        variables={"AWS_ENDPOINT_URL": f"http://me:{SECRET}@ho st"},
    ),
    Case("no number", 2, ("AWS_MAX_ATTEMPTS",), variables={"AWS_MAX_ATTEMPTS": "many"}),
    Case(
        "neither legacy nor regional",
        2,
        (WRONG, "STS regional endpoints"),
        variables={"AWS_STS_REGIONAL_ENDPOINTS": "nonsense"},
    ),
    Case("no defaults", 2, (WRONG, "defaults mode"), variables={"AWS_DEFAULTS_MODE": "nonsense"}),
]


@pytest.fixture(params=CASES, ids=[each.name for each in CASES])
def case(
    request: pytest.FixtureRequest,
    shelf: Shelf,
    environment: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Case:
    shelf.image("a")
    given: Case = request.param
    folder = environment / "given"
    folder.mkdir()
    for name, content in FILES.items():
        (folder / name).write_bytes(content)

    def settled(text: str) -> str:
        return text.replace("{folder}", str(folder))

    variables = dict(given.variables)
    if given.config:
        (environment / "aws-config").write_text(settled(given.config))
        variables |= {"AWS_CONFIG_FILE": str(environment / "aws-config"), **without_keys()}
    for name, value in variables.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, settled(value))
    return Case(given.name, given.status, tuple(map(settled, given.words)))


def test_a_command_prints_the_error(case: Case, plan: Run) -> None:
    result = plan()
    assert (result.status, result.out) == (case.status, "")
    for words in case.words:
        assert words in result.sentence
    assert SECRET not in result.err
    assert "bug of ecr-clean" not in result.err


def test_doctor_prints_the_error(case: Case, run: Run) -> None:
    result = run("doctor", "--format", "json")
    assert (result.status, result.err) == (1, "")
    checks = {finding["check"]: finding for finding in map(orjson.loads, result.out.splitlines())}
    assert list(checks) == ["settings", "credentials", "all else", "Slack"]
    assert checks["credentials"]["status"] == "FAILED"
    for words in case.words:
        assert words.replace("api.ecr.", "sts.") in checks["credentials"]["detail"]
    assert SECRET not in result.out


@pytest.fixture
def locked_folder(environment: Path) -> Iterator[None]:
    """A `~/.aws` that no user can enter, not even root."""
    folder = environment / ".aws"
    folder.mkdir()
    folder.chmod(0)
    own = os.geteuid()
    if own == 0:
        os.seteuid(65534)
    yield
    os.seteuid(own)
    folder.chmod(0o700)


@pytest.mark.usefixtures("locked_folder")
def test_a_folder_that_cannot_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*OWN_KEYS, "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.delenv(name)
    with pytest.raises(ServiceError, match=r"No AWS .* cannot be read .Permission denied.: let"):
        caller_arn(session_of(None))
