"""Families of task definitions and their revisions."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from bot.playground.aws.account_regions import AccountRegion
from bot.playground.aws.ecs.entities import ContainerDefinition, TaskDefinition

Images = Iterable[str] | Mapping[str, str]
"""Image references, or image references by the name of their container."""


class TaskDefinitionFamilies(dict[str, list[TaskDefinition]]):
    """Every revision that was ever registered, by family, oldest first. `kind`: what its ARNs
    name, `task-definition` or `daemon-task-definition`."""

    def __init__(self, place: AccountRegion, kind: str = "task-definition") -> None:
        super().__init__()
        self._place = place
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
        """`family:revision` whatever its status, or a family's latest ACTIVE one; or KeyError."""
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
        """The family's latest ACTIVE revision if it has these images, or a new one."""
        wanted = _containers(images, consistent=True)
        latest = [each for each in self.get(family, ()) if each.status == "ACTIVE"][-1:]
        if latest and latest[0].containers == wanted:
            return latest[0]
        return self.register(family, images, consistent=True, at=None)


def _containers(images: Images, *, consistent: bool) -> tuple[ContainerDefinition, ...]:
    named = images if isinstance(images, Mapping) else _named(images)
    return tuple(ContainerDefinition(name, image, consistent) for name, image in named.items())


def _named(images: Iterable[str]) -> dict[str, str]:
    if isinstance(images, str):
        raise TypeError("images are a list, or a mapping by the names of containers")
    return {f"sidecar-{n}" if n else "app": image for n, image in enumerate(images)}
