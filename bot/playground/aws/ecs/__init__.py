"""Amazon Elastic Container Service: importing this package registers its operations."""

from bot.playground.aws.ecs import (
    clusters,
    daemons,
    service_deployments,
    services,
    task_definitions,
    tasks,
)
from bot.playground.aws.ecs.service import ecs

__all__ = [
    "clusters",
    "daemons",
    "ecs",
    "service_deployments",
    "services",
    "task_definitions",
    "tasks",
]
