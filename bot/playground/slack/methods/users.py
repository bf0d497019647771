"""users.*, usergroups.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.errors import SlackError
from bot.playground.slack.methods.registry import MethodCall, MethodResult, method, paginate
from bot.playground.slack.rate_limits import TIER_2, TIER_4
from bot.playground.slack.slack_json import group_json, user_json


@method("users.info", TIER_4, scope="users:read", takes="user include_locale")
def users_info(call: MethodCall) -> MethodResult:
    user = call.state.directory.users.get(call.arguments.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(call.state, user, call.token.scopes)}


@method("users.list", TIER_2, scope="users:read", takes="limit cursor include_locale team_id")
def users_list(call: MethodCall) -> MethodResult:
    users = call.state.directory.users.values()
    members = [user_json(call.state, user, call.token.scopes) for user in users]
    return paginate(call.arguments, "members", members, 1000)


@method(
    "usergroups.list",
    TIER_2,
    scope="usergroups:read",
    takes="include_count include_disabled include_users team_id",
)
def usergroups_list(call: MethodCall) -> MethodResult:
    with_disabled = call.arguments.flag("include_disabled")
    with_users = call.arguments.flag("include_users")
    groups = [
        group_json(group, with_users=with_users)
        for group in call.state.directory.user_groups.values()
        if with_disabled or not group.is_disabled
    ]
    return {"usergroups": groups}


@method(
    "usergroups.users.list",
    TIER_2,
    scope="usergroups:read",
    takes="usergroup include_disabled team_id",
)
def usergroups_users_list(call: MethodCall) -> MethodResult:
    group = call.state.directory.user_groups.get(call.arguments.required("usergroup"))
    if group is None or (group.is_disabled and not call.arguments.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
