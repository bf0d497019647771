"""The manifests of deploy/kubernetes: valid, least privileges, and consistent with the bot."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest

from bot.cli.main import COMMANDS
from bot.settings.environment import Environment
from bot.settings.load import load_settings
from bot.settings.model import Settings
from tests.deploy.kubernetes import (
    EXAMPLE,
    FOLDER,
    IN_CLUSTER,
    ROOT,
    SQLITE,
    Object,
    Rendered,
    objects,
    render,
)
from tests.support import Run

BASE, SCANNED = FOLDER / "base", FOLDER / "scanned-cluster"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
FILES = sorted(
    path
    for folder in (FOLDER, EXAMPLE)
    for path in folder.rglob("*.yaml")
    if path.name != "kustomization.yaml"
)

Overlay = Callable[..., Rendered]


@pytest.fixture
def overlay(tmp_path: Path) -> Overlay:
    """Renders the base with components, in a namespace."""

    def render_it(*components: Path, namespace: str = "ecr-clean") -> Rendered:
        copy = shutil.copytree(FOLDER, tmp_path / "kubernetes")
        own = copy / "own"
        own.mkdir()
        content = {
            "resources": ["../base"],
            "components": [f"../components/{each.name}" for each in components],
            "namespace": namespace,
        }
        (own / "kustomization.yaml").write_text(json.dumps(content))
        return render(own)

    return render_it


def expect_valid(found: Object) -> None:
    kubernetes_validate.validate(found, kubernetes_validate.latest_version(), strict=True)


@pytest.mark.parametrize("file", FILES, ids=lambda path: str(path.relative_to(FOLDER.parent)))
def test_every_file_is_valid(file: Path) -> None:
    for each in objects(file.read_text()):
        expect_valid(each)


@pytest.mark.parametrize("folder", [BASE, EXAMPLE, SCANNED], ids=lambda path: path.name)
def test_what_is_applied_is_valid(folder: Path) -> None:
    for each in render(folder).objects:
        expect_valid(each)


@pytest.mark.parametrize("components", [(SQLITE,), (IN_CLUSTER,), (SQLITE, IN_CLUSTER)])
def test_the_base_with_components_is_valid(components: tuple[Path, ...], overlay: Overlay) -> None:
    for each in overlay(*components).objects:
        expect_valid(each)


def test_the_cluster_role_is_that_of_iam_policy(run: Run) -> None:
    (written,) = objects((FOLDER / "cluster-role" / "clusterrole.yaml").read_text())
    printed = json.loads(run("iam-policy", "--kubernetes").out)
    assert written["rules"] == printed["rules"]
    assert written["metadata"]["name"] == printed["metadata"]["name"]


def test_a_scanned_cluster_binds_the_group_of_the_access_entry() -> None:
    binding = render(SCANNED).one("ClusterRoleBinding")
    (group,) = binding["subjects"]
    page = (ROOT / "docs" / "kubernetes.md").read_text()
    assert f"--kubernetes-groups {group['name']}\n" in page
    assert "namespace" not in group


def test_only_reading_the_own_cluster_needs_a_token(overlay: Overlay) -> None:
    assert not render(BASE).all("ClusterRoleBinding")
    assert not render(BASE).pod["automountServiceAccountToken"]
    assert not render(BASE).one("ServiceAccount")["automountServiceAccountToken"]
    own = overlay(IN_CLUSTER, namespace="tools")
    assert own.pod["automountServiceAccountToken"]
    (account,) = own.one("ClusterRoleBinding")["subjects"]
    assert (account["name"], account["namespace"]) == (own.pod["serviceAccountName"], "tools")


def test_sqlite_is_on_a_volume_of_one_replica(overlay: Overlay) -> None:
    found = overlay(SQLITE)
    deployment = found.one("Deployment")
    assert deployment["spec"]["replicas"] == 1
    volume = {each["name"]: each for each in found.pod["volumes"]}[found.mounts[str(state())]]
    claim = found.one("PersistentVolumeClaim")
    assert volume["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert claim["spec"]["accessModes"] == ["ReadWriteOncePod"]
    assert found.pod["securityContext"]["fsGroup"] == user_of_image()


def test_the_pod_is_restricted() -> None:
    """As the Pod Security Standard `restricted` requires, and more."""
    found = render(EXAMPLE)
    assert found.one("Namespace")["metadata"]["labels"] == {
        "pod-security.kubernetes.io/enforce": "restricted"
    }
    assert found.pod["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": user_of_image(),
        "runAsGroup": user_of_image(),
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert found.container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def test_the_folders_that_the_bot_writes_to_are_mounted() -> None:
    heartbeat = environment().ecr_clean_heartbeat
    assert heartbeat
    mounts = render(BASE).mounts
    assert set(mounts) == {"/etc/ecr-clean", str(environment().cache_folder), str(heartbeat.parent)}


def test_two_versions_never_run_at_the_same_time() -> None:
    assert render(BASE).one("Deployment")["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize("probe", ["startupProbe", "livenessProbe", "readinessProbe"])
def test_probes_call_the_health_command(probe: str) -> None:
    found = render(BASE).container[probe]
    (health,) = re.findall(r"^HEALTHCHECK .*--timeout=(\d+)s .*CMD (.+)$", DOCKERFILE, re.MULTILINE)
    assert found["exec"]["command"] == json.loads(health[1])
    assert found["timeoutSeconds"] == int(health[0])
    assert found["exec"]["command"][1] in COMMANDS


@pytest.mark.parametrize("folder", [BASE, EXAMPLE], ids=lambda path: path.name)
def test_the_settings_of_the_config_map_are_valid(folder: Path, tmp_path: Path) -> None:
    found = render(folder)
    ((name, text),) = found.one("ConfigMap")["data"].items()
    assert variables(found)["ECR_CLEAN_CONFIG"] == f"/etc/ecr-clean/{name}"
    file = tmp_path / name
    file.write_text(text)
    settings = load_settings(file)
    assert reads_own_cluster(settings) == found.pod["automountServiceAccountToken"]
    assert not settings.execution.enabled


def test_secrets_are_not_in_the_manifests() -> None:
    """But in the Secret that the pod names."""
    found = render(EXAMPLE)
    assert not found.all("Secret")
    assert found.container["envFrom"] == [{"secretRef": {"name": "ecr-clean"}}]
    assert re.fullmatch(r"postgresql://[^:@]+@.*", variables(found)["DATABASE_URL"])


def environment() -> Environment:
    """The variables of the image."""
    pairs = dict(re.findall(r"\b(ECR_CLEAN_\w+|XDG_\w+)=(\S+)", DOCKERFILE))
    return Environment.model_validate({name.lower(): value for name, value in pairs.items()})


def state() -> Path:
    return environment().state_folder


def user_of_image() -> int:
    (user,) = re.findall(r"^USER (\d+):\1$", DOCKERFILE, re.MULTILINE)
    return int(user)


def variables(found: Rendered) -> dict[str, Any]:
    return {each["name"]: each["value"] for each in found.container["env"]}


def reads_own_cluster(settings: Settings) -> bool:
    kubernetes = settings.usage.kubernetes
    return any(each.in_cluster for each in kubernetes.clusters) if kubernetes else False
