"""Clients are built from the settings and the environment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.playground.aws import AwsStandIn, Fault
from tests.support import Run, Shelf

THERE = "210987654321"
ROLE = f"arn:aws:iam::{THERE}:role/ci/cleaner"
Write = Callable[[str], Path]


@pytest.fixture
def there(aws: AwsStandIn) -> Shelf:
    """A repository in another account, which only a role can read."""
    aws.world.identities.add_role(ROLE, external_id="the-id", trusts=["123456789012"])
    shelf = Shelf(aws, "team/there", account=THERE)
    shelf.image("a")
    return shelf


def through_role(external_id: str = "the-id", account: str = f", account: '{THERE}'") -> str:
    return f"registries: [{{role_arn: '{ROLE}', external_id: {external_id}{account}}}]"


@pytest.mark.parametrize("account", [f", account: '{THERE}'", ""])
def test_a_registry_behind_a_role(
    account: str, aws: AwsStandIn, there: Shelf, plan: Run, settings_file: Write
) -> None:
    settings_file(through_role(account=account))
    result = plan("team/there")
    assert result.status == 0
    assert result.plan["registry_id"] == THERE
    assert result.plan["savings"]["exact"] is True
    (session,) = aws.world.identities.sessions
    assert (session.role_arn, session.external_id) == (ROLE, "the-id")
    assert session.name.startswith("ecr-clean")
    assert {call.account for call in aws.world.calls.named("ecr:DescribeImages")} == {THERE}
    assert there.pulled_at("a") is not None


def test_a_wrong_external_id(there: Shelf, plan: Run, settings_file: Write) -> None:
    del there
    settings_file(through_role(external_id="wrong"))
    result = plan("team/there")
    assert (result.status, result.out) == (1, "")
    assert result.sentence.startswith("AWS refused sts:AssumeRole for ecr:DescribeRepositories")


def test_a_role_needs_credentials_to_assume_it(
    there: Shelf, plan: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    del there
    settings_file(through_role())
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    result = plan("team/there")
    assert (result.status, result.out) == (1, "")
    assert "No AWS credentials were found" in result.sentence


def test_another_account_without_a_role(
    aws: AwsStandIn, there: Shelf, plan: Run, settings_file: Write
) -> None:
    """Its account settings cannot be read: savings are inexact, and it is unknown whether deletions
    are replicated."""
    aws.world.grant(THERE, principal="123456789012")
    settings_file(f"registries: [{{account: '{THERE}'}}]")
    result = plan("team/there")
    assert result.status == 3
    assert result.plan["savings"]["exact"] is False
    assert "ecr:DescribeRegistry only works for the caller's own account" in result.err
    assert aws.world.calls.count("ecr:GetAccountSetting") == 0
    assert there.pulled_at("a") is not None


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_the_region_of_the_settings_takes_precedence(
    region: str, aws: AwsStandIn, plan: Run, settings_file: Write
) -> None:
    Shelf(aws, "team/api", region=region)
    settings_file(f"registries: [{{region: {region}}}]")
    assert plan().plan["region"] == region


def test_the_region_of_the_settings_suffices(
    aws: AwsStandIn, plan: Run, settings_file: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shelf(aws, "team/api", region="us-east-1")
    monkeypatch.delenv("AWS_REGION")
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    settings_file("registries: [{region: us-east-1}]")
    assert plan().plan["region"] == "us-east-1"


def test_the_price_of_the_settings_applies(shelf: Shelf, plan: Run, settings_file: Write) -> None:
    shelf.image("a")
    settings_file("price_per_gb_month: 1000\npolicies: [{keep: []}]")
    savings = plan().plan["savings"]
    assert savings["usd_per_month"] == savings["freed_bytes"] / 2**30 * 1000


def test_pins_of_the_settings_apply(shelf: Shelf, plan: Run, settings_file: Write) -> None:
    shelf.image("a")
    settings_file(
        "policies: [{keep: []}]\npins: [{repository: 'team/*', pin: a, reason: the audit}]"
    )
    (image,) = plan().plan["images"]
    assert image["verdict"] == "keep"
    assert image["reasons"][0]["rule"] == "pinned"
    assert "the audit" in image["reasons"][0]["detail"]


@pytest.mark.parametrize("given", ["", "relative", None])
def test_without_an_absolute_path_the_cache_is_in_the_home_folder(
    given: str | None, plan: Run, environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if given is None:
        monkeypatch.delenv("XDG_CACHE_HOME")
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", given)
    plan()
    assert [*environment.glob("**/manifests.db")] == [
        environment / ".cache" / "ecr-clean" / "manifests.db"
    ]


def test_the_cache_folder_of_the_environment(plan: Run, environment: Path) -> None:
    plan()
    assert (environment / "cache" / "ecr-clean" / "manifests.db").is_file()


def test_a_cache_that_cannot_be_used(shelf: Shelf, plan: Run, environment: Path) -> None:
    shelf.image("a")
    file = environment / "cache" / "ecr-clean" / "manifests.db"
    file.parent.mkdir(parents=True)
    file.write_text("no database at all, but long enough to look at" * 50)
    result = plan()
    assert (result.status, result.out) == (1, "")
    assert f"The manifest cache {file} cannot be used" in result.sentence
    assert "delete the file" in result.sentence


def test_calls_are_retried_by_default(
    aws: AwsStandIn, shelf: Shelf, plan: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.image("a")
    monkeypatch.delenv("AWS_MAX_ATTEMPTS")
    aws.world.faults.add(Fault(operation="DescribeImages", cut="before"))
    assert plan().status == 0
    assert aws.world.calls.count("ecr:DescribeImages") == 2
