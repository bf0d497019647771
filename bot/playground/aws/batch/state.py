"""The Batch job definitions of an account and Region."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bot.playground.aws.account_regions import AccountRegion, locked

_SHAPES = {"containerProperties", "ecsProperties", "eksProperties", "nodeProperties"}


@dataclass(frozen=True)
class JobDefinition:
    """A revision. `shape`: its container properties, in the format of the API."""

    name: str
    revision: int
    arn: str
    shape: Mapping[str, Any]
    status: str = "ACTIVE"

    @property
    def full_name(self) -> str:
        return f"{self.name}:{self.revision}"


class BatchState:
    """Job definitions by `name:revision`, including deregistered ones."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.definitions: dict[str, JobDefinition] = {}

    @locked
    def register(
        self, name: str, image: str | None = None, *, shape: Mapping[str, Any] | None = None
    ) -> JobDefinition:
        """Registers a new revision with one container, or with any `shape` in the API's format.

        `shape` has one of containerProperties, ecsProperties, eksProperties and nodeProperties.
        """
        if (image is None) == (shape is None):
            raise ValueError("give either an image or a shape")
        chosen = {"containerProperties": _container(image)} if shape is None else dict(shape)
        if len(chosen) != 1 or not chosen.keys() <= _SHAPES:
            raise ValueError(f"a shape has one of {', '.join(sorted(_SHAPES))}")
        revision = 1 + sum(each.name == name for each in self.definitions.values())
        arn = self.location.arn("batch", f"job-definition/{name}:{revision}")
        definition = JobDefinition(name, revision, arn, chosen)
        self.definitions[definition.full_name] = definition
        return definition

    @locked
    def deregister(self, definition: str) -> JobDefinition:
        """Makes `name:revision` INACTIVE; raises KeyError."""
        inactive = replace(self.definitions[definition], status="INACTIVE")
        self.definitions[definition] = inactive
        return inactive


def _container(image: str | None) -> dict[str, Any]:
    return {"image": image, "vcpus": 1, "memory": 512, "command": []}
