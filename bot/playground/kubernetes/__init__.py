"""A strict stand-in for the Kubernetes API server, over TLS."""

from bot.playground.kubernetes.cluster_address import ClusterAddress
from bot.playground.kubernetes.cluster_state import DEFAULT_TOKEN, DEFAULT_USER
from bot.playground.kubernetes.faults import Fault
from bot.playground.kubernetes.permissions import Grant
from bot.playground.kubernetes.server import Cluster

__all__ = ["DEFAULT_TOKEN", "DEFAULT_USER", "Cluster", "ClusterAddress", "Fault", "Grant"]
