"""Baseline for scans of clusters: lightkube lists all workloads, page by page.

The arguments are kubeconfigs.
"""

import sys

from lightkube import Client, KubeConfig
from lightkube.resources.apps_v1 import (
    ControllerRevision,
    DaemonSet,
    Deployment,
    ReplicaSet,
    StatefulSet,
)
from lightkube.resources.batch_v1 import CronJob, Job
from lightkube.resources.core_v1 import Pod, PodTemplate, ReplicationController

KINDS = (
    ControllerRevision,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    Pod,
    PodTemplate,
    ReplicaSet,
    ReplicationController,
    StatefulSet,
)

count = 0
for file in sys.argv[1:]:
    with Client(KubeConfig.from_file(file)) as client:
        for kind in KINDS:
            count += sum(1 for _ in client.list(kind, namespace="*", chunk_size=500))
sys.stdout.write(f"{count}\n")
