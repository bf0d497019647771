"""auth.*, bots.*, users.*, usergroups.*: docs.slack.dev/reference/methods, read on 2026-11-23."""

from bot.playground.slack.directory import TEAM_ID, TEAM_NAME
from bot.playground.slack.errors import SlackError
from bot.playground.slack.limits import SPECIAL, TIER_2, TIER_3, TIER_4
from bot.playground.slack.methods.registry import Answer, Ask, method, page_of
from bot.playground.slack.wire import PERMALINKS, group_json, user_json


@method("auth.test", SPECIAL)
def auth_test(ask: Ask) -> Answer:
    app = ask.state.app
    return {
        "url": f"{PERMALINKS}/",
        "team": TEAM_NAME,
        "team_id": TEAM_ID,
        "user": app.manifest.bot_name,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }


@method("bots.info", TIER_3, scope="users:read", takes="bot team_id")
def bots_info(ask: Ask) -> Answer:
    app = ask.state.app
    if ask.arguments.text("bot", app.bot_id) != app.bot_id:
        raise SlackError("bot_not_found")
    return {
        "bot": {
            "id": app.bot_id,
            "app_id": app.id,
            "user_id": app.user_id,
            "name": app.manifest.name,
            "deleted": False,
        }
    }


@method("users.info", TIER_4, scope="users:read", takes="user include_locale")
def users_info(ask: Ask) -> Answer:
    user = ask.state.directory.users.get(ask.arguments.required("user"))
    if user is None:
        raise SlackError("user_not_found")
    return {"user": user_json(ask.state, user, ask.token.scopes)}


@method("users.list", TIER_2, scope="users:read", takes="limit cursor include_locale team_id")
def users_list(ask: Ask) -> Answer:
    users = ask.state.directory.users.values()
    members = [user_json(ask.state, user, ask.token.scopes) for user in users]
    return page_of(ask.arguments, "members", members, 1000)


@method(
    "usergroups.list",
    TIER_2,
    scope="usergroups:read",
    takes="include_count include_disabled include_users team_id",
)
def usergroups_list(ask: Ask) -> Answer:
    with_disabled = ask.arguments.flag("include_disabled")
    with_users = ask.arguments.flag("include_users")
    groups = [
        group_json(group, with_users=with_users)
        for group in ask.state.directory.user_groups.values()
        if with_disabled or not group.is_disabled
    ]
    return {"usergroups": groups}


@method(
    "usergroups.users.list",
    TIER_2,
    scope="usergroups:read",
    takes="usergroup include_disabled team_id",
)
def usergroups_users_list(ask: Ask) -> Answer:
    group = ask.state.directory.user_groups.get(ask.arguments.required("usergroup"))
    if group is None or (group.is_disabled and not ask.arguments.flag("include_disabled")):
        raise SlackError("no_such_subteam")
    return {"users": list(group.users)}
