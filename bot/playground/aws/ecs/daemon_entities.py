"""Entities of managed daemons. The stand-in has no container instances to run them."""

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
        """The deployed revisions while this is the newest deployment."""
        if self.outcome == "SUCCESSFUL":
            return (self.target,)
        if self.outcome == "IN_PROGRESS":
            return (*self.sources, self.target)
        return self.sources


@dataclass(eq=False)
class Daemon(CachedEntity):
    """A daemon. `history`: all deployments, newest first."""

    arn: str
    name: str
    cluster_arn: str
    created_at: datetime
    history: list[DaemonDeployment] = field(default_factory=list)

    @property
    def path(self) -> str:
        """`CLUSTER/NAME`, as in ARNs."""
        return self.arn.partition("/")[2]

    def deploy(
        self,
        location: AccountRegion,
        definition: TaskDefinition,
        outcome: DaemonOutcome,
        at: datetime,
    ) -> DaemonDeployment:
        """Deploys a definition. Images get the current digests of their references, if known."""
        number, id_ = (
            location.new_number("daemon revision"),
            location.new_id("daemon deployment")[:21],
        )
        revision = DaemonRevision(
            arn=location.arn("ecs", f"daemon-revision/{self.path}/{number}"),
            daemon_arn=self.arn,
            cluster_arn=self.cluster_arn,
            definition=definition,
            images=tuple(
                ResolvedImage(each.name, each.image, location.shared.digest_of(each.image))
                for each in definition.containers
            ),
            created_at=at,
        )
        deployment = DaemonDeployment(
            arn=location.arn("ecs", f"daemon-deployment/{self.path}/{id_}"),
            target=revision,
            sources=self.history[0].current if self.history else (),
            outcome=outcome,
            created_at=at,
        )
        self.history.insert(0, deployment)
        self.changed()
        return deployment
