"""Builds realistic objects, as users write them and controllers complete them.

`cluster.apply(*deployment("api", "repo:2", image_id="repo@sha256:…", revisions=["repo:1"]))`
"""

from bot.playground.kubernetes.builders.deployments import (
    deployment,
    pod_template,
    replication_controller,
)
from bot.playground.kubernetes.builders.jobs import cron_job, job
from bot.playground.kubernetes.builders.pod_parts import Container, build, metadata
from bot.playground.kubernetes.builders.pods import pod
from bot.playground.kubernetes.builders.stateful_daemon_sets import daemon_set, stateful_set
from bot.playground.kubernetes.object_validation import Object

__all__ = [
    "Container",
    "cron_job",
    "custom_resource",
    "daemon_set",
    "deployment",
    "job",
    "pod",
    "pod_template",
    "replication_controller",
    "stateful_set",
]


def custom_resource(
    api_version: str, kind: str, name: str, spec: Object, *, namespace: str = "default"
) -> Object:
    return build(api_version, kind, metadata(name, namespace), spec=spec)
