"""Starts tasks, deployments and task sets of a definition, with resolved digests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict

from bot.playground.aws.account_regions import AccountRegion
from bot.playground.aws.ecs.entities import (
    EcsCluster,
    EcsService,
    EcsTask,
    ResolvedImage,
    ServiceDeployment,
    ServiceRevision,
    TaskContainer,
    TaskDefinition,
    TaskSet,
    TaskSetStatus,
)

Digests = Sequence[str | None]


class TaskOptions(TypedDict, total=False):
    """Options for starting a task.

    `digests`: the digests of its containers, in order. By default, images get the current digests
    of their references, if known.
    """

    digests: Digests
    last_status: str
    at: datetime | None
    stopped_at: datetime | None
    group: str
    started_by: str | None
    launch_type: str


@dataclass(frozen=True)
class TaskLauncher:
    """Starts tasks of a definition, with these digests."""

    location: AccountRegion
    definition: TaskDefinition
    digests: Digests
    at: datetime

    def deploy(self, service: EcsService, running: int) -> ServiceDeployment:
        """Creates the service's primary deployment. The previous ones become ACTIVE."""
        path = f"{service.cluster_name}/{service.name}"
        number, name = (
            self.location.new_number("deployment"),
            self.location.new_id("deployment")[:21],
        )
        deployment = ServiceDeployment(
            id=f"ecs-svc/{number}",
            arn=self.location.arn("ecs", f"service-deployment/{path}/{name}"),
            revision=self._revision(service, path),
            sources=tuple(each.revision for each in service.deployments),
            desired=service.desired,
            running=running,
            created_at=self.at,
        )
        for old in service.deployments:
            old.status = "ACTIVE"
        service.history.insert(0, deployment)
        service.changed()
        return deployment

    def _revision(self, service: EcsService, path: str) -> ServiceRevision:
        number = self.location.new_number("revision")
        return ServiceRevision(
            arn=self.location.arn("ecs", f"service-revision/{path}/{number}"),
            service_arn=service.arn,
            cluster_arn=service.cluster_arn,
            definition=self.definition,
            images=self._resolved_images(),
            created_at=self.at,
        )

    def _resolved_images(self) -> tuple[ResolvedImage, ...]:
        """Without version consistency, images have no digests."""
        return tuple(
            ResolvedImage(each.name, each.image, digest if each.consistent else None)
            for each, digest in zip(self.definition.containers, self.digests, strict=True)
        )

    def create_task_set(self, service: EcsService, status: TaskSetStatus, running: int) -> TaskSet:
        number = self.location.new_number("task set")
        path = f"{service.cluster_name}/{service.name}/ecs-svc/{number}"
        task_set = TaskSet(
            id=f"ecs-svc/{number}",
            arn=self.location.arn("ecs", f"task-set/{path}"),
            definition=self.definition,
            status=status,
            desired=running,
            created_at=self.at,
        )
        service.task_sets.insert(0, task_set)
        service.changed()
        return task_set

    def start_tasks(
        self, cluster: EcsCluster, service: EcsService, origin: str, number: int
    ) -> None:
        """Starts the tasks of a deployment or task set. `origin`: its ID, for `startedBy`."""
        for _ in range(number):
            self.start_task(
                cluster,
                {
                    "group": service.group,
                    "started_by": origin,
                    "launch_type": service.launch_type,
                },
            )

    def start_task(self, cluster: EcsCluster, options: TaskOptions) -> EcsTask:
        stopped_at = options.get("stopped_at")
        status = options.get("last_status", "STOPPED" if stopped_at else "RUNNING")
        id_ = self.location.new_id("task")
        task = EcsTask(
            arn=self.location.arn("ecs", f"task/{cluster.name}/{id_[:32]}"),
            cluster_arn=cluster.arn,
            definition=self.definition,
            containers=self._containers(id_),
            group=options.get("group", f"family:{self.definition.family}"),
            started_by=options.get("started_by"),
            created_at=self.at,
            last_status=status,
            launch_type=options.get("launch_type", "FARGATE"),
            stopped_at=stopped_at,
        )
        cluster.tasks[task.id] = task
        return task

    def _containers(self, task_id: str) -> tuple[TaskContainer, ...]:
        pairs = zip(self.definition.containers, self.digests, strict=True)
        return tuple(
            TaskContainer(f"{task_id[32:52]}{number:012d}", each.name, each.image, digest)
            for number, (each, digest) in enumerate(pairs)
        )
