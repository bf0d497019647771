"""Settings of a registry: account settings and pull time exclusions."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.ecr.service import any_resource, ecr, next_page, registry_of
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer

MAX_EXCLUSIONS = 100


@ecr.operation("GetAccountSetting", resource=any_resource)
def get_account_setting(params: Params, context: CallContext) -> Answer:
    """Supports only BLOB_MOUNTING."""
    settings = registry_of(params, context).settings
    name = params["name"]
    if name not in settings:
        raise AwsError("ValidationException", f"The account setting name '{name}' is not valid")
    return {"name": name, "value": settings[name]}


@ecr.operation("ListPullTimeUpdateExclusions", resource=any_resource)
def list_pull_time_update_exclusions(params: Params, context: CallContext) -> Answer:
    registry = registry_of(params, context)
    page = next_page(
        sorted(registry.pull_time_exclusions),
        params,
        f"{registry.account}/{registry.region} exclusions",
        default=100,
    )
    return {"pullTimeUpdateExclusions": page.keys} | page.token_member


@ecr.operation("RegisterPullTimeUpdateExclusion", resource=any_resource)
def register_pull_time_update_exclusion(params: Params, context: CallContext) -> Answer:
    """At most 100 principals (guide)."""
    exclusions = registry_of(params, context).pull_time_exclusions
    principal = params["principalArn"]
    if principal in exclusions:
        raise AwsError(
            "ExclusionAlreadyExistsException",
            f"The pull time update exclusion for '{principal}' already exists",
        )
    if len(exclusions) >= MAX_EXCLUSIONS:
        raise AwsError(
            "LimitExceededException", f"A registry can have at most {MAX_EXCLUSIONS} exclusions"
        )
    exclusions[principal] = context.now
    return {"principalArn": principal, "createdAt": context.now}
