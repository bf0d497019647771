"""The least ClusterRole that reading a cluster needs."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from bot.usage.kubernetes.content import info_of
from bot.usage.kubernetes.custom import CustomResource
from bot.usage.kubernetes.objects import BUILT_IN

NAME = "ecr-clean"


def cluster_role(custom_resources: Iterable[CustomResource]) -> Mapping[str, Any]:
    """A manifest for `kubectl apply`."""
    plurals: defaultdict[str, set[str]] = defaultdict(set)
    infos = [
        *(info_of(kind.resource) for kind in BUILT_IN),
        *(info_of(each.resource) for each in custom_resources),
    ]
    for info in infos:
        plurals[info.resource.group].add(info.plural)
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": NAME},
        "rules": [
            {"apiGroups": [group], "resources": sorted(resources), "verbs": ["list"]}
            for group, resources in sorted(plurals.items())
        ],
    }
