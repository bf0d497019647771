"""One account's CodeBuild projects in one Region."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.playground.aws.places import Place, locked


@dataclass(frozen=True)
class Project:
    """`image` is what its builds run in."""

    name: str
    arn: str
    image: str
    role_arn: str
    created_at: datetime
    modified_at: datetime


class CodeBuild:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.projects: dict[str, Project] = {}

    @locked
    def create(self, name: str, image: str, *, at: datetime | None = None) -> Project:
        if name in self.projects:
            raise ValueError(f"there is a project {name}")
        created_at = at or self.place.now
        self.projects[name] = Project(
            name=name,
            arn=self.place.arn("codebuild", f"project/{name}"),
            image=image,
            role_arn=self.place.role_arn(f"codebuild-{name}"),
            created_at=created_at,
            modified_at=created_at,
        )
        return self.projects[name]

    @locked
    def update(self, name: str, image: str, *, at: datetime | None = None) -> Project:
        """Gives a project another image."""
        changed = replace(self.projects[name], image=image, modified_at=at or self.place.now)
        self.projects[name] = changed
        return changed
