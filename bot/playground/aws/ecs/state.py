"""The ECS state of an account and Region, and changes that tests make."""

from datetime import datetime
from typing import TypedDict, Unpack

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.ecs.daemon_entities import Daemon, DaemonDeployment, DaemonOutcome
from bot.playground.aws.ecs.entities import (
    Controller,
    EcsCluster,
    EcsService,
    EcsTask,
    ServiceDeployment,
    TaskDefinition,
    TaskSet,
    TaskSetStatus,
)
from bot.playground.aws.ecs.task_definition_families import Images, TaskDefinitionFamilies
from bot.playground.aws.ecs.task_launcher import Digests, TaskLauncher, TaskOptions
from bot.playground.aws.option_checks import reject_unknown_options


class LaunchOptions(TypedDict, total=False):
    """Options of what a service runs. `family`: by default the service's name.

    `digests`: the digests of its containers, in order. By default, images get the current digests
    of their references, if known.
    """

    family: str
    digests: Digests
    at: datetime | None


class EcsServiceOptions(LaunchOptions, total=False):
    """Options for creating a service. `running` of the `desired` tasks are started."""

    desired: int
    running: int
    controller: Controller
    launch_type: str


class DeployOptions(LaunchOptions, total=False):
    """`outcome`: the status of the service deployment, by default IN_PROGRESS."""

    outcome: str


class TaskSetOptions(LaunchOptions, total=False):
    status: TaskSetStatus
    running: int


