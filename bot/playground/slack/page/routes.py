"""The page's addresses.

Everything comes from here: the policy forbids scripts, styles and pictures from elsewhere.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from bot.playground.slack.acts.desk import Desk
from bot.playground.slack.directory import TEAM_NAME
from bot.playground.slack.models import File, User
from bot.playground.slack.page.marks import Marks
from bot.playground.slack.page.reader import Reader
from bot.playground.slack.page.showing import Showing, people

_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
_COOKIE = "as"
_NOBODY = "Nobody is in this workspace yet: add somebody by POST /_control/users."
_STATIC = Path(__file__).parent / "static"

_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
)
"""Controls but for tab and line feed, which HTML takes for spaces; separators; bidirectional
formatting, which a browser obeys across elements."""

_Show = Callable[[Request, Showing], Response]


def page_routes(desk: Desk) -> list[BaseRoute]:
    page = _Page(desk)
    shown: dict[str, _Show] = {
        "/": page.start,
        "/c/{channel}": page.channel,
        "/c/{channel}/{thread}": page.channel,
        "/home/{app}": page.home,
        "/home/{app}/messages": page.conversation,
        "/shared/{file}": page.file,
    }
    return [
        *(Route(path, page.endpoint(show), methods=["GET"]) for path, show in shown.items()),
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


@cache
def _templates() -> Environment:
    """Compiled once, however many workspaces a process has."""
    templates = Environment(
        loader=PackageLoader(__package__),
        autoescape=True,
        finalize=_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["ident"] = _ident
    return templates


class _Page:
    def __init__(self, desk: Desk) -> None:
        self._state = desk.state
        self._marks = Marks()

    def endpoint(self, show: _Show) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            try:
                with self._state.lock:
                    response = self._answer(request, show)
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug to be shown
                self._state.bugs.append(f"{request.url.path}: {error!r}")
                response = PlainTextResponse(f"The page has a bug: {error!r}", 500)
            response.headers.update(_HEADERS)
            return response

        return answer

    def _answer(self, request: Request, show: _Show) -> Response:
        user = self._person(request)
        if user is None:
            return PlainTextResponse(_NOBODY, 404)
        response = show(request, Showing(Reader(self._state, user), self._marks))
        response.set_cookie(_COOKIE, user.id, httponly=True, samesite="strict")
        return response

    def start(self, _request: Request, showing: Showing) -> Response:
        places = showing.places(here="")
        path = places[0].path if places else showing.bot(here="").path
        return RedirectResponse(showing.reader.link(path), 303)

    def channel(self, request: Request, showing: Showing) -> Response:
        """With a thread beside it, perhaps. Where the person sees nothing, they start again."""
        channel = showing.channel(request.path_params["channel"])
        if channel is None:
            return RedirectResponse(showing.reader.link("/"), 303)
        if channel["kind"] == "im":
            return RedirectResponse(showing.reader.link(f"{self._home}/messages"), 303)
        showing.mark_read(channel)
        ts = request.path_params.get("thread", "")
        return self._render(
            "channel.html",
            showing,
            here=channel["id"],
            channel=channel,
            path=f"/c/{channel['id']}",
            thread=showing.thread(channel, ts) if ts else None,
        )

    def home(self, _request: Request, showing: Showing) -> Response:
        return self._render("home.html", showing, here=self._state.app.id)

    def conversation(self, _request: Request, showing: Showing) -> Response:
        """Of the person with the bot."""
        id_ = self._state.directory.im_with(showing.user.id, self._state.seconds).id
        showing = Showing(showing.reader, self._marks)
        channel = showing.channel(id_)
        assert channel is not None
        showing.mark_read(channel)
        return self._render("conversation.html", showing, here=self._state.app.id, channel=channel)

    def file(self, request: Request, showing: Showing) -> Response:
        file = self._state.files.find(request.path_params["file"])
        if file is None or file.content is None or not _sees(showing, file):
            return PlainTextResponse("There is no such file here.", 404)
        response = Response(file.content, media_type="application/octet-stream")
        name = "".join(sign for sign in file.name if sign.isascii() and sign not in '"\\\r\n')
        response.headers["content-disposition"] = f'attachment; filename="{name}"'
        return response

    @property
    def _home(self) -> str:
        return f"/home/{self._state.app.id}"

    def _person(self, request: Request) -> User | None:
        """Whom the address names, else the cookie, else anybody; None if nobody is there."""
        known = {user.id: user for user in people(self._state)}
        wanted = (request.query_params.get("as", ""), request.cookies.get(_COOKIE, ""))
        return next((known[id_] for id_ in (*wanted, *known) if id_ in known), None)

    def _render(self, template: str, showing: Showing, **more: Any) -> Response:
        html = (
            _templates()
            .get_template(template)
            .render(
                showing=showing,
                reader=showing.reader,
                manifest=self._state.app.manifest,
                team=TEAM_NAME,
                home=self._home,
                **more,
            )
        )
        return Response(html, media_type="text/html")


def _sees(showing: Showing, file: File) -> bool:
    return any(showing.channel(channel) for channel, _ in file.shared_in)


def _ident(text: str) -> str:
    """Ids of elements have no spaces, since lists of ids are separated by them."""
    return "-".join(text.split())


def _visible(value: Any) -> Any:
    """What a template is about to write, with escapes for what a browser would not show."""
    if not isinstance(value, str) or value.isprintable():
        return value
    shown = _HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode(), value)
    return Markup(shown) if isinstance(value, Markup) else shown  # noqa: S704 - it was one before
