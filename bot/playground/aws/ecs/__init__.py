"""Amazon Elastic Container Service: importing this package registers its operations."""

from bot.playground.aws.ecs import clusters, daemons, definitions, history, services, tasks
from bot.playground.aws.ecs.service import ecs

__all__ = ["clusters", "daemons", "definitions", "ecs", "history", "services", "tasks"]
