"""Accounts and services that a repository policy lets pull, and those that are not scanned."""

import json
from typing import Any

import pytest

from bot.core.repository import Puller, RegistryId, pullers
from bot.core.usage import SOURCES, ScanCoverage
from bot.render.plan_problem_sentences import fix_for_services, services_words

ONE, TWO = "111111111111", "222222222222"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
LAMBDA = "lambda.amazonaws.com"
EMR = "emr-serverless.amazonaws.com"


def who_pulls(principal: Any, action: Any = PULL, **more: Any) -> set[Puller]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return set(pullers(json.dumps({"Statement": [statement]})))


def accounts(principal: Any, action: Any = PULL, **more: Any) -> set[str]:
    """The accounts of a statement without services."""
    found = who_pulls(principal, action, **more)
    assert all(puller.service is None for puller in found)
    return {puller.account for puller in found}


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ({"AWS": ONE}, {ONE}),
        ({"AWS": f"arn:aws:iam::{ONE}:root"}, {ONE}),
        ({"AWS": [f"arn:aws:iam::{ONE}:role/deploy", f"arn:aws-cn:iam::{TWO}:user/x"]}, {ONE, TWO}),
        ("*", {"*"}),
        ({"AWS": "*"}, {"*"}),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, set()),
    ],
)
def test_principals(principal: Any, who: set[str]) -> None:
    assert accounts(principal) == who


@pytest.mark.parametrize(
    ("action", "lets_pull"),
    [
        ("ecr:BatchGetImage", True),
        ("ECR:batchgetimage", True),
        ("ecr:GetDownloadUrlForLayer", True),
        ("ecr:*", True),
        ("*", True),
        (["ecr:DescribeImages", "ecr:Batch*"], True),
        ("ecr:PutImage", False),
        ([], False),
    ],
)
def test_actions_that_allow_pulls(action: Any, lets_pull: bool) -> None:  # noqa: FBT001
    assert accounts({"AWS": ONE}, action) == ({ONE} if lets_pull else set())


@pytest.mark.parametrize(
    ("condition", "who"),
    [
        ({"StringLike": {"aws:sourceArn": f"arn:aws:lambda:eu-west-1:{ONE}:function:*"}}, {ONE}),
        ({"StringEquals": {"aws:SourceAccount": [ONE, TWO]}}, {ONE, TWO}),
        ({"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{TWO}:role/x"}}, {TWO}),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, {"*"}),
        ({"StringLike": {"aws:sourceArn": "arn:aws:lambda:*:*:function:*"}}, {"*"}),
        ({"StringEqualsIfExists": {"aws:SourceAccount": ONE}}, {"*"}),
        ({"StringNotEquals": {"aws:PrincipalAccount": ONE}}, {"*"}),
    ],
)
def test_a_condition_restricts_a_principal(condition: Any, who: set[str]) -> None:
    services = {"Service": [LAMBDA, EMR]}
    assert who_pulls(services, Condition=condition) == {
        Puller(account, service) for account in who for service in (LAMBDA, EMR)
    }
    assert {each.account for each in who_pulls("*", Condition=condition)} == who
    assert accounts({"AWS": TWO}, Condition=condition) == {TWO}


def test_a_service_without_conditions() -> None:
    assert who_pulls({"AWS": ONE, "Service": "Lambda.amazonaws.com"}) == {
        Puller(ONE),
        Puller("*", LAMBDA),
    }


@pytest.mark.parametrize(
    ("key", "value", "service"),
    [
        ("aws:SourceAccount", ONE, "*"),
        ("aws:SourceArn", f"arn:aws:emr-serverless:eu-west-1:{ONE}:/applications/*", EMR),
        ("aws:PrincipalAccount", ONE, None),
    ],
)
def test_conditions_of_a_statement_for_any_principal(
    key: str, value: str, service: str | None
) -> None:
    """Only requests of services have the first two keys."""
    condition = {"StringLike": {key: value}}
    assert who_pulls("*", Condition=condition) == {Puller(ONE, service)}


def test_denied_principals_are_ignored() -> None:
    assert accounts({"AWS": ONE}, Effect="Deny") == set()


