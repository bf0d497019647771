"""Acting as the workspace's people, and seeing what they see."""

from starlette.responses import Response

from bot.playground.slack.acts import commands, elements, modals, seeing, talking
from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.acts.outcome import Outcome
from bot.playground.slack.acts.surfaces import Spot
from bot.playground.slack.control.door import Body, act, control


@act("/command")
async def type_command(desk: Desk, body: Body) -> Outcome:
    """`{user, channel, line}`."""
    return await commands.type_command(desk, **body)


@act("/use")
async def use(desk: Desk, body: Body) -> Outcome:
    """`{user, action_id}` and perhaps `block_id`, `value`, `confirm`, and where: see `_spot`."""
    return await elements.use(desk, _use(body))


@act("/suggest")
async def suggest(desk: Desk, body: Body) -> Outcome:
    """Like `/use`; `value` is what is typed."""
    return await elements.suggest(desk, _use(body))


@act("/submit")
async def submit(desk: Desk, body: Body) -> Outcome:
    """`{user, values}`."""
    return await modals.submit(desk, body["user"], body.get("values", {}))


@act("/close")
async def close(desk: Desk, body: Body) -> Outcome:
    """`{user}` and perhaps `everything`."""
    return await modals.close(desk, **body)


@act("/write")
async def write(desk: Desk, body: Body) -> Outcome:
    """`{user, channel, text}` and perhaps `thread_ts`."""
    return await talking.write(desk, **body)


@act("/home")
async def open_home(desk: Desk, body: Body) -> Outcome:
    """`{user}`."""
    return await talking.open_home(desk, **body)


@act("/join")
async def join(desk: Desk, body: Body) -> Outcome:
    """`{user, channel}`; the user may be the bot."""
    return await talking.join(desk, **body)


@control("GET", "/sight")
def see(desk: Desk, body: Body) -> Body:
    """`?user=U…`."""
    return seeing.sight(desk.state, desk.user(body["user"]))


@control("GET", "/file")
def read_file(desk: Desk, body: Body) -> Response:
    """`?id=F…`; answers its bytes."""
    file = desk.state.files.find(body["id"])
    if file is None or file.content is None:
        raise KeyError(body["id"])
    return Response(file.content, media_type="application/octet-stream")


def _use(body: Body) -> elements.Use:
    """Where: `channel` and `ts` of a message, or `home: true`, or else the topmost modal."""
    where = {name: body.pop(name) for name in ("channel", "ts", "home") if name in body}
    return elements.Use(spot=Spot(**where), **body)
