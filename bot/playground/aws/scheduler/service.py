"""Errors, paging, and lookup of groups and schedules of EventBridge Scheduler."""

from bot.playground.aws.call_context import CallContext, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.scheduler.state import Schedule, ScheduleGroup, SchedulerState
from bot.playground.aws.service import AwsService, Resource
from bot.playground.aws.validation import ModelViolation


def _validation_error(found: ModelViolation) -> AwsError:
    return _invalid(found.sentence)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _schedule_arn(params: Params, context: CallContext) -> str:
    group = params.get("GroupName", "default")
    return state(context).location.arn("scheduler", f"schedule/{group}/{params['Name']}")


def all_resources(kind: str) -> Resource:
    """The resource of list actions, such as `schedule/*/*` for any group (aws-cdk#38201)."""

    def resource(_params: Params, context: CallContext) -> str:
        return state(context).location.arn("scheduler", kind)

    return resource


scheduler = AwsService("scheduler", validation_error=_validation_error, resource=_schedule_arn)
pager = Pager("NextToken", "NextToken", "MaxResults", lambda: _invalid("Invalid NextToken."))


def state(context: CallContext) -> SchedulerState:
    return context.world.scheduler(context.account, context.region)


def group_named(name: str, context: CallContext) -> ScheduleGroup:
    group = state(context).groups.get(name)
    if group is None:
        raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
    return group


def schedule_of(params: Params, context: CallContext) -> Schedule:
    """The schedule in the given group, by default `default` (model)."""
    group = group_named(params.get("GroupName", "default"), context)
    schedule = group.schedules.get(params["Name"])
    if schedule is None:
        raise AwsError(
            "ResourceNotFoundException", f"Schedule {params['Name']} does not exist.", 404
        )
    return schedule
