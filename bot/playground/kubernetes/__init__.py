"""A strict stand-in for the Kubernetes API server, over TLS."""

from bot.playground.kubernetes.access import Grant
from bot.playground.kubernetes.cluster_address import ClusterAddress
from bot.playground.kubernetes.faults import Fault
from bot.playground.kubernetes.server import Cluster
from bot.playground.kubernetes.state import DEFAULT_TOKEN, DEFAULT_USER

__all__ = ["DEFAULT_TOKEN", "DEFAULT_USER", "Cluster", "ClusterAddress", "Fault", "Grant"]
