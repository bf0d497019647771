"""One account's CodeBuild projects in one Region."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.playground.aws.account_regions import AccountRegion, locked


@dataclass(frozen=True)
class CodeBuildProject:
    """`image` is what its builds run in."""

    name: str
    arn: str
    image: str
    role_arn: str
    created_at: datetime
    modified_at: datetime


class CodeBuildState:
    def __init__(self, place: AccountRegion) -> None:
        self.place = place
        self.projects: dict[str, CodeBuildProject] = {}

    @locked
    def create(self, name: str, image: str, *, at: datetime | None = None) -> CodeBuildProject:
        if name in self.projects:
            raise ValueError(f"there is a project {name}")
        created_at = at or self.place.now
        self.projects[name] = CodeBuildProject(
            name=name,
            arn=self.place.arn("codebuild", f"project/{name}"),
            image=image,
            role_arn=self.place.role_arn(f"codebuild-{name}"),
            created_at=created_at,
            modified_at=created_at,
        )
        return self.projects[name]

    @locked
    def update(self, name: str, image: str, *, at: datetime | None = None) -> CodeBuildProject:
        """Gives a project another image."""
        changed = replace(self.projects[name], image=image, modified_at=at or self.place.now)
        self.projects[name] = changed
        return changed
