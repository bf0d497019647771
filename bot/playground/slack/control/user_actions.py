"""Control API: act as a user, and read the content that the user sees."""

from starlette.responses import Response

from bot.playground.slack.control.routing import Body, control, user_action
from bot.playground.slack.user_actions import (
    event_actions,
    interactive_elements,
    modals,
    slash_commands,
    visible_content,
)
from bot.playground.slack.user_actions.context import ActionContext
from bot.playground.slack.user_actions.outcome import ActionOutcome
from bot.playground.slack.user_actions.surfaces import SurfaceAddress


@user_action("/command")
async def type_command(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user, channel, line}`."""
    return await slash_commands.type_command(context, **body)


@user_action("/use")
async def use(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user, action_id}` and optionally `block_id`, `value`, `confirm`, a surface, and `entered`:
    values of its other fields."""
    return await interactive_elements.use_element(context, _element_use(body))


@user_action("/suggest")
async def suggest(context: ActionContext, body: Body) -> ActionOutcome:
    """Like `/use`. `value` is the typed text."""
    return await interactive_elements.load_suggestions(context, _element_use(body))


@user_action("/submit")
async def submit(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user, values}`."""
    return await modals.submit(context, body["user"], body.get("values", {}))


@user_action("/close")
async def close(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user}` and optionally `everything`."""
    return await modals.close(context, **body)


@user_action("/write")
async def write(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user, channel, text}` and optionally `thread_ts`."""
    return await event_actions.write(context, **body)


@user_action("/home")
async def open_home(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user}`."""
    return await event_actions.open_home(context, **body)


@user_action("/join")
async def join(context: ActionContext, body: Body) -> ActionOutcome:
    """`{user, channel}`; the user may be the bot."""
    return await event_actions.join(context, **body)


@control("GET", "/visible")
def show_visible(context: ActionContext, body: Body) -> Body:
    """`?user=U…`."""
    return visible_content.visible_content(context.state, context.user(body["user"]))


@control("GET", "/file")
def read_file(context: ActionContext, body: Body) -> Response:
    """`?id=F…`. Returns the bytes."""
    file = context.state.files.find(body["id"])
    if file is None or file.content is None:
        raise KeyError(body["id"])
    return Response(file.content, media_type="application/octet-stream")


def _element_use(body: Body) -> interactive_elements.ElementInteraction:
    """Surface: `channel` and `ts` of a message, or `home: true`, otherwise the topmost modal."""
    where = {name: body.pop(name) for name in ("channel", "ts", "home") if name in body}
    return interactive_elements.ElementInteraction(address=SurfaceAddress(**where), **body)
