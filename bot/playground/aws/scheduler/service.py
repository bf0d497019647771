"""What all of EventBridge Scheduler's operations share: its errors, and finding schedules."""

from bot.playground.aws.context import Context, Params
from bot.playground.aws.errors import AwsError
from bot.playground.aws.paging import Pager
from bot.playground.aws.scheduler.state import Group, Schedule, Scheduler
from bot.playground.aws.service import Resource, Service
from bot.playground.aws.validation import Violation


def _refusal(found: Violation) -> AwsError:
    return _invalid(found.sentence)


def _invalid(message: str) -> AwsError:
    return AwsError("ValidationException", message)


def _the_schedule(params: Params, context: Context) -> str:
    group = params.get("GroupName", "default")
    return state(context).place.arn("scheduler", f"schedule/{group}/{params['Name']}")


def every(kind: str) -> Resource:
    """The resource of actions that know none: Scheduler asks about `schedule/*/*`, whatever
    group is listed (aws-cdk#38201)."""

    def resource(_params: Params, context: Context) -> str:
        return state(context).place.arn("scheduler", kind)

    return resource


scheduler = Service("scheduler", refusal=_refusal, resource=_the_schedule)
pager = Pager("NextToken", "NextToken", "MaxResults", lambda: _invalid("Invalid NextToken."))


def state(context: Context) -> Scheduler:
    return context.world.scheduler(context.account, context.region)


def group_named(name: str, context: Context) -> Group:
    group = state(context).groups.get(name)
    if group is None:
        raise AwsError("ResourceNotFoundException", f"Schedule group {name} does not exist.", 404)
    return group


def schedule_of(params: Params, context: Context) -> Schedule:
    """Without a group the schedule is looked for in `default` alone (model)."""
    group = group_named(params.get("GroupName", "default"), context)
    schedule = group.schedules.get(params["Name"])
    if schedule is None:
        raise AwsError(
            "ResourceNotFoundException", f"Schedule {params['Name']} does not exist.", 404
        )
    return schedule