class EcsState:
    """Clusters and task definitions, created on first use.

    `family` names the latest ACTIVE revision of a family, `family:revision` an exact one. With
    `images`, a new revision is registered unless the latest has the same images.
    """

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.clusters: dict[str, EcsCluster] = {}
        self.families = TaskDefinitionFamilies(location)
        self.daemon_families = TaskDefinitionFamilies(location, "daemon-task-definition")

    @locked
    def cluster(self, name: str = "default") -> EcsCluster:
        """The cluster, created if missing."""
        if name not in self.clusters:
            self.clusters[name] = EcsCluster(self.location.arn("ecs", f"cluster/{name}"), name)
        return self.clusters[name]

    def service(self, cluster: str, name: str) -> EcsService:
        """An existing service; raises KeyError."""
        return self.clusters[cluster].services[name]

    def task(self, arn: str) -> EcsTask:
        """An existing task; raises KeyError."""
        _, cluster, id_ = arn.split("/")
        return self.clusters[cluster].tasks[id_]

    def definition(self, name: str) -> TaskDefinition:
        """An existing task definition; raises KeyError."""
        return self.families.find(name)

    @locked
    def register(
        self,
        family: str,
        images: Images,
        *,
        version_consistency: bool = True,
        at: datetime | None = None,
    ) -> TaskDefinition:
        """Registers the next revision of a family."""
        return self.families.register(family, images, consistent=version_consistency, at=at)

    @locked
    def deregister(self, definition: str, *, at: datetime | None = None) -> None:
        """Makes `family:revision` INACTIVE. Running tasks continue."""
        found = self.definition(definition)
        found.status = "INACTIVE"
        found.deregistered_at = at or self.location.now
        found.changed()

    @locked
    def run_task(
        self,
        cluster: str,
        family: str,
        images: Images | None = None,
        **options: Unpack[TaskOptions],
    ) -> EcsTask:
        """Starts a task without a service, like RunTask or a schedule."""
        reject_unknown_options(options, TaskOptions)
        at = options.get("at") or options.get("stopped_at")
        launcher = self._launcher(family, images, options.get("digests"), at)
        return launcher.start_task(self.cluster(cluster), options)

    @locked
    def stop_task(
        self, task: EcsTask, *, last_status: str = "STOPPED", at: datetime | None = None
    ) -> None:
        """Stops a task, or sets a `last_status` like DEACTIVATING."""
        task.last_status = last_status
        task.stopped_at = (at or self.location.now) if last_status == "STOPPED" else None
        task.changed()

    @locked
    def create_service(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        **options: Unpack[EcsServiceOptions],
    ) -> EcsService:
        """Creates a service with a completed deployment or primary task set, and its tasks.

        The controller ECS has deployments; CODE_DEPLOY and EXTERNAL have task sets.
        """
        reject_unknown_options(options, EcsServiceOptions)
        ecs_cluster = self.cluster(cluster)
        if name in ecs_cluster.services:
            raise ValueError(f"service {name} already exists in {cluster}")
        launcher = self._launcher_for(name, images, options)
        service = EcsService(
            arn=self.location.arn("ecs", f"service/{cluster}/{name}"),
            name=name,
            cluster_arn=ecs_cluster.arn,
            controller=options.get("controller", "ECS"),
            desired=options.get("desired", 1),
            created_at=launcher.at,
            launch_type=options.get("launch_type", "FARGATE"),
        )
        ecs_cluster.services[name] = service
        running = options.get("running", service.desired)
        origin = _first_deployment_id(service, launcher, running)
        launcher.start_tasks(ecs_cluster, service, origin, running)
        return service

    @locked
    def deploy(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        **options: Unpack[DeployOptions],
    ) -> ServiceDeployment:
        """Starts a primary deployment. The older ones keep their tasks until `finish`.

        With outcome SUCCESSFUL it finishes at once. With ROLLBACK_SUCCESSFUL it has failed: the
        service keeps its previous revision, and the failed deployment is in its history.
        """
        reject_unknown_options(options, DeployOptions)
        service = self.service(cluster, name)
        launcher = self._launcher_for(service.primary.revision.definition.family, images, options)
        outcome = options.get("outcome", "IN_PROGRESS")
        if outcome.startswith("ROLLBACK"):
            return service.roll_back(launcher.deploy(service, 0), outcome)
        deployment = launcher.deploy(service, service.desired)
        deployment.outcome = outcome
        launcher.start_tasks(self.cluster(cluster), service, deployment.id, service.desired)
        if outcome == "SUCCESSFUL":
            self.finish(cluster, name, at=launcher.at)
        return deployment

    @locked
    def finish(self, cluster: str, name: str, *, at: datetime | None = None) -> None:
        """Completes the deployment. Older deployments end, and their tasks are stopped."""
        service = self.service(cluster, name)
        ended = service.finish(at or self.location.now)
        for task in self.clusters[cluster].tasks_of(service):
            if task.started_by in ended:
                self.stop_task(task, at=at)

    @locked
    def add_task_set(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        **options: Unpack[TaskSetOptions],
    ) -> TaskSet:
        """Adds a task set with its tasks, by default ACTIVE."""
        reject_unknown_options(options, TaskSetOptions)
        service = self.service(cluster, name)
        if service.controller == "ECS":
            raise ValueError(f"{name} has the controller ECS, so it has no task sets")
        launcher, running = self._launcher_for(name, images, options), options.get("running", 1)
        task_set = launcher.create_task_set(service, options.get("status", "ACTIVE"), running)
        launcher.start_tasks(self.cluster(cluster), service, task_set.id, running)
        return task_set

    @locked
    def delete_service(self, cluster: str, name: str, *, drained: bool = False) -> None:
        """Removes the service from ListServices.

        A DRAINING service keeps its tasks. With `drained`, they are stopped and it is INACTIVE.
        """
        service = self.service(cluster, name)
        service.status = "INACTIVE" if drained else "DRAINING"
        service.changed()
        for task in self.clusters[cluster].tasks_of(service) if drained else ():
            self.stop_task(task)

    @locked
    def register_daemon(self, family: str, images: Images) -> TaskDefinition:
        """Registers the next revision of a daemon task definition."""
        return self.daemon_families.register(family, images, consistent=True, at=None)

    @locked
    def delete_daemon_definition(self, definition: str) -> None:
        """Marks `family:revision` as DELETE_IN_PROGRESS. Its daemons continue."""
        found = self.daemon_families.find(definition)
        found.status = "DELETE_IN_PROGRESS"
        found.deregistered_at = self.location.now
        found.changed()

    @locked
    def deploy_daemon(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        *,
        outcome: DaemonOutcome = "SUCCESSFUL",
    ) -> DaemonDeployment:
        """Deploys the newest definition of the family with the daemon's name, or a new one with
        `images`. The first deployment creates the daemon. It runs on no instance."""
        ecs_cluster = self.cluster(cluster)
        if images is not None:
            self.register_daemon(name, images)
        if name not in ecs_cluster.daemons:
            arn = self.location.arn("ecs", f"daemon/{cluster}/{name}")
            ecs_cluster.daemons[name] = Daemon(arn, name, ecs_cluster.arn, self.location.now)
        definition = self.daemon_families.find(name)
        return ecs_cluster.daemons[name].deploy(
            self.location, definition, outcome, self.location.now
        )

    def _launcher_for(
        self, family: str, images: Images | None, options: LaunchOptions
    ) -> TaskLauncher:
        return self._launcher(
            options.get("family", family), images, options.get("digests"), options.get("at")
        )

    def _launcher(
        self, family: str, images: Images | None, digests: Digests | None, at: datetime | None
    ) -> TaskLauncher:
        definition = (
            self.definition(family) if images is None else self.families.with_images(family, images)
        )
        now = [self.location.shared.digest_of(each.image) for each in definition.containers]
        return TaskLauncher(self.location, definition, digests or now, at or self.location.now)


def _first_deployment_id(service: EcsService, launcher: TaskLauncher, running: int) -> str:
    """Creates a service's first deployment or task set. Returns its ID."""
    if service.controller != "ECS":
        return launcher.create_task_set(service, "PRIMARY", running).id
    deployment = launcher.deploy(service, running)
    service.finish(launcher.at)
    return deployment.id
