import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.references import Hosts
from bot.core.usage import Sighting
from bot.playground.kubernetes import Cluster
from bot.usage.kubernetes.api import ClusterApi
from bot.usage.kubernetes.clusters import from_kubeconfig
from bot.usage.kubernetes.custom import CustomResource
from bot.usage.kubernetes.source import KubernetesSource


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster("prod") as running:
        running.admit_everyone()
        yield running


class Looker:
    """Looks into a cluster through a kubeconfig, and names what is used by whom."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(cluster.kubeconfig()))
        self.hosts = Hosts({})

    def source(self, *custom: CustomResource, patience: float = 10) -> KubernetesSource:
        api = ClusterApi("prod", lambda: from_kubeconfig(self.kubeconfig, None), patience)
        return KubernetesSource(api, custom, self.hosts)

    def sightings(self, *custom: CustomResource) -> list[Sighting]:
        return list(self.source(*custom).sightings())

    def __call__(self, *custom: CustomResource) -> set[tuple[str, str]]:
        """Images, each with who uses it, without `Kubernetes prod: `."""
        seen = self.sightings(*custom)
        return {(s.image, s.used_by.removeprefix("Kubernetes prod: ")) for s in seen}


@pytest.fixture
def look(cluster: Cluster, tmp_path: Path) -> Looker:
    return Looker(cluster, tmp_path)


@pytest.fixture(autouse=True)
def _no_waiting(no_waiting: None) -> None:
    del no_waiting
