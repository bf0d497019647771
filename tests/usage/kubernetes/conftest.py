import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from bot.core.image_references import RegistryHosts
from bot.core.usage import ImageUse
from bot.playground.kubernetes import Cluster
from bot.usage.kubernetes.cluster_api import ClusterApi, Configure
from bot.usage.kubernetes.cluster_source import CustomResource, KubernetesSource
from bot.usage.kubernetes.kubeconfig import KubeconfigTrust, from_kubeconfig

Kubeconfig = dict[str, Any]
Change = Callable[[Kubeconfig], object]
Rewrite = Callable[[Change], None]


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    with Cluster("prod") as running:
        running.allow_everything()
        yield running


def config_from(
    kubeconfig: Path, context: str | None = None, trust: KubeconfigTrust = KubeconfigTrust.NAMED
) -> Configure:
    """Connects through a kubeconfig."""
    return partial(from_kubeconfig, kubeconfig, context, trust)


class ClusterScan:
    """Scans a cluster through a kubeconfig."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.kubeconfig = folder / "kubeconfig"
        self.kubeconfig.write_text(json.dumps(cluster.kubeconfig()))
        self.hosts = RegistryHosts({})

    def source(self, *custom: CustomResource, timeout: float = 60) -> KubernetesSource:
        api = ClusterApi("prod", config_from(self.kubeconfig), timeout)
        return KubernetesSource(api, custom, self.hosts)

    def image_uses(self, *custom: CustomResource) -> list[ImageUse]:
        return list(self.source(*custom).image_uses())

    def __call__(self, *custom: CustomResource) -> set[tuple[str, str]]:
        """Images and their users, without the prefix `Kubernetes prod: `."""
        seen = self.image_uses(*custom)
        return {(s.image, s.used_by.removeprefix("Kubernetes prod: ")) for s in seen}


@pytest.fixture
def scan(cluster: Cluster, tmp_path: Path) -> ClusterScan:
    return ClusterScan(cluster, tmp_path)


@pytest.fixture(autouse=True)
def _no_waiting(no_waiting: None) -> None:
    del no_waiting


@pytest.fixture
def rewrite(scan: ClusterScan) -> Rewrite:
    """Changes the kubeconfig."""

    def change_file(change: Change) -> None:
        content = json.loads(scan.kubeconfig.read_text())
        change(content)
        scan.kubeconfig.write_text(json.dumps(content))

    return change_file


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Records the seconds between attempts instead of waiting."""
    waited: list[float] = []
    monkeypatch.setattr("tenacity.nap.time", SimpleNamespace(sleep=waited.append))
    return waited
