"""Control API: users, channels, user groups, scopes and tokens."""

from dataclasses import asdict

from bot.playground.slack.control.routing import Body, control
from bot.playground.slack.directory import TEAM_ID
from bot.playground.slack.installed_app import APP_TOKEN, BOT_TOKEN
from bot.playground.slack.user_actions.context import ActionContext


@control("GET", "/workspace")
def show(context: ActionContext, _body: Body) -> Body:
    directory, app = context.state.directory, context.state.app
    return {
        "team_id": TEAM_ID,
        "app_id": app.id,
        "bot_id": app.bot_id,
        "bot_user_id": app.user_id,
        "manifest": asdict(app.manifest),
        "users": [asdict(user) for user in directory.users.values()],
        "channels": [asdict(channel) for channel in directory.channels.values()],
        "user_groups": [asdict(group) for group in directory.user_groups.values()],
    }


@control("POST", "/users")
def add_user(context: ActionContext, body: Body) -> Body:
    """The keys are the fields of User. Only `name` is required."""
    return asdict(context.state.add_user(**body))


@control("PUT", "/users")
def change_user(context: ActionContext, body: Body) -> Body:
    """`{user}` and the fields to change."""
    return asdict(context.state.change_user(**body))


@control("POST", "/channels")
def add_channel(context: ActionContext, body: Body) -> Body:
    """`{name, members}` and optionally `kind` and `with_bot`."""
    return asdict(context.state.add_channel(**body))


@control("POST", "/channels/leave")
def leave_channel(context: ActionContext, body: Body) -> Body:
    """`{channel, user}`; the user may be the bot."""
    return asdict(context.state.directory.leave(**body))


@control("POST", "/channels/archive")
def archive_channel(context: ActionContext, body: Body) -> Body:
    """`{channel}`. `is_archived: false` unarchives it."""
    return asdict(context.state.directory.archive(**body))


@control("POST", "/ims")
def open_im(context: ActionContext, body: Body) -> Body:
    """`{user}`: opens the direct messages of the user and the bot."""
    return asdict(
        context.state.directory.im_with(context.user(body["user"]).id, context.state.seconds)
    )


@control("POST", "/user-groups")
def add_user_group(context: ActionContext, body: Body) -> Body:
    """`{handle, users}`."""
    return asdict(context.state.add_user_group(**body))


@control("PUT", "/user-groups")
def change_user_group(context: ActionContext, body: Body) -> Body:
    """`{group}`, and `users` or `is_disabled`."""
    return asdict(context.state.change_user_group(**body))


@control("PUT", "/scopes")
def set_scopes(context: ActionContext, body: Body) -> None:
    """`{bot}` or `{app}`: new lists of scopes for the tokens."""
    if "bot" in body:
        context.state.set_scopes(body["bot"])
    if "app" in body:
        context.state.set_app_scopes(body["app"])


@control("POST", "/tokens/revoke")
def revoke(context: ActionContext, body: Body) -> None:
    """`{kind: "bot"}` or `"app"`."""
    context.state.tokens.revoke({"bot": BOT_TOKEN, "app": APP_TOKEN}[body["kind"]])
