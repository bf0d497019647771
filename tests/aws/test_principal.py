"""GetCallerIdentity and IAM use different ARNs for the same role."""

import pytest

from bot.aws.aws_api import is_same_principal

USER = "arn:aws:iam::123456789012:user/ann"
SESSION = "arn:aws:sts::123456789012:assumed-role/cleaner/ecr-clean"


@pytest.mark.parametrize(
    ("caller", "principal", "same"),
    [
        (USER, USER, True),
        (USER, f"{USER}e", False),
        (USER, "arn:aws:iam::123456789012:user/team/ann", False),
        (SESSION, "arn:aws:iam::123456789012:role/cleaner", True),
        (SESSION, "arn:aws:iam::123456789012:role/ci/bots/cleaner", True),
        (SESSION, "arn:aws:iam::123456789012:role/cleaner/other", False),
        (SESSION, "arn:aws:iam::123456789012:role/the-cleaner", False),
        (SESSION, "arn:aws:iam::210987654321:role/cleaner", False),
        (SESSION, "arn:aws-cn:iam::123456789012:role/cleaner", False),
        (SESSION, "arn:aws:iam::123456789012:user/cleaner", False),
        (SESSION, SESSION, True),
        (SESSION, "no ARN", False),
    ],
)
def test_is_same_principal(caller: str, principal: str, *, same: bool) -> None:
    assert is_same_principal(caller, principal) is same
