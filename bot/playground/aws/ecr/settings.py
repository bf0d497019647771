"""What is set for a whole registry: shared layers, and whose pulls leave no trace."""

from bot.playground.aws.context import Context, Params
from bot.playground.aws.ecr.service import anything, ecr, next_page, registry_of
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer

MOST_EXCLUSIONS = 100


@ecr.operation("GetAccountSetting", resource=anything)
def get_account_setting(params: Params, context: Context) -> Answer:
    """Knows BLOB_MOUNTING alone, which is all that the bot asks for."""
    settings = registry_of(params, context).settings
    name = params["name"]
    if name not in settings:
        raise AwsError("ValidationException", f"The account setting name '{name}' is not valid")
    return {"name": name, "value": settings[name]}


@ecr.operation("ListPullTimeUpdateExclusions", resource=anything)
def list_pull_time_update_exclusions(params: Params, context: Context) -> Answer:
    registry = registry_of(params, context)
    page = next_page(
        sorted(registry.pull_time_exclusions),
        params,
        f"{registry.account}/{registry.region} exclusions",
        default=100,
    )
    return {"pullTimeUpdateExclusions": page.keys} | page.token_member


@ecr.operation("RegisterPullTimeUpdateExclusion", resource=anything)
def register_pull_time_update_exclusion(params: Params, context: Context) -> Answer:
    """Up to 100 principals can be exempted (guide)."""
    exclusions = registry_of(params, context).pull_time_exclusions
    principal = params["principalArn"]
    if principal in exclusions:
        raise AwsError(
            "ExclusionAlreadyExistsException",
            f"The pull time update exclusion for '{principal}' already exists",
        )
    if len(exclusions) >= MOST_EXCLUSIONS:
        raise AwsError(
            "LimitExceededException", f"A registry can have {MOST_EXCLUSIONS} exclusions at most"
        )
    exclusions[principal] = context.now
    return {"principalArn": principal, "createdAt": context.now}
