"""Who and what is in the workspace."""

from dataclasses import asdict

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.app import APP_TOKEN, BOT_TOKEN
from bot.playground.slack.control.door import Body, control
from bot.playground.slack.directory import TEAM_ID


@control("GET", "/workspace")
def show(desk: Desk, _body: Body) -> Body:
    directory, app = desk.state.directory, desk.state.app
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
def add_user(desk: Desk, body: Body) -> Body:
    """The keys are those of User; only `name` is needed."""
    return asdict(desk.state.add_user(**body))


@control("PUT", "/users")
def change_user(desk: Desk, body: Body) -> Body:
    """`{user}` and what is to change."""
    return asdict(desk.state.change_user(**body))


@control("POST", "/channels")
def add_channel(desk: Desk, body: Body) -> Body:
    """`{name, members}` and perhaps `kind` and `with_bot`."""
    return asdict(desk.state.add_channel(**body))


@control("POST", "/channels/leave")
def leave_channel(desk: Desk, body: Body) -> Body:
    """`{channel, user}`; the user may be the bot."""
    return asdict(desk.state.directory.leave(**body))


@control("POST", "/channels/archive")
def archive_channel(desk: Desk, body: Body) -> Body:
    """`{channel}`, and `is_archived: false` brings it back."""
    return asdict(desk.state.directory.archive(**body))


@control("POST", "/ims")
def open_im(desk: Desk, body: Body) -> Body:
    """`{user}`: that person's conversation with the bot."""
    return asdict(desk.state.directory.im_with(desk.user(body["user"]).id, desk.state.seconds))


@control("POST", "/user-groups")
def add_user_group(desk: Desk, body: Body) -> Body:
    """`{handle, users}`."""
    return asdict(desk.state.add_user_group(**body))


@control("PUT", "/user-groups")
def change_user_group(desk: Desk, body: Body) -> Body:
    """`{group}`, and `users` or `is_disabled`."""
    return asdict(desk.state.change_user_group(**body))


@control("PUT", "/scopes")
def set_scopes(desk: Desk, body: Body) -> None:
    """`{bot}` or `{app}`: lists of scopes that the app is now installed with."""
    if "bot" in body:
        desk.state.set_scopes(body["bot"])
    if "app" in body:
        desk.state.set_app_scopes(body["app"])


@control("POST", "/tokens/revoke")
def revoke(desk: Desk, body: Body) -> None:
    """`{kind: "bot"}` or `"app"`."""
    desk.state.tokens.revoke({"bot": BOT_TOKEN, "app": APP_TOKEN}[body["kind"]])
