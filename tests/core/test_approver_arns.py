"""Regular expressions for the ARNs of approvers. tests/core/test_permissions.py has globs."""

import pytest

from bot.core.approver_arns import ArnPattern, check_arn_pattern
from bot.core.errors import PatternError

USER = "arn:aws:iam::123456789012:user/team/ann"
ROLE = "arn:aws:sts::123456789012:assumed-role/Ops/ann"


@pytest.mark.parametrize(
    ("pattern", "arn"),
    [
        ("/arn:aws:iam::123456789012:user/team/(ann|bob)/", USER),
        ("arn:aws:iam::123456789012:user/team/*", USER),
        ("/arn:aws:iam::123456789012:USER/.*/", USER),
        ("/arn:aws:iam::123456789012:user/x|user/team/.*/", USER),
        ("/arn:.*:iam::123456789012:user/team/ann/", USER),
        ("/arn:aws:sts::123456789012:assumed-role/Ops/[a-z]+/", ROLE),
    ],
)
def test_an_expression_that_matches(pattern: str, arn: str) -> None:
    assert ArnPattern(check_arn_pattern(pattern)).match(arn)


@pytest.mark.parametrize(
    ("pattern", "arn"),
    [
        ("/arn:aws:iam::123456789012:user/team/ann/", ROLE),
        ("/arn:aws:iam::999999999999:user/team/ann/", USER),
        ("/arn:aws:iam::999999999999:x|.*user/team/ann/", USER),
        ("/arn:.*:iam::123456789012:user/x/", "arn:aws:iam::999999999999:user/123456789012:user/x"),
        ("/arn:aws:iam::123456789012:user/team/an/", USER),
    ],
)
def test_an_expression_that_does_not_match(pattern: str, arn: str) -> None:
    assert not ArnPattern(check_arn_pattern(pattern)).match(arn)


@pytest.mark.parametrize(
    "resource", [".*", ".+", r"\S*", r"[\w/-]+", "[a-z/]*", ".*|user/ann", "[^/]*/.*"]
)
def test_an_expression_that_is_too_wide_matches_nobody(resource: str) -> None:
    pattern = ArnPattern(check_arn_pattern(f"/arn:aws:iam::123456789012:{resource}/"))
    assert pattern.is_too_wide
    assert not pattern.match(USER)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"/arn:aws:iam::\d{12}:user/ann/", "does not start with /arn:PARTITION:SERVICE::ACCOUNT:"),
        ("/.*/", "does not start with"),
        ("/(arn:aws:iam::123456789012:user/ann)/", "does not start with"),
        ("/arn:(aws:iam::123456789012:user)/ann/", "is not a regular expression"),
        ("/arn:aws:iam::123456789012:role/ops/", "can match no ARN of a caller"),
        ("/arn:aws:iam::123456789012:user/(?!ann)/", "has a look-around"),
    ],
)
def test_an_invalid_expression(pattern: str, why: str) -> None:
    with pytest.raises(PatternError, match=why):
        check_arn_pattern(pattern)
