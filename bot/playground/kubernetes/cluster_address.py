"""Where a cluster is, for whoever has to find it."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from bot.playground.control_client import ControlClient


@dataclass(frozen=True)
class ClusterAddress:
    """What the process of a stand-in tells of itself."""

    name: str
    url: str
    ca_pem: str

    @property
    def certificate_authority(self) -> str:
        """`certificateAuthority.data` of EKS's DescribeCluster, and of a kubeconfig."""
        return b64encode(self.ca_pem.encode()).decode()

    @property
    def control(self) -> ControlClient:
        return ControlClient(self.url, self.ca_pem)

    def kubeconfig(self, token: str, namespace: str = "default") -> dict[str, Any]:
        """As a dict, which is also a kubeconfig file when it is written as JSON."""
        return {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": self.name,
            "clusters": [
                {
                    "name": self.name,
                    "cluster": {
                        "server": self.url,
                        "certificate-authority-data": self.certificate_authority,
                    },
                }
            ],
            "users": [{"name": self.name, "user": {"token": token}}],
            "contexts": [
                {
                    "name": self.name,
                    "context": {"cluster": self.name, "user": self.name, "namespace": namespace},
                }
            ],
        }
