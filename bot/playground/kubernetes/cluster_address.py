"""The address of a cluster, for its clients."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from bot.playground.control_client import ControlClient


@dataclass(frozen=True)
class ClusterAddress:
    """Name, URL and CA of a running stand-in."""

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
        """A kubeconfig as a dict. Written as JSON it is a valid kubeconfig file."""
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
