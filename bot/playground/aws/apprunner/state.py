"""The App Runner services of an account and Region."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from bot.playground.aws.account_regions import AccountRegion, locked
from bot.playground.aws.option_checks import reject_unknown_options


@dataclass(frozen=True)
class AppRunnerService:
    """A service. Without `image` its source is a code repository."""

    id: str
    name: str
    arn: str
    image: str | None
    status: str
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None


class AppRunnerServiceOptions(TypedDict, total=False):
    status: str
    at: datetime | None


class AppRunnerState:
    """Services by ARN, including deleted ones, whose names can be used again."""

    def __init__(self, location: AccountRegion) -> None:
        self.location = location
        self.services: dict[str, AppRunnerService] = {}

    @locked
    def create(
        self, name: str, image: str | None = None, **options: Unpack[AppRunnerServiceOptions]
    ) -> AppRunnerService:
        """Creates a service from an image in ECR or ECR Public, or without `image` from code."""
        reject_unknown_options(options, AppRunnerServiceOptions)
        if any(each.name == name and not each.deleted_at for each in self.services.values()):
            raise ValueError(f"service {name} already exists")
        unique = str(UUID(self.location.new_id(name)[:32], version=4))
        created_at = options.get("at") or self.location.now
        service = AppRunnerService(
            id=unique,
            name=name,
            arn=self.location.arn("apprunner", f"service/{name}/{unique}"),
            image=image,
            status="RUNNING",
            created_at=created_at,
            updated_at=created_at,
        )
        self.services[service.arn] = service
        return self.set_status(service.arn, options.get("status", "RUNNING"), at=created_at)

    @locked
    def set_status(self, arn: str, status: str, *, at: datetime | None = None) -> AppRunnerService:
        changed_at = at or self.location.now
        changed = replace(
            self.services[arn],
            status=status,
            updated_at=changed_at,
            deleted_at=changed_at if status == "DELETED" else None,
        )
        self.services[arn] = changed
        return changed
