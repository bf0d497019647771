"""AWS Security Token Service: GetCallerIdentity and AssumeRole."""

from datetime import timedelta

from bot.playground.aws.access import AccessRequest
from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.service import Answer, AwsService
from bot.playground.aws.session_policy import read_policy
from bot.playground.aws.validation import ModelViolation

MAX_CHAINED_SESSION_SECONDS = 3600


def _validation_error(found: ModelViolation) -> AwsError:
    return AwsError("ValidationError", found.sentence)


def _role(params: Params, _context: CallContext) -> str:
    return str(params["RoleArn"])


sts = AwsService("sts", validation_error=_validation_error, resource=_role)


@sts.operation("GetCallerIdentity", action=None)
def get_caller_identity(_params: Params, context: CallContext) -> Answer:
    """Needs no permission (model)."""
    principal = context.principal
    return {"UserId": principal.user_id, "Account": principal.account, "Arn": principal.arn}


@sts.operation("AssumeRole", action=None)
def assume_role(params: Params, context: CallContext) -> Answer:
    """Checks the role's trust policy, also across accounts. A wrong external ID is denied."""
    role = context.world.identities.role(params["RoleArn"])
    external_id = params.get("ExternalId")
    request = AccessRequest(context.principal, "sts:AssumeRole", params["RoleArn"], context.region)
    denied = context.world.access.caller_denial(request)
    if denied or role is None or not role.accepts(context.principal, external_id):
        raise AwsError(
            "AccessDenied",
            f"User: {context.principal.arn} is not authorized to perform: sts:AssumeRole "
            f"on resource: {params['RoleArn']}",
            403,
        )
    if role.needs_mfa and not context.world.identities.use_mfa_code(params.get("TokenCode")):
        raise AwsError(
            "AccessDenied",
            "MultiFactorAuthentication failed with invalid MFA one time pass code.",
            403,
        )
    if "Policy" in params:
        read_policy(params["Policy"])
    seconds = params.get("DurationSeconds", min(3600, role.max_session_seconds))
    _check_duration(
        seconds, role.max_session_seconds, chained=context.principal.session is not None
    )
    principal = context.world.identities.open_session(
        role,
        params["RoleSessionName"],
        context.now + timedelta(seconds=seconds),
        external_id=external_id,
        policy=params.get("Policy"),
    )
    session = principal.session
    assert session is not None
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": principal.user_id, "Arn": principal.arn},
    }


def _check_duration(seconds: int, max_seconds: int, *, chained: bool) -> None:
    if chained and seconds > MAX_CHAINED_SESSION_SECONDS:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed "
            "by role chaining.",
        )
    if seconds > max_seconds:
        raise AwsError(
            "ValidationError",
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        )
