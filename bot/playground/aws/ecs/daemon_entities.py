"""What ECS keeps of managed daemons. No instance is in this world, so they run nowhere."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from bot.playground.aws.account_regions import AccountRegion
from bot.playground.aws.ecs.entities import ResolvedImage, TaskDefinition
from bot.playground.aws.entry_cache import CachedEntity

DaemonOutcome = Literal["PENDING", "IN_PROGRESS", "SUCCESSFUL", "ROLLBACK_SUCCESSFUL"]


@dataclass(frozen=True, eq=False)
class DaemonRevision(CachedEntity):
    arn: str
    daemon_arn: str
    cluster_arn: str
    definition: TaskDefinition
    images: tuple[ResolvedImage, ...]
    created_at: datetime


@dataclass(frozen=True, eq=False)
class DaemonDeployment(CachedEntity):
    arn: str
    target: DaemonRevision
    sources: tuple[DaemonRevision, ...]
    outcome: DaemonOutcome
    created_at: datetime

    @property
    def current(self) -> tuple[DaemonRevision, ...]:
        """Revisions that are deployed while this deployment is the last one."""
        if self.outcome == "SUCCESSFUL":
            return (self.target,)
        if self.outcome == "IN_PROGRESS":
            return (*self.sources, self.target)
        return self.sources


@dataclass(eq=False)
class Daemon(CachedEntity):
    """`history` has every deployment, newest first."""

    arn: str
    name: str
    cluster_arn: str
    created_at: datetime
    history: list[DaemonDeployment] = field(default_factory=list)

    @property
    def path(self) -> str:
        """`CLUSTER/NAME`, as ARNs have it."""
        return self.arn.partition("/")[2]

    def deploy(
        self, place: AccountRegion, definition: TaskDefinition, outcome: DaemonOutcome, at: datetime
    ) -> DaemonDeployment:
        """Each image has the digest that its reference names in this world at this moment, if
        any."""
        number, id_ = place.new_number("daemon revision"), place.new_id("daemon deployment")[:21]
        revision = DaemonRevision(
            arn=place.arn("ecs", f"daemon-revision/{self.path}/{number}"),
            daemon_arn=self.arn,
            cluster_arn=self.cluster_arn,
            definition=definition,
            images=tuple(
                ResolvedImage(each.name, each.image, place.around.digest_of(each.image))
                for each in definition.containers
            ),
            created_at=at,
        )
        deployment = DaemonDeployment(
            arn=place.arn("ecs", f"daemon-deployment/{self.path}/{id_}"),
            target=revision,
            sources=self.history[0].current if self.history else (),
            outcome=outcome,
            created_at=at,
        )
        self.history.insert(0, deployment)
        self.changed()
        return deployment
