"""One account's ECS in one Region, and what a test or a demo may do to it."""

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
    """What a service may be given to run; `family` is the service's name unless told.

    `digests` are those of the containers, in order; without them an image has the digest that
    its reference names in this world at this moment, if any.
    """

    family: str
    digests: Digests
    at: datetime | None


class ServiceOptions(LaunchOptions, total=False):
    """What a service may be created with; `running` of the `desired` tasks are started."""

    desired: int
    running: int
    controller: Controller
    launch_type: str


class DeployOptions(LaunchOptions, total=False):
    """`outcome` is the service deployment's status, IN_PROGRESS unless told."""

    outcome: str


class TaskSetOptions(LaunchOptions, total=False):
    status: TaskSetStatus
    running: int


class EcsState:
    """Clusters come into being when they are first named; so do task definitions.

    Wherever a definition is asked for, `family` names the latest ACTIVE revision of a family and
    `family:revision` an exact one. With `images` a new revision is registered, unless the latest
    has exactly these.
    """

    def __init__(self, place: AccountRegion) -> None:
        self.place = place
        self.clusters: dict[str, EcsCluster] = {}
        self.families = TaskDefinitionFamilies(place)
        self.daemon_families = TaskDefinitionFamilies(place, "daemon-task-definition")

    @locked
    def cluster(self, name: str = "default") -> EcsCluster:
        """The cluster, which is created if it is not there."""
        if name not in self.clusters:
            self.clusters[name] = EcsCluster(self.place.arn("ecs", f"cluster/{name}"), name)
        return self.clusters[name]

    def service(self, cluster: str, name: str) -> EcsService:
        """A service that exists; raises KeyError."""
        return self.clusters[cluster].services[name]

    def task(self, arn: str) -> EcsTask:
        """A task that exists; raises KeyError."""
        _, cluster, id_ = arn.split("/")
        return self.clusters[cluster].tasks[id_]

    def definition(self, name: str) -> TaskDefinition:
        """A task definition that exists; raises KeyError."""
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
        """The family's next revision."""
        return self.families.register(family, images, consistent=version_consistency, at=at)

    @locked
    def deregister(self, definition: str, *, at: datetime | None = None) -> None:
        """Makes `family:revision` INACTIVE: nobody can start it anew, what runs goes on."""
        found = self.definition(definition)
        found.status = "INACTIVE"
        found.deregistered_at = at or self.place.now
        found.changed()

    @locked
    def run_task(
        self,
        cluster: str,
        family: str,
        images: Images | None = None,
        **options: Unpack[TaskOptions],
    ) -> EcsTask:
        """A task without a service, as RunTask or a schedule starts it."""
        reject_unknown_options(options, TaskOptions)
        at = options.get("at") or options.get("stopped_at")
        launcher = self._launcher(family, images, options.get("digests"), at)
        return launcher.start_task(self.cluster(cluster), options)

    @locked
    def stop_task(
        self, task: EcsTask, *, last_status: str = "STOPPED", at: datetime | None = None
    ) -> None:
        """Stops a task, or with a `last_status` like DEACTIVATING lets it begin to stop."""
        task.last_status = last_status
        task.stopped_at = (at or self.place.now) if last_status == "STOPPED" else None
        task.changed()

    @locked
    def create_service(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        **options: Unpack[ServiceOptions],
    ) -> EcsService:
        """A service whose first deployment, or primary task set, is complete and runs its tasks.

        Only the controller ECS has deployments; CODE_DEPLOY and EXTERNAL have task sets.
        """
        reject_unknown_options(options, ServiceOptions)
        home = self.cluster(cluster)
        if name in home.services:
            raise ValueError(f"{cluster} has a service {name}")
        launcher = self._launcher_for(name, images, options)
        service = EcsService(
            arn=self.place.arn("ecs", f"service/{cluster}/{name}"),
            name=name,
            cluster_arn=home.arn,
            controller=options.get("controller", "ECS"),
            desired=options.get("desired", 1),
            created_at=launcher.at,
            launch_type=options.get("launch_type", "FARGATE"),
        )
        home.services[name] = service
        running = options.get("running", service.desired)
        origin = _first_of(service, launcher, running)
        launcher.start_tasks(home, service, origin, running)
        return service

    @locked
    def deploy(
        self,
        cluster: str,
        name: str,
        images: Images | None = None,
        **options: Unpack[DeployOptions],
    ) -> ServiceDeployment:
        """A new primary deployment; the older ones, and their tasks, stay until `finish`.

        With outcome SUCCESSFUL it finishes at once. With ROLLBACK_SUCCESSFUL it failed: the
        service runs what it ran before, and its history tells of the attempt.
        """
        reject_unknown_options(options, DeployOptions)
        service = self.service(cluster, name)
        launcher = self._launcher_for(service.primary.revision.definition.family, images, options)
        outcome = options.get("outcome", "IN_PROGRESS")
        if outcome.startswith("ROLLBACK"):
            return service.note_failure(launcher.deployed_to(service, 0), outcome)
        deployment = launcher.deployed_to(service, service.desired)
        deployment.outcome = outcome
        launcher.start_tasks(self.cluster(cluster), service, deployment.id, service.desired)
        if outcome == "SUCCESSFUL":
            self.finish(cluster, name, at=launcher.at)
        return deployment

    @locked
    def finish(self, cluster: str, name: str, *, at: datetime | None = None) -> None:
        """Ends the service's deployment: what was draining is gone, and its tasks are stopped."""
        service = self.service(cluster, name)
        ended = service.finish(at or self.place.now)
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
        """Another task set beside the primary one, ACTIVE unless told, with its tasks."""
        reject_unknown_options(options, TaskSetOptions)
        service = self.service(cluster, name)
        if service.controller == "ECS":
            raise ValueError(f"{name} has deployments, and so no task sets")
        launcher, running = self._launcher_for(name, images, options), options.get("running", 1)
        task_set = launcher.task_set_of(service, options.get("status", "ACTIVE"), running)
        launcher.start_tasks(self.cluster(cluster), service, task_set.id, running)
        return task_set

    @locked
    def delete_service(self, cluster: str, name: str, *, drained: bool = False) -> None:
        """Takes the service out of ListServices.

        Its tasks go on while it is DRAINING; once `drained` they are stopped and it is INACTIVE.
        """
        service = self.service(cluster, name)
        service.status = "INACTIVE" if drained else "DRAINING"
        service.changed()
        for task in self.clusters[cluster].tasks_of(service) if drained else ():
            self.stop_task(task)

    @locked
    def register_daemon(self, family: str, images: Images) -> TaskDefinition:
        """The next revision of a family of daemon task definitions."""
        return self.daemon_families.register(family, images, consistent=True, at=None)

    @locked
    def delete_daemon_definition(self, definition: str) -> None:
        """Lets nobody start `family:revision` anew; daemons that run it go on."""
        found = self.daemon_families.find(definition)
        found.status = "DELETE_IN_PROGRESS"
        found.deregistered_at = self.place.now
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
        """Deploys the newest definition of the family that is called as the daemon, or with
        `images` a new one; the first deployment makes the daemon. It runs on no instance."""
        home = self.cluster(cluster)
        if images is not None:
            self.register_daemon(name, images)
        if name not in home.daemons:
            arn = self.place.arn("ecs", f"daemon/{cluster}/{name}")
            home.daemons[name] = Daemon(arn, name, home.arn, self.place.now)
        definition = self.daemon_families.find(name)
        return home.daemons[name].deploy(self.place, definition, outcome, self.place.now)

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
        now = [self.place.around.digest_of(each.image) for each in definition.containers]
        return TaskLauncher(self.place, definition, digests or now, at or self.place.now)


def _first_of(service: EcsService, launcher: TaskLauncher, running: int) -> str:
    """The id of a new service's first deployment or task set."""
    if service.controller != "ECS":
        return launcher.task_set_of(service, "PRIMARY", running).id
    deployment = launcher.deployed_to(service, running)
    service.finish(launcher.at)
    return deployment.id
