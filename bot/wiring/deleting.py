"""Where a stored plan is carried out, and through whom."""

from functools import partial

from bot.aws.delete_session import deleting_role
from bot.aws.deleter import EcrDeleter
from bot.aws.ecr import EcrRegistry
from bot.aws.sessions import deleting_config
from bot.core.errors import RequestError, ServiceError
from bot.core.records import PlanRecord
from bot.core.repository import RegistryId
from bot.settings import Settings
from bot.settings.model import RegistrySection
from bot.wiring.clients import open_registries
from bot.wiring.sessions import session_as


def find_registry(
    settings: Settings, id_: RegistryId
) -> tuple[EcrRegistry, RegistrySection | None]:
    """The registry of the settings that is this one, with its entry; None for the caller's own.
    Raises RequestError if there is none, ServiceError if nobody can tell."""
    entries = settings.registries or (None,)
    untold: RequestError | ServiceError | None = None
    for registry, entry in zip(open_registries(settings), entries, strict=True):
        if entry and (entry.region or id_.region, entry.account or id_.account) != (
            id_.region,
            id_.account,
        ):
            continue
        try:
            if registry.id() == id_:
                return registry, entry
        except (RequestError, ServiceError) as error:
            untold = error
    raise untold or RequestError(
        f"The settings name no registry {id_}: add it to `registries`, or use that account's "
        "credentials"
    )


def open_deleter(plan: PlanRecord, entry: RegistrySection | None) -> EcrDeleter:
    """`entry`: that of the plan's registry. Through its role for deletion, else through the one
    that reads it, else on the caller's own credentials, which cannot be narrowed. No role is
    assumed before the first call."""
    region = plan.repository.registry.region
    arn = entry and (entry.delete_role_arn or entry.role_arn)
    role = deleting_role(arn, entry.external_id, plan) if entry and arn else None
    session = partial(session_as, role, region, deleting_config())
    return EcrDeleter(session, plan.repository)
