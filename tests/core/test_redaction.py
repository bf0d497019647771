"""Removes secrets in every form, and nothing else."""

import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.redaction import MARK, Redactor, redactor_of

KEY = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLE"
WEAK = "postgres-pass"
TOKEN = "xoxb-" + "1234567890-1234567890-AbCdEf"
LONG = "A1b2" * 12
NOTHING = Redactor()


@pytest.mark.parametrize(
    "told",
    [KEY, repr(f"{KEY}\n"), json.dumps(f'{KEY}"'), quote(KEY, safe=""), f"b'{KEY}\\n'"],
)
def test_an_environment_value_in_every_form(told: str) -> None:
    redactor = redactor_of({"AWS_SECRET_ACCESS_KEY": f" {KEY}\n"})
    said = redactor.redact(f"before {told} behind")
    assert KEY not in said
    assert quote(KEY, safe="") not in said
    assert said.startswith("before ")
    assert said.endswith(" behind")


def test_each_line_of_a_value() -> None:
    redactor = redactor_of({"AWS_SESSION_TOKEN": "FirstPart1\nSecondPart2"})
    assert redactor.redact("FirstPart1") == MARK
    assert redactor.redact(r"b'FirstPart1\nSecondPart2'") == f"b'{MARK}'"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:Pa55%2Fword%40@db.example/shop",
        "postgresql://ann:Pa55/word@@db.example/shop",
        "postgresql://db.example/shop?user=ann&password=Pa55%2Fword%40",
    ],
)
def test_the_password_of_a_url(url: str) -> None:
    redactor = redactor_of({"DATABASE_URL": url})
    for told in (url, "Pa55/word@", quote("Pa55/word@", safe="")):
        assert "55" not in redactor.redact(f"({told})")


def test_a_password_that_may_be_a_word_is_removed_only_from_external_texts() -> None:
    redactor = redactor_of({"DATABASE_URL": f"postgresql://ann:{WEAK}@db/shop"})
    assert redactor.redact(f"the repository {WEAK}") == f"the repository {WEAK}"
    assert redactor.redact_external("no word of it") == "no word of it"
    assert redactor.redact_external(f"password {WEAK}, not {WEAK}ed") == (
        f"password {MARK}, not {WEAK}ed"
    )


def test_a_password_that_is_also_the_user_name_is_kept() -> None:
    redactor = redactor_of({"DATABASE_URL": "postgresql://postgres:postgres@db/postgres"})
    told = 'database "postgres" does not exist'
    assert redactor.redact_external(told) == told
    assert redactor.redact_external("at postgresql://postgres:postgres@db") == (
        f"at postgresql://{MARK}@db"
    )


def test_short_values_are_removed_only_by_their_format() -> None:
    redactor = redactor_of({"AWS_SECRET_ACCESS_KEY": "test", "SLACK_BOT_TOKEN": ""})
    assert redactor.redact_external("a test") == "a test"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (r"Invalid header value b'a \'b\' \n'", f"Invalid header value {MARK}"),
        ('Illegal header value "abc"', f"Illegal header value {MARK}"),
        ("Authorization: Bearer abc, then", f"Authorization: {MARK}, then"),
        ("{'Authorization': 'Basic abc'}", f"{{'Authorization': '{MARK}'}}"),
        ("x-amz-security-token:a+b/c=", f"x-amz-security-token:{MARK}"),
        ("?X-Amz-Signature=ab&X-Amz-Date=1", f"?X-Amz-Signature={MARK}&X-Amz-Date=1"),
        ("?X-Amz-Security-Token%3Dab&a", f"?X-Amz-Security-Token%3D{MARK}&a"),
        (
            "wss://slack.example/link?ticket=ab-c&app=1",
            f"wss://slack.example/link?ticket={MARK}&app=1",
        ),
        ("host=db password=hunter2 user=a", f"host=db password={MARK} user=a"),
        ('{"SecretAccessKey": "abc"}', f'{{"SecretAccessKey": "{MARK}"}}'),
        ("proxy http://ann:pw@proxy:80", f"proxy http://{MARK}@proxy:80"),
        (f"Bearer {LONG} is", f"Bearer {MARK} is"),
        (f"the token {TOKEN} is", f"the token {MARK} is"),
        ("xapp-1-A0B1C2D3-123-abcdef0123", MARK),
        ("AKIAIOSFODNN7EXAMPLE", MARK),
        (f"FwoG{LONG}==", MARK),
        ("eyJhbGciOiJ9.eyJzdWIiOiJ9.sig-na_ture", MARK),
        ("k8s-aws-v1.aHR0cHM6Ly9", MARK),
        ("-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----.", f"{MARK}."),
    ],
)
def test_texts_with_the_format_of_a_secret(text: str, said: str) -> None:
    assert NOTHING.redact(text) == said
    assert NOTHING.redact(said) == said


@pytest.mark.parametrize(
    "text",
    [
        "docker-pullable://ubuntu@sha256:" + "a" * 64,
        "containerd://123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/api@sha256:" + "a" * 64,
        "xoxo-1, xapp-1.2.3, AKIAbc, eyJay.v1, asia-east1-docker.pkg.dev/a:b",
        "Basic authentication, Bearer tokens, cookies",
        "arn:aws:iam::123456789012:role/path/secret-reader",
        "check that it runs, and check host, database, user and password in DATABASE_URL "
        "(or PGPASSWORD)",
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/DATABASE is allowed",
        "https://team.slack.com/archives/C1/p1?thread_ts=1.2&cid=C1",
        "sha256-" + "0" * 64 + ".sig",
    ],
)
def test_texts_without_secrets_are_unchanged(text: str) -> None:
    redactor = redactor_of({"AWS_SECRET_ACCESS_KEY": KEY, "DATABASE_URL": "sqlite:////a/b.db"})
    assert redactor.redact_external(text) == text


@given(st.from_regex(r"[a-z0-9_][a-z0-9._-]{0,60}", fullmatch=True))
def test_tags_are_unchanged(tag: str) -> None:
    if "xox" not in tag and "xapp-" not in tag and "k8s-aws-v1." not in tag:
        assert NOTHING.redact(f"team/api:{tag} ({tag})") == f"team/api:{tag} ({tag})"


@pytest.mark.parametrize(
    "unit", ["-eyJ", "eyJaaaaaaaa.", "invalid header '", "authorization ", "://a", "-----BEGIN "]
)
def test_texts_that_are_made_to_be_slow(unit: str) -> None:
    """Names of workloads may be any text. In quadratic time, this would take minutes."""
    assert NOTHING.redact(unit * (200_000 // len(unit)))
