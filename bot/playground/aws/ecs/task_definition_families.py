"""Families of task definitions, with their revisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.playground.aws.account_regions import AccountRegion
from bot.playground.aws.ecs.entities import ContainerDefinition, TaskDefinition

Images = Iterable[str] | Mapping[str, str]
"""Image references, optionally by container name."""


class TaskDefinitionFamilies(dict[str, list[TaskDefinition]]):
    """All registered revisions by family, oldest first.

    `kind`: the resource type in ARNs, `task-definition` or `daemon-task-definition`.
    """

    def __init__(self, location: AccountRegion, kind: str = "task-definition") -> None:
        super().__init__()
        self._place = location
        self._kind = kind

    def register(
        self, family: str, images: Images, *, consistent: bool, at: datetime | None
    ) -> TaskDefinition:
        revisions = self.setdefault(family, [])
        number = len(revisions) + 1
        definition = TaskDefinition(
            arn=self._place.arn("ecs", f"{self._kind}/{family}:{number}"),
            family=family,
            revision=number,
            containers=_containers(images, consistent=consistent),
            registered_at=at or self._place.now,
        )
        revisions.append(definition)
        return definition

    def find(self, name: str) -> TaskDefinition:
        """`family:revision` in any status, or a family's latest ACTIVE one; raises KeyError."""
        family, _, revision = name.partition(":")
        found = [
            each
            for each in self.get(family, ())
            if (str(each.revision) == revision if revision else each.status == "ACTIVE")
        ]
        if not found:
            raise KeyError(f"no {self._kind.replace('-', ' ')} {name}")
        return found[-1]

    def with_images(self, family: str, images: Images) -> TaskDefinition:
        """The family's latest ACTIVE revision if it has these images, otherwise a new one."""
        wanted = _containers(images, consistent=True)
        latest = [each for each in self.get(family, ()) if each.status == "ACTIVE"][-1:]
        if latest and latest[0].containers == wanted:
            return latest[0]
        return self.register(family, images, consistent=True, at=None)


def _containers(images: Images, *, consistent: bool) -> tuple[ContainerDefinition, ...]:
    by_container = images if isinstance(images, Mapping) else _by_container(images)
    return tuple(
        ContainerDefinition(name, image, consistent) for name, image in by_container.items()
    )


def _by_container(images: Iterable[str]) -> dict[str, str]:
    if isinstance(images, str):
        raise TypeError("images must be a list, or a mapping by container names")
    return {f"sidecar-{n}" if n else "app": image for n, image in enumerate(images)}
