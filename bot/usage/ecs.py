"""Amazon ECS, and what starts its tasks on a schedule."""

from collections.abc import Iterator

from bot.aws.errors import in_words
from bot.aws.place import AwsPlace
from bot.core.usage import Sighting
from bot.usage.ecs_daemons import daemon_definition_sightings, daemon_findings, is_of_daemon
from bot.usage.ecs_describing import PAGE
from bot.usage.ecs_rules import rule_findings
from bot.usage.ecs_schedules import schedule_findings
from bot.usage.ecs_services import service_findings
from bot.usage.ecs_task_definitions import (
    DefinitionUse,
    definition_sightings,
    newest_definitions,
)
from bot.usage.ecs_tasks import task_findings


class EcsSource:
    """ECS of one account in one Region. `revisions`: how many of the newest ones of every family
    of task definitions and of daemon task definitions count."""

    name = "ecs"

    def __init__(self, place: AwsPlace, revisions: int) -> None:
        self.scope = str(place)
        self._place = place
        self._revisions = revisions

    def sightings(self) -> Iterator[Sighting]:
        """Images that ECS names itself, and then those of every task definition that is named by
        anything."""
        named: list[DefinitionUse] = []
        with in_words("Reading ECS", self.scope, is_call=False):
            for finding in self._findings():
                if isinstance(finding, DefinitionUse):
                    named.append(finding)
                else:
                    yield finding
            of_daemons = [use for use in named if is_of_daemon(use)]
            others = [use for use in named if not is_of_daemon(use)]
            yield from definition_sightings(self._place, others)
            yield from daemon_definition_sightings(self._place, of_daemons)

    def _findings(self) -> Iterator[Sighting | DefinitionUse]:
        """Tasks before services: one that starts meanwhile is told of by its service."""
        clusters = list(self._place.pages("ecs", "list_clusters", "clusterArns", maxResults=PAGE))
        yield from task_findings(self._place, clusters)
        yield from service_findings(self._place, clusters)
        yield from daemon_findings(self._place, clusters, self._revisions)
        yield from rule_findings(self._place)
        yield from schedule_findings(self._place)
        yield from newest_definitions(self._place, self._revisions)
