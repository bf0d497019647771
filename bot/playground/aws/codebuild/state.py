"""The CodeBuild projects of an account and Region."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.playground.aws.account_regions import AccountRegion, locked


@dataclass(frozen=True)
class CodeBuildProject:
    """A project. `image`: the image of its build environment."""

    name: str
    arn: str
    image: str
    role_arn: str
    created_at: datetime
    modified_at: datetime


class CodeBuildState:
    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.projects: dict[str, CodeBuildProject] = {}

    @locked
    def create(self, name: str, image: str, *, at: datetime | None = None) -> CodeBuildProject:
        if name in self.projects:
            raise ValueError(f"project {name} already exists")
        created_at = at or self.location.now
        self.projects[name] = CodeBuildProject(
            name=name,
            arn=self.location.arn("codebuild", f"project/{name}"),
            image=image,
            role_arn=self.location.role_arn(f"codebuild-{name}"),
            created_at=created_at,
            modified_at=created_at,
        )
        return self.projects[name]

    @locked
    def update(self, name: str, image: str, *, at: datetime | None = None) -> CodeBuildProject:
        """Sets another image for a project."""
        changed = replace(self.projects[name], image=image, modified_at=at or self.location.now)
        self.projects[name] = changed
        return changed
