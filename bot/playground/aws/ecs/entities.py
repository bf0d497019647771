"""Entities of ECS: clusters, task definitions, tasks, services and their deployments."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from bot.playground.aws.entry_cache import CachedEntity

if TYPE_CHECKING:
    from bot.playground.aws.ecs.daemon_entities import Daemon

Controller = Literal["ECS", "CODE_DEPLOY", "EXTERNAL"]
TaskSetStatus = Literal["PRIMARY", "ACTIVE", "DRAINING"]
DefinitionStatus = Literal["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"]


@dataclass(frozen=True)
class ContainerDefinition:
    name: str
    image: str
    consistent: bool = True
    """Whether ECS pins the digest at deployment (`versionConsistency`)."""


@dataclass(eq=False)
class TaskDefinition(CachedEntity):
    arn: str
    family: str
    revision: int
    containers: tuple[ContainerDefinition, ...]
    registered_at: datetime
    status: DefinitionStatus = "ACTIVE"
    deregistered_at: datetime | None = None

    @property
    def name(self) -> str:
        return f"{self.family}:{self.revision}"


@dataclass(frozen=True)
class TaskContainer:
    """A container of a task. `digest` is shown once the task has started."""

    id: str
    name: str
    image: str
    digest: str | None


@dataclass(eq=False)
class EcsTask(CachedEntity):
    arn: str
    cluster_arn: str
    definition: TaskDefinition
    containers: tuple[TaskContainer, ...]
    group: str
    started_by: str | None
    created_at: datetime
    last_status: str = "RUNNING"
    launch_type: str = "FARGATE"
    stopped_at: datetime | None = None

    @property
    def started(self) -> bool:
        """Whether its images have been pulled, so that their digests are known."""
        return self.last_status not in ("PROVISIONING", "PENDING")

    @property
    def id(self) -> str:
        return self.arn.rsplit("/", 1)[1]

    @property
    def desired_status(self) -> str:
        """RUNNING or STOPPED, never PENDING (model)."""
        stopping = ("DEACTIVATING", "STOPPING", "DEPROVISIONING", "STOPPED")
        return "STOPPED" if self.last_status in stopping else "RUNNING"


@dataclass(frozen=True)
class ResolvedImage:
    """An image with its digest at the time of a deployment."""

    container: str
    image: str
    digest: str | None


@dataclass(frozen=True, eq=False)
class ServiceRevision(CachedEntity):
    arn: str
    service_arn: str
    cluster_arn: str
    definition: TaskDefinition
    images: tuple[ResolvedImage, ...]
    created_at: datetime


@dataclass(eq=False)
class ServiceDeployment(CachedEntity):
    """A deployment in DescribeServices, and the corresponding service deployment.

    `status` and `rollout` are fields of the former, `outcome` is the status of the latter.
    """

    id: str
    arn: str
    revision: ServiceRevision
    sources: tuple[ServiceRevision, ...]
    desired: int
    running: int
    created_at: datetime
    status: Literal["PRIMARY", "ACTIVE", "INACTIVE"] = "PRIMARY"
    outcome: str = "IN_PROGRESS"
    finished_at: datetime | None = None

    @property
    def rollout(self) -> str:
        return {"SUCCESSFUL": "COMPLETED", "ROLLBACK_SUCCESSFUL": "FAILED"}.get(
            self.outcome, "IN_PROGRESS"
        )


@dataclass(frozen=True)
class TaskSet:
    id: str
    arn: str
    definition: TaskDefinition
    status: TaskSetStatus
    desired: int
    created_at: datetime


@dataclass(eq=False)
class EcsService(CachedEntity):
    """A service. `history`: all deployments, newest first. `deployments`: the running ones."""

    arn: str
    name: str
    cluster_arn: str
    controller: Controller
    desired: int
    created_at: datetime
    status: Literal["ACTIVE", "DRAINING", "INACTIVE"] = "ACTIVE"
    launch_type: str = "FARGATE"
    history: list[ServiceDeployment] = field(default_factory=list)
    task_sets: list[TaskSet] = field(default_factory=list)

    @property
    def cluster_name(self) -> str:
        return self.cluster_arn.rsplit("/", 1)[1]

    @property
    def group(self) -> str:
        """The group of its tasks."""
        return f"service:{self.name}"

    @property
    def deployments(self) -> list[ServiceDeployment]:
        return [each for each in self.history if each.status != "INACTIVE"]

    @property
    def primary(self) -> ServiceDeployment:
        return next(each for each in self.history if each.status == "PRIMARY")

    def finish(self, at: datetime) -> set[str]:
        """Completes the primary deployment. Returns the IDs of the deployments that end."""
        self.primary.outcome, self.primary.finished_at = "SUCCESSFUL", at
        self.primary.changed()
        ended = [each for each in self.deployments if each.status == "ACTIVE"]
        for old in ended:
            old.status = "INACTIVE"
        self.changed()
        return {old.id for old in ended}

    def roll_back(self, failed: ServiceDeployment, outcome: str) -> ServiceDeployment:
        """Makes the deployment before the failed one primary again."""
        failed.status, failed.outcome = "INACTIVE", outcome
        failed.finished_at = failed.created_at
        self.deployments[0].status = "PRIMARY"
        return failed

    def revision(self, arn: str) -> ServiceRevision | None:
        found = (each.revision for each in self.history if each.revision.arn == arn)
        return next(found, None)


@dataclass(eq=False)
class EcsCluster(CachedEntity):
    arn: str
    name: str
    services: dict[str, EcsService] = field(default_factory=dict)
    tasks: dict[str, EcsTask] = field(default_factory=dict)
    daemons: "dict[str, Daemon]" = field(default_factory=dict)

    def tasks_of(self, service: EcsService) -> list[EcsTask]:
        """The service's tasks with desired status RUNNING."""
        return [
            task
            for task in self.tasks.values()
            if task.group == service.group and task.desired_status == "RUNNING"
        ]
