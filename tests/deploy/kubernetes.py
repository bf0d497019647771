"""Renders the folders of deploy/kubernetes with kubectl."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
FOLDER, EXAMPLE = ROOT / "deploy" / "kubernetes", ROOT / "deploy" / "example"
IN_CLUSTER, SQLITE = (FOLDER / "components" / name for name in ("in-cluster", "sqlite"))

INSTALL = "kubectl is missing: apt-get install kubernetes-client (Debian 13 or newer)"

Object = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rendered:
    """The objects that `kubectl apply -k` would create."""

    objects: Sequence[Object]

    def one(self, kind: str) -> Any:
        (found,) = self.all(kind)
        return found

    def all(self, kind: str) -> list[Any]:
        return [each for each in self.objects if each["kind"] == kind]

    @property
    def pod(self) -> Any:
        return self.one("Deployment")["spec"]["template"]["spec"]

    @property
    def container(self) -> Any:
        (found,) = self.pod["containers"]
        return found

    @property
    def mounts(self) -> dict[str, str]:
        """Volumes by the paths that they are mounted at."""
        return {each["mountPath"]: each["name"] for each in self.container["volumeMounts"]}


def render(folder: Path) -> Rendered:
    """Skips the test if there is no kubectl."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip(INSTALL)
    result = subprocess.run(
        [program, "kustomize", folder], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert not result.stderr
    return Rendered(list(objects(result.stdout)))


def objects(text: str) -> Iterator[Object]:
    return (each for each in YAML(typ="safe", pure=True).load_all(text) if each)