def test_a_statement_without_principal_and_action_allows_all() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": ONE}, "NotAction": "ecr:PutImage"}
    assert pullers(json.dumps({"Statement": statement})) == {Puller("*")}


@pytest.mark.parametrize(
    "policy",
    ["", "[]", "{}", '{"Statement": ["x"]}', '{"Statement": {"Effect": "Allow", "Action": [7]}}'],
)
def test_invalid_policies(policy: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        pullers(policy)


HERE = RegistryId(ONE, "eu-west-1")


@pytest.mark.parametrize(
    ("ignored", "unseen"),
    [(set(), ("*", TWO)), ({TWO}, ("*",)), ({"*"}, (TWO,)), ({"*", TWO}, ())],
)
def test_unscanned_accounts(ignored: set[str], unseen: tuple[str, ...]) -> None:
    coverage = ScanCoverage(frozenset({HERE}), ignored_accounts=frozenset(ignored))
    assert coverage.unscanned_accounts(map(Puller, (ONE, TWO, "*"))) == unseen


@pytest.mark.parametrize(
    ("service", "sources"),
    [
        ("lambda.amazonaws.com", "lambda"),
        ("lambda.eu-west-1.amazonaws.com", "lambda"),
        ("ecs-tasks.amazonaws.com.cn", "ecs"),
        ("ecs.amazonaws.com", "ecs"),
        ("build.apprunner.amazonaws.com", "app_runner"),
        ("tasks.apprunner.amazonaws.com", "app_runner"),
        ("batch.amazonaws.com", "batch"),
        ("sagemaker.eusc-de-east-1.amazonaws.eu", "sagemaker"),
        ("codebuild.amazonaws.com", "codebuild"),
        ("eks.amazonaws.com", "kubernetes"),
        ("lambda.us-isob-east-1.sc2s.sgov.gov", "lambda"),
    ],
)
def test_a_service_is_scanned_only_by_its_source(service: str, sources: str) -> None:
    """And only if the source is on."""
    puller = [Puller(ONE, service)]
    every_other = frozenset(SOURCES) - {sources}
    assert ScanCoverage(frozenset(), sources=frozenset({sources})).unscanned_services(puller) == ()
    assert ScanCoverage(frozenset(), sources=every_other).unscanned_services(puller) == (service,)


@pytest.mark.parametrize(
    "service",
    [EMR, "omics.amazonaws.com", "ec2.amazonaws.com", "edgelambda.amazonaws.com", "*", "lambda"],
)
def test_a_service_without_a_source(service: str) -> None:
    pulling = [Puller(ONE, service), Puller(TWO, service), Puller(ONE, LAMBDA)]
    places, sources = frozenset({HERE}), frozenset(SOURCES)
    coverage = ScanCoverage(places, sources=sources)
    assert coverage.unscanned_services(pulling) == (service,)
    assert coverage.unscanned_accounts(pulling) == ()
    ignoring = ScanCoverage(places, sources=sources, ignored_services=frozenset({service}))
    assert ignoring.unscanned_services(pulling) == ignoring.unscanned_accounts(pulling) == ()


def test_the_accounts_of_a_scanned_service() -> None:
    coverage = ScanCoverage(frozenset({HERE}), sources=frozenset({"lambda"}))
    pulling = [Puller(ONE, LAMBDA), Puller(TWO, LAMBDA), Puller("*", LAMBDA)]
    assert coverage.unscanned_accounts(pulling) == ("*", TWO)


def test_the_fix_for_unscanned_services() -> None:
    assert services_words(["*", EMR]) == f"any service, {EMR}"
    assert fix_for_services([LAMBDA, EMR]).startswith("switch on usage.lambda, or list the images")
    assert fix_for_services([EMR]).startswith("list the images")


def test_a_region_of_a_known_account_may_be_unscanned() -> None:
    there = RegistryId(ONE, "us-east-1")
    assert list(ScanCoverage(frozenset({HERE})).unscanned([HERE, there])) == [there]


def test_the_registrys_own_account_needs_no_scan() -> None:
    coverage = ScanCoverage(frozenset(), own_accounts=frozenset({ONE}))
    assert coverage.unscanned_accounts([Puller(ONE), Puller(TWO)]) == (TWO,)
