"""Which accounts a repository's policy lets pull."""

import json
from typing import Any

import pytest

from bot.core.coverage import Coverage
from bot.core.repository import RegistryId
from bot.core.repository_policy import accounts_that_may_pull

ONE, TWO = "111111111111", "222222222222"
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
LAMBDA = {"Service": "lambda.amazonaws.com"}


def accounts(principal: Any, action: Any = PULL, **more: Any) -> set[str]:
    statement = {"Effect": "Allow", "Principal": principal, "Action": action, **more}
    return set(accounts_that_may_pull(json.dumps({"Statement": [statement]})))


@pytest.mark.parametrize(
    ("principal", "who"),
    [
        ({"AWS": ONE}, {ONE}),
        ({"AWS": f"arn:aws:iam::{ONE}:root"}, {ONE}),
        ({"AWS": [f"arn:aws:iam::{ONE}:role/deploy", f"arn:aws-cn:iam::{TWO}:user/x"]}, {ONE, TWO}),
        ("*", {"*"}),
        ({"AWS": "*"}, {"*"}),
        (LAMBDA, {"*"}),
        ({"AWS": "AROAEXAMPLEEXAMPLE123"}, set()),
    ],
)
def test_who_is_named(principal: Any, who: set[str]) -> None:
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
def test_what_lets_pull(action: Any, lets_pull: bool) -> None:  # noqa: FBT001
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
def test_a_condition_may_narrow_an_open_principal(condition: Any, who: set[str]) -> None:
    assert accounts(LAMBDA, Condition=condition) == who
    assert accounts({"AWS": TWO}, Condition=condition) == {TWO}


def test_who_is_denied_counts_for_nothing() -> None:
    assert accounts({"AWS": ONE}, Effect="Deny") == set()


def test_what_is_left_out_leaves_all_open() -> None:
    statement = {"Effect": "Allow", "NotPrincipal": {"AWS": ONE}, "NotAction": "ecr:PutImage"}
    assert accounts_that_may_pull(json.dumps({"Statement": statement})) == {"*"}


@pytest.mark.parametrize(
    "policy",
    ["", "[]", "{}", '{"Statement": ["x"]}', '{"Statement": {"Effect": "Allow", "Action": [7]}}'],
)
def test_what_is_no_policy(policy: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        accounts_that_may_pull(policy)


HERE = RegistryId(ONE, "eu-west-1")


@pytest.mark.parametrize(
    ("ignored", "unseen"),
    [(set(), ("*", TWO)), ({TWO}, ("*",)), ({"*"}, (TWO,)), ({"*", TWO}, ())],
)
def test_who_pulls_unseen(ignored: set[str], unseen: tuple[str, ...]) -> None:
    coverage = Coverage(frozenset({HERE}), ignored_accounts=frozenset(ignored))
    assert coverage.unseen_pullers({ONE, TWO, "*"}) == unseen


def test_a_region_of_a_known_account_may_be_unseen() -> None:
    there = RegistryId(ONE, "us-east-1")
    assert list(Coverage(frozenset({HERE})).unseen([HERE, there])) == [there]


def test_ones_own_account_needs_no_look_of_its_own() -> None:
    coverage = Coverage(frozenset(), own_accounts=frozenset({ONE}))
    assert coverage.unseen_pullers({ONE, TWO}) == (TWO,)
