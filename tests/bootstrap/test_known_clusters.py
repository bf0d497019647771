"""Which EKS clusters `usage.kubernetes.ignore` names."""

import pytest

from bot.bootstrap.kubernetes import known_clusters
from bot.settings.model import KubernetesSection

ARN = "arn:aws:eks:eu-west-1:123456789012:cluster/sandbox-1"


@pytest.mark.parametrize(
    ("pattern", "by_name", "by_arn"),
    [
        ("sandbox-*", True, False),
        ("arn:*:cluster/sandbox-*", False, True),
        ("/sandbox-[0-9]+/", True, False),
        ("/arn:.*:cluster/sandbox-[0-9]+/", False, True),
        ("/(arn:.*)?sandbox-1/", True, True),
        ("other", False, False),
    ],
)
def test_ignored_clusters(pattern: str, *, by_name: bool, by_arn: bool) -> None:
    known = known_clusters(KubernetesSection.model_validate({"ignore": [pattern]}))
    assert known.ignored.match("sandbox-1") is by_name
    assert known.ignored_arns.match(ARN) is by_arn
